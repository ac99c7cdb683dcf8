import json
import logging
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from classifier.articles.article import Article
from classifier.articles.split_names import SPLITS
from classifier.config import SplitConfig
from classifier.config_file import make_config
from classifier.dataset.assign import assign
from classifier.dataset.corpus import OLD
from classifier.dataset.folder import open_dataset
from classifier.dataset.given_splits import split_method
from classifier.dataset.split_input import OlderAssignment
from classifier.dataset.splits import Assignment
from classifier.errors import InputError
from classifier.jobs.building.dataset import BuildOptions, build_dataset
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.corpora import BOILERPLATE, Parts, by_id, change_sentence, make_text, settled, split

Placed = dict[str, str]


def reprinted(article: Article, name: str, **more: Any) -> Article:
    """The same article with boilerplate after it: a near-duplicate where the text is long."""
    return replace(article, id=name, text=f"{article.text} {BOILERPLATE}", **more)


def long_articles(n: int, seed: int = 0) -> list[Article]:
    """Articles that are long enough to have near-duplicates."""
    rng = random.Random(seed)
    return [replace(a, id=f"{seed}-{a.id}", text=make_text(rng, 200)) for a in make_articles(n, seed)]


def tangled(n: int, seed: int) -> tuple[list[Article], list[tuple[int, int]]]:
    """Articles with many ties of source, author and text; and the pairs whose texts are nearly equal."""
    rng = random.Random(seed)
    articles: list[Article] = []
    near = []
    for i in range(n):
        copied = rng.randrange(i) if i and rng.random() < 0.2 else None
        text = make_text(rng, 120) if copied is None else change_sentence(articles[copied].text, rng, words=3)
        near += [] if copied is None else [(copied, i)]
        source, author = rng.choice([None, "", *(f"Site {k}" for k in range(n))]), rng.choice([None, *range(n)])
        label = "common" if rng.random() < 0.7 else "rare"
        articles.append(Article(f"{seed}-{i}", text, (label,), source=source, extra={"writer": author}))
    return articles, near


def grouped(articles: Sequence[Article]) -> list[tuple[int, int]]:
    """Pairs that have a group in common."""
    return [
        (a, b)
        for a, b in combinations(range(len(articles)), 2)
        if (articles[a].source and articles[a].source == articles[b].source)
        or (articles[a].extra["writer"] is not None and articles[a].extra["writer"] == articles[b].extra["writer"])
    ]


def are_apart(split: Sequence[int] | np.ndarray, pairs: Sequence[tuple[int, int]]) -> bool:
    """Whether the articles of a pair are in two splits."""
    return any(split[a] != split[b] and min(split[a], split[b]) >= 0 for a, b in pairs)


def extend(first: Parts, more: Parts, folder: Path, **settings: Any) -> tuple[Placed, Placed, Assignment, Assignment]:
    """Assign some articles, then some more as an extension: id -> split before and after, and the assignments."""
    config = SplitConfig(**settings)
    method, before = assign(settled(first, folder / "before", config), config)
    articles = [article for part in first.values() for article in part]
    if before.folds is None:
        order = [row for code in range(3) for row in np.flatnonzero(before.split == code)]
        earlier = OlderAssignment(before.split[order], None, before.cuts)
    else:
        order = list(np.flatnonzero(before.split >= 0))
        earlier = OlderAssignment(before.split[order], before.folds[order], None)
    old = [articles[row] for row in order]
    corpus = settled({OLD: old, **more}, folder / "after", config)
    method_again, after = assign(corpus, config, earlier)
    assert method_again == method
    everyone = [*old, *(article for part in more.values() for article in part)]
    return by_id(articles, before), by_id(everyone, after), before, after


def kept_in_place(before: Placed, after: Placed) -> bool:
    return {name: after.get(name) for name in before} == before


# Stratified and grouped


@pytest.mark.parametrize("seed", range(12))
def test_units_of_several_columns_and_near_duplicates_never_span_splits(seed: int, tmp_path: Path) -> None:
    articles, near = tangled(60, seed)
    pairs = grouped(articles)
    assignment = split(articles, tmp_path / "a", group_by=["source", "writer"], seed=seed)
    assert len(pairs) > 15
    assert near
    assert not are_apart(assignment.unit, pairs)
    assert not are_apart(assignment.split, [*pairs, *near])
    assert set(assignment.split) >= {0, 1, 2}
    folds = split(articles, tmp_path / "b", group_by=["source", "writer"], folds=3, seed=seed).folds
    assert folds is not None
    assert not any(are_apart(fold, [*pairs, *near]) for fold in folds.T)
    assert ((folds == 2).sum(axis=1) == 1).all()


def test_near_duplicates_stay_together_only_above_the_threshold(tmp_path: Path) -> None:
    articles = long_articles(40)
    copies = [reprinted(article, f"copy-{article.id}") for article in articles]
    together = by_id([*articles, *copies], split([*articles, *copies], tmp_path / "a"))
    assert all(together[a.id] == together[f"copy-{a.id}"] for a in articles)
    strict = by_id([*articles, *copies], split([*articles, *copies], tmp_path / "b", policies={"near": None}))
    assert any(strict[a.id] != strict[f"copy-{a.id}"] for a in articles)


def test_articles_without_a_value_are_groups_of_their_own(tmp_path: Path) -> None:
    blank = [replace(a, source=(None, "", "  ")[i % 3]) for i, a in enumerate(make_articles(60))]
    articles = [*blank, *(replace(a, id=f"s{a.id}", source="one") for a in make_articles(6, seed=1))]
    assignment = split(articles, tmp_path / "a", group_by=["source"])
    found = by_id(articles, assignment)
    assert {found[a.id] for a in blank} == set(SPLITS)
    assert len({found[a.id] for a in articles[60:]}) == 1
    assert any("have no source: each was treated as a group of its own" in note for note in assignment.notes)


def test_a_giant_group_is_reported(tmp_path: Path) -> None:
    articles = [replace(a, source="Giant" if i < 40 else f"s{i}") for i, a in enumerate(make_articles(80))]
    assignment = split(articles, tmp_path / "a", group_by=["source"])
    assert any("one group holds 40 of 80 articles (50%; source 'Giant')" in note for note in assignment.notes)


def test_an_unknown_group_column_names_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Did you mean 'source'") as error:
        split(make_articles(20), tmp_path / "a", group_by=["sorce"])
    assert "'date', 'source'" in error.value.fix


def test_one_group_cannot_be_split(tmp_path: Path) -> None:
    articles = [replace(article, source="only") for article in make_articles(30)]
    with pytest.raises(InputError, match=r"Nothing is left for validation and test: there are only 1 text or"):
        split(articles, tmp_path / "a", group_by=["source"])


def test_articles_that_are_not_kept_are_in_no_split_and_no_unit(tmp_path: Path) -> None:
    articles = [*make_articles(30), Article("none", "no label", ())]
    assignment = split([articles[30], *articles[:30]], tmp_path / "a")
    assert (assignment.split[0], assignment.unit[0]) == (-1, -1)
    assert (assignment.split[1:] >= 0).all()
    assert dict(assignment.asked) == {"train": pytest.approx(0.7), "validation": 0.1, "test": 0.2}


def test_without_validation_there_are_train_and_test_alone(tmp_path: Path) -> None:
    assignment = split(make_articles(30), tmp_path / "a", validation_size=0)
    assert Counter(assignment.split.tolist()) == {0: 24, 2: 6}
    assert dict(assignment.asked) == {"train": 0.8, "test": 0.2}


# Reprints across groups


def syndicated(seed: int = 0, without_source: int = 0) -> tuple[list[Article], list[tuple[int, int]]]:
    """Articles of 20 sources, 20 texts of which another source reprints; and the pairs of equal texts."""
    rng = random.Random(seed)
    articles = [replace(a, source=f"s{i % 20}") for i, a in enumerate(long_articles(200, seed))]
    chosen = rng.sample(range(200), 20)
    pairs = []
    for number, row in enumerate(chosen):
        source = None if number < without_source else f"s{(row + rng.randrange(1, 20)) % 20}"
        pairs.append((row, len(articles)))
        articles.append(reprinted(articles[row], f"copy-{articles[row].id}", source=source))
    return articles, pairs


def test_reprints_do_not_join_sources_and_copies_are_left_out_of_the_earlier_split(tmp_path: Path) -> None:
    articles, pairs = syndicated()
    assignment = split(articles, tmp_path / "a", group_by=["source"])
    assert len(set(assignment.unit)) == 20
    assert assignment.cluster is not None
    assert all(assignment.cluster[a] == assignment.cluster[b] for a, b in pairs)
    assert not are_apart(assignment.split, pairs)
    homes: dict[str | None, set[int]] = {}
    for article, code in zip(articles, assignment.split, strict=True):
        homes.setdefault(article.source, set()).add(int(code))
    left_out = np.flatnonzero(assignment.split < 0)
    assert 0 < len(left_out) <= 20
    place = {source: max(codes) for source, codes in homes.items()}
    assert all(codes <= {place[source], -1} for source, codes in homes.items())
    for row in left_out:
        (other,) = (a + b - row for a, b in pairs if row in (a, b))
        assert place[articles[row].source] < place[articles[other].source] == assignment.split[other]
    assert any(note.startswith(f"{len(left_out)} articles left out (") for note in assignment.notes)


def test_reprints_in_folds_are_left_out_of_each_fold_by_itself(tmp_path: Path) -> None:
    articles, pairs = syndicated()
    assignment = split(articles, tmp_path / "a", group_by=["source"], folds=4)
    folds = assignment.folds
    assert folds is not None
    assert ((folds == 2).sum(axis=1) == 1).all()
    assert not any(are_apart(fold, pairs) for fold in folds.T)
    assert not (folds[[row for row in range(220) if not any(row in pair for pair in pairs)]] < 0).any()
    assert (folds < 0).any()
    assert any("articles of each fold left out (" in note for note in assignment.notes)


def test_reprints_within_one_source_change_nothing(tmp_path: Path) -> None:
    articles = [replace(a, source=f"s{i % 20}") for i, a in enumerate(long_articles(100))]
    articles += [reprinted(a, f"copy-{a.id}") for a in articles[:30]]
    assignment = split(articles, tmp_path / "a", group_by=["source"])
    assert assignment.cluster is None
    assert (assignment.split >= 0).all()
    assert len(set(assignment.unit)) == 20


@pytest.mark.parametrize("folds", [None, 3])
@pytest.mark.parametrize("seed", range(3))
def test_an_extension_keeps_reprints_apart_and_old_articles_in_place(
    seed: int, folds: int | None, tmp_path: Path
) -> None:
    first, pairs = syndicated(seed)
    rng = random.Random(seed)
    members = [replace(a, id=f"member-{a.id}", source=f"s{i % 20}") for i, a in enumerate(long_articles(40, 9))]
    copies = [reprinted(a, f"again-{a.id}", source=f"s{rng.randrange(20)}") for a in rng.sample(first, 20)]
    before, after, one, two = extend(
        {"all": first}, {"all": [*members, *copies]}, tmp_path, group_by=["source"], folds=folds, seed=seed
    )
    if folds is None:
        assert kept_in_place(before, after)
        assert all(f"member-{a.id}" in after for a in long_articles(40, 9))
        return
    assert one.folds is not None and two.folds is not None
    assert (two.folds[:220] == one.folds).all()
    assert (two.split[220:260] >= 0).all()
    for fold in two.folds.T:
        assert not are_apart(fold, pairs)
        for k, copy in enumerate(copies):
            original = next(row for row, a in enumerate(first) if f"again-{a.id}" == copy.id)
            assert not are_apart(fold, [(original, 260 + k)])
    homes = {(a.source, tuple(np.maximum(-1, row))) for a, row in zip(first, one.folds, strict=True) if min(row) >= 0}
    for a, row in zip(members, two.folds[220:], strict=False):
        assert (a.source, tuple(row)) in homes


# Temporal


def test_cut_dates_are_kept_to_the_day(tmp_path: Path) -> None:
    articles = make_articles(120)
    cuts = {"validation_from": "2024-07-15", "test_from": "2024-10-01"}
    assignment = split(articles, tmp_path / "a", method="temporal", **cuts)
    for article, code in zip(articles, assignment.split, strict=True):
        date = article.date or ""
        assert SPLITS[code] == ("test" if date >= "2024-10-01" else "validation" if date >= "2024-07-15" else "train")
    assert assignment.cuts == {"validation": "2024-07-15", "test": "2024-10-01"}
    assert {"validation starts on 2024-07-15", "test starts on 2024-10-01"} <= set(assignment.notes)
    assert assignment.asked == {}
    alone = split(articles, tmp_path / "b", method="temporal", test_from="2024-10-01", validation_size=0)
    assert set(alone.split) == {0, 2}
    assert alone.cuts == {"test": "2024-10-01"}
    assert ((alone.split == 2) == (assignment.split == 2)).all()


def test_validation_is_cut_from_the_latest_articles_before_a_cut_date_of_test(tmp_path: Path) -> None:
    articles = [replace(a, date=f"{2000 + i:04d}-01-01") for i, a in enumerate(make_articles(100))]
    found = split(articles, tmp_path / "a", method="temporal", test_from="2080-01-01")
    assert found.split.tolist() == [0] * 72 + [1] * 8 + [2] * 20
    assert found.cuts == {"validation": "2072-01-01", "test": "2080-01-01"}
    same = [replace(a, date="2000-01-01" if i < 80 else "2080-01-01") for i, a in enumerate(articles)]
    assert set(split(same, tmp_path / "b", method="temporal", test_from="2080-01-01").split) == {0, 2}


def test_shares_become_cut_dates(tmp_path: Path) -> None:
    articles = [replace(a, date=f"{2000 + i:04d}-01-01T10:00:00") for i, a in enumerate(make_articles(100))]
    assignment = split(articles[::-1], tmp_path / "a", method="temporal", test_size=0.3, validation_size=0.2)
    assert assignment.split[::-1].tolist() == [0] * 50 + [1] * 20 + [2] * 30
    assert assignment.cuts == {"validation": "2050-01-01", "test": "2070-01-01"}
    assert dict(assignment.asked) == {"train": 0.5, "validation": 0.2, "test": 0.3}
    none = split(articles, tmp_path / "b", method="temporal", test_size=0.3, validation_size=0)
    assert none.split.tolist() == [0] * 70 + [2] * 30


def test_temporal_lists_every_article_without_a_date(tmp_path: Path) -> None:
    articles = [
        *make_articles(20),
        Article("no", "text", ("opinion",), where="f.csv:9"),
        Article("odd", "other", ("opinion",), date="last May", where="f.csv:12"),
    ]
    with pytest.raises(InputError, match=r"f\.csv:9: has no date") as error:
        split(articles, tmp_path / "a", method="temporal")
    assert [str(fault) for fault in error.value.faults] == [
        "f.csv:9: has no date",
        "f.csv:12: the date 'last May' cannot be read",
    ]
    assert "2 have none" in error.value.message


def test_a_near_duplicate_across_the_cut_is_left_out_of_the_earlier_split(tmp_path: Path) -> None:
    articles = long_articles(60)
    early = min(articles, key=lambda a: a.date or "")
    copy = reprinted(early, "copy", date="2024-12-31")
    middle = reprinted(articles[1], "middle", date="2024-01-01")
    assignment = split([*articles, copy, middle], tmp_path / "a", method="temporal", test_from="2024-11-01")
    found = by_id([*articles, copy, middle], assignment)
    assert early.id not in found
    assert found["copy"] == "test"
    assert {found["middle"], found[articles[1].id]} == {"train"}
    assert any(
        note.startswith("1 article left out: (nearly) the same text is in a later split") for note in assignment.notes
    )


def test_a_given_test_is_not_added_to_by_a_cut_date(tmp_path: Path) -> None:
    train, test = make_articles(60), [replace(a, id=f"t{a.id}") for a in make_articles(20, 1)]
    cuts = {"validation_from": "2024-09-01", "test_from": "2024-11-01"}
    found = by_id([*train, *test], split({"train": train, "test": test}, tmp_path / "a", method="temporal", **cuts))
    assert {found[a.id] for a in test} == {"test"}
    assert all(found[a.id] == ("train" if (a.date or "") < "2024-09-01" else "validation") for a in train)


def test_the_days_before_each_cut_are_left_out_by_an_embargo(tmp_path: Path) -> None:
    articles = [replace(a, date=f"2024-{i // 28 + 1:02d}-{i % 28 + 1:02d}") for i, a in enumerate(make_articles(336))]
    cuts = {"validation_from": "2024-07-01", "test_from": "2024-09-03"}
    assignment = split(articles, tmp_path / "a", method="temporal", embargo=7, **cuts)
    plain = by_id(articles, split(articles, tmp_path / "b", method="temporal", **cuts))
    found, out = by_id(articles, assignment), {"2024-06-24", "2024-06-28", "2024-08-27", "2024-08-28", "2024-09-02"}
    for article in articles:
        date = article.date or ""
        early = "2024-06-24" <= date < "2024-07-01" or "2024-08-27" <= date < "2024-09-03"
        assert found.get(article.id) == (None if early else plain[article.id])
        assert early or date not in out
    lost = len(articles) - len(found)
    assert lost == 5 + 4
    note = f"{lost} articles left out: of the 7 days before validation and before test (split.embargo)"
    assert note in assignment.notes
    assert assignment.cuts == {"validation": "2024-07-01", "test": "2024-09-03"}


def test_an_embargo_longer_than_validation_leaves_nothing_of_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Nothing is left for validation"):
        split(make_articles(120), tmp_path / "a", method="temporal", embargo=200)


@pytest.mark.parametrize(("form", "unit"), [("2{:03d}", "year"), ("2{:03d}-03", "month")])
def test_an_embargo_needs_days(form: str, unit: str, tmp_path: Path) -> None:
    articles = [replace(a, date=form.format(i % 20)) for i, a in enumerate(make_articles(60))]
    with pytest.raises(InputError, match=f"split.embargo leaves out days, and the dates tell the {unit} alone"):
        split(articles, tmp_path / "a", method="temporal", embargo=7)


def test_an_extension_keeps_the_embargo(tmp_path: Path) -> None:
    articles = make_articles(120)
    settings = {"method": "temporal", "test_from": "2024-10-01", "validation_from": "2024-08-01", "embargo": 14}
    days = ("2024-07-17", "2024-07-18", "2024-09-16", "2024-09-17", "2024-09-30", "2024-10-01", "2024-01-01")
    more = [replace(a, id=f"n{day}", date=day) for a, day in zip(make_articles(7, seed=5), days, strict=True)]
    before, after, _, made = extend({"all": articles}, {"all": more}, tmp_path, **settings)
    assert kept_in_place(before, after)
    assert {day: after.get(f"n{day}") for day in days} == {
        "2024-07-17": "train",
        "2024-07-18": None,
        "2024-09-16": "validation",
        "2024-09-17": None,
        "2024-09-30": None,
        "2024-10-01": "test",
        "2024-01-01": "train",
    }
    assert "3 articles left out: of the 14 days before validation and before test (split.embargo)" in made.notes


def test_a_date_range_without_articles_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"Nothing is left for test: there are only \d+ date"):
        split(make_articles(30), tmp_path / "a", method="temporal", test_from="2030-01-01")


# Given splits


def test_given_splits_keep_test_whole_and_leave_overlaps_out_of_train(tmp_path: Path) -> None:
    train = make_articles(20)
    test = [replace(a, id=f"t{a.id}") for a in make_articles(3)]
    assignment = split({"train": train, "test": test}, tmp_path / "a", validation_size=0)
    assert Counter(by_id([*train, *test], assignment).values()) == {"train": 17, "test": 3}
    assert "3 articles left out" in assignment.notes[0]


def test_near_duplicates_of_test_are_left_out_of_train_and_validation(tmp_path: Path) -> None:
    train, validation, test = long_articles(30, 1), long_articles(8, 2), long_articles(10, 3)
    parts = {
        "train": [*train, reprinted(test[0], "train-test"), reprinted(validation[0], "train-validation")],
        "validation": [*validation, reprinted(test[1], "validation-test")],
        "test": test,
    }
    everyone = [article for part in parts.values() for article in part]
    assignment = split(parts, tmp_path / "a")
    found = by_id(everyone, assignment)
    assert set(found) == {a.id for a in [*train, *validation, *test]}
    assert all(found[a.id] == name for name, part in parts.items() for a in part if a.id in found)
    assert "3 articles left out" in assignment.notes[0]
    assert assignment.asked == {}


def test_validation_is_cut_from_train_where_none_is_given(tmp_path: Path) -> None:
    train, test = long_articles(100, 1), long_articles(20, 2)
    train += [reprinted(a, f"copy-{a.id}") for a in train[:30]]
    assignment = split({"train": train, "test": test}, tmp_path / "a", validation_size=0.2)
    found = by_id([*train, *test], assignment)
    assert {found[a.id] for a in test} == {"test"}
    assert abs(Counter(found[a.id] for a in train)["validation"] - 26) <= 3
    assert {found[a.id] for a in train} == {"train", "validation"}
    assert all(found[a.id] == found[f"copy-{a.id}"] for a in train[:30])
    assert set(assignment.unit[:130]).isdisjoint(assignment.unit[130:])


@pytest.mark.parametrize("method", [None, "grouped"])
def test_groups_bind_validation_and_train_but_not_given_splits(method: str | None, tmp_path: Path) -> None:
    articles = [replace(a, source=f"s{i % 20}") for i, a in enumerate(make_articles(120))]
    parts = {"train": articles[:80], "test": articles[80:]}
    assignment = split(parts, tmp_path / "a", method=method, group_by=["source"])
    found = by_id(articles, assignment)
    assert {found[a.id] for a in articles[80:]} == {"test"}
    assert "20 values of source occur in more than one of the given splits" in assignment.notes
    homes = {(a.source, found[a.id]) for a in articles[:80]}
    assert len(homes) == 20
    assert {name for _, name in homes} == {"train", "validation"}


def test_train_that_stands_in_test_altogether_is_an_error(tmp_path: Path) -> None:
    articles = make_articles(9)
    test = [replace(a, id=f"t{a.id}") for a in articles]
    with pytest.raises(InputError, match="No article is left to train on"):
        split({"train": articles, "test": test}, tmp_path / "a")


def articles_of(targets: Sequence[object], first: int = 0, **more: Any) -> list[Article]:
    """Articles with these targets, all texts different."""
    made = make_articles(len(targets), seed=first)
    return [
        replace(
            a,
            id=f"{first}-{a.id}",
            text=f"{a.text} {first} {k}",
            target=f"claim {target}" if target != "" else "",
            **more,
        )
        for k, (a, target) in enumerate(zip(made, targets, strict=True))
    ]


def test_validation_is_cut_by_the_targets_where_those_of_a_given_test_are_all_new(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    train, test = articles_of([k % 30 for k in range(150)]), articles_of(range(100, 120), first=1)
    with caplog.at_level(logging.INFO):
        assignment = split({"train": train, "test": test}, tmp_path / "a")
    placed = by_id([*train, *test], assignment)
    kept = {place: {a.target for a in train if placed[a.id] == place} for place in ("train", "validation")}
    assert assignment.validation_by == ("target",)
    assert kept["validation"] and not kept["train"] & kept["validation"]
    assert "validation is split off by target, as test is" in caplog.text
    assert not assignment.validation_given


def test_what_the_input_calls_validation_is_given(tmp_path: Path) -> None:
    train, validation, test = (articles_of(range(first, first + 60), first) for first in (0, 100, 200))
    assert split({"train": train, "validation": validation, "test": test}, tmp_path / "a").validation_given
    assert not split({"train": [*train, *validation], "test": test}, tmp_path / "b").validation_given
    assert not split({"articles": [*train, *validation]}, tmp_path / "c").validation_given


def validation_by(train: list[Article], test: list[Article], folder: Path, **settings: Any) -> tuple[str, ...]:
    assignment = split({"train": train, "test": test}, folder, **settings)
    assert {"train", "validation", "test"} == set(by_id([*train, *test], assignment).values())
    return assignment.validation_by


def test_validation_is_cut_by_one_column_of_which_no_value_rules(tmp_path: Path) -> None:
    train = [replace(a, source=f"s{k % 40}") for k, a in enumerate(articles_of([k % 30 for k in range(150)]))]
    test = articles_of(range(100, 120), first=1, source="new")
    assert validation_by(train, test, tmp_path / "a") == ("target",)
    staff = [replace(a, target="claim x" if k % 3 else a.target) for k, a in enumerate(train)]
    assert validation_by(staff, test, tmp_path / "b") == ("source",)
    same = [replace(a, text=train[k % 2].text, labels=train[k % 2].labels) for k, a in enumerate(train)]
    assert validation_by([*train[:60], *same[60:]], test, tmp_path / "c") == ()


def test_validation_is_cut_at_random_where_that_was_asked_or_a_label_would_be_missing(tmp_path: Path) -> None:
    train, test = articles_of([k % 30 for k in range(150)]), articles_of(range(100, 120), first=1)
    assert validation_by(train, test, tmp_path / "a", method="stratified") == ()
    assert validation_by(train, test, tmp_path / "b", method="given") == ("target",)
    rare = [replace(a, labels=("rare",)) if a.target == "claim 3" else a for a in train]
    assert validation_by(rare, test, tmp_path / "c") == ()


def test_validation_is_cut_at_random_where_test_is_like_train(tmp_path: Path) -> None:
    train = articles_of([k % 30 for k in range(150)])
    for number, (known, given) in enumerate(
        [
            ("3", {}),
            ("", {}),
            ("99", {"validation": articles_of(range(200, 220), first=2)}),
        ]
    ):
        test = articles_of([*range(100, 119), known], first=1)
        assignment = split({"train": train, "test": test, **given}, tmp_path / str(number))
        assert assignment.validation_by == ()


def test_a_given_test_of_which_nothing_is_left_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="needs given splits, test among them"):
        split({"train": make_articles(20), "test": [Article("t", "no label", ())]}, tmp_path / "a")
    with pytest.raises(InputError, match="needs given splits, test among them"):
        split(make_articles(20), tmp_path / "b", method="given")


def test_the_method_follows_from_the_source_and_the_settings() -> None:
    assert split_method(["train", "test"], SplitConfig()) == "given"
    assert split_method(["train"], SplitConfig()) == "stratified"
    assert split_method(["all"], SplitConfig(group_by="source")) == "grouped"
    assert split_method(["all"], SplitConfig(file="splits.parquet")) == "given"
    assert split_method(["train", "test"], SplitConfig(method="stratified")) == "stratified"


# A column named split


def in_column(names: Sequence[str | None]) -> list[Article]:
    return [
        replace(a, extra={"split": name}, where=f"a.csv:{i + 2}")
        for i, (a, name) in enumerate(zip(make_articles(len(names)), names, strict=True))
    ]


def test_a_split_column_with_aliases_and_empty_cells(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    names = ["train", " Training", "dev", "val", "VALID", "Test ", None, ""]
    articles = in_column(names * 4)
    with caplog.at_level(logging.INFO, logger="classifier"):
        method, assignment = assign(settled(articles, tmp_path / "a"), SplitConfig())
    assert method == "given"
    assert assignment.split.tolist() == [0, 0, 1, 1, 1, 2, -1, -1] * 4
    assert "8 articles left out: no split is named for them" in assignment.notes
    assert "the splits are those that the rows name" in caplog.text


def test_validation_is_cut_from_train_where_the_column_names_none(tmp_path: Path) -> None:
    articles = in_column(["train", "train", "train", "test"] * 20)
    assignment = split(articles, tmp_path / "a")
    assert Counter(assignment.split[np.arange(80) % 4 != 3].tolist()) == {0: 54, 1: 6}
    assert set(assignment.split[3::4]) == {2}
    assert len(set(assignment.unit.tolist())) == 80


def test_unknown_split_names_are_listed_by_their_place(tmp_path: Path) -> None:
    articles = in_column(["train", "tset", "test", "all"] * 2)
    with pytest.raises(InputError, match=r"a\.csv:3: split must be one of 'train', 'validation', 'test'") as error:
        split(articles, tmp_path / "a")
    assert [fault.where for fault in error.value.faults] == ["a.csv:3", "a.csv:5", "a.csv:7", "a.csv:9"]


def test_a_split_column_without_test_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No article has the split test"):
        split(in_column(["train", "dev"] * 10), tmp_path / "a")


@pytest.mark.parametrize("settings", [{"method": "stratified"}, {"folds": 4}, {"method": "temporal"}])
def test_a_split_column_is_ignored_where_another_split_is_asked_for(
    settings: dict[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    articles = in_column(["Train", "nonsense", "test", None] * 20)
    with caplog.at_level(logging.INFO, logger="classifier"):
        assignment = split(articles, tmp_path / "a", **settings)
    assert (assignment.split >= 0).all()
    assert "the splits that the rows name are ignored" in caplog.text
    assert (assignment.folds is not None) == ("folds" in settings)


def test_near_duplicates_of_test_are_left_out_where_a_column_names_the_splits(tmp_path: Path) -> None:
    articles = [replace(a, extra={"split": ("train", "test")[i % 2]}) for i, a in enumerate(long_articles(40))]
    copy = reprinted(articles[1], "copy", extra={"split": "train"})
    found = by_id([*articles, copy], split([*articles, copy], tmp_path / "a"))
    assert "copy" not in found
    assert found[articles[1].id] == "test"


# A file of saved splits


def test_saved_splits_are_taken_as_they_are(tmp_path: Path) -> None:
    articles = make_articles(40)
    first = split(articles, tmp_path / "a", seed=7)
    names = [None if i == 5 else SPLITS[code] for i, code in enumerate(first.split)]
    table = pa.table({"id": [a.id for a in articles], "split": names, "unit": first.unit})
    pq.write_table(table.take(list(range(39, -1, -1))), tmp_path / "splits.parquet")
    method, again = assign(settled(articles, tmp_path / "b"), SplitConfig(file=str(tmp_path / "splits.parquet")))
    assert method == "given"
    assert [None if code < 0 else SPLITS[code] for code in again.split] == names
    fewer = split(articles[:30], tmp_path / "c", file=str(tmp_path / "splits.parquet"))
    assert fewer.split.tolist() == again.split[:30].tolist()


def test_articles_that_a_split_file_does_not_name_are_an_error(tmp_path: Path) -> None:
    file = tmp_path / "splits.jsonl"
    file.write_text("".join(json.dumps({"id": f"a{i}", "split": ("train", "test")[i % 2]}) + "\n" for i in range(20)))
    assert set(split(make_articles(20), tmp_path / "a", file=str(file)).split) == {0, 2}
    with pytest.raises(InputError, match="2 article"):
        split(make_articles(22), tmp_path / "b", file=str(file))
    (tmp_path / "odd.csv").write_text("name,split\na0,train\n")
    with pytest.raises(InputError, match="needs the columns 'id' and 'split'"):
        split(make_articles(20), tmp_path / "c", file=str(tmp_path / "odd.csv"))


# Folds


def test_folds_test_every_article_once_with_whole_units_and_stratified_labels(tmp_path: Path) -> None:
    articles = long_articles(90)
    articles += [reprinted(a, f"copy-{a.id}") for a in articles[:30]]
    articles = [replace(a, source=f"s{i % 45}") for i, a in enumerate(articles)]
    assignment = split(articles, tmp_path / "a", folds=4, group_by=["source"])
    folds = assignment.folds
    assert folds is not None
    assert folds.shape == (120, 4)
    assert ((folds == 2).sum(axis=1) == 1).all()
    assert set(assignment.split) == {0}
    for column in folds.T:
        for ties in ([a.source for a in articles], [a.id.removeprefix("copy-") for a in articles]):
            assert len(set(zip(ties, column.tolist(), strict=True))) == len(set(ties))
        assert set(column) == {0, 1, 2}
        assert abs((column == 2).sum() - 30) <= 6
        assert abs((column == 1).sum() - 12) <= 6
        for code, share in ((2, 0.25), (0, 0.65)):
            found = Counter(a.labels[0] for a, c in zip(articles, column, strict=True) if c == code)
            assert all(abs(found[label] - share * 40) <= 6 for label in ("opinion", "reporting", "satire"))
    assert dict(assignment.asked) == {f"fold {k}": 0.25 for k in (1, 2, 3, 4)}


def test_folds_need_one_source_and_enough_groups(tmp_path: Path) -> None:
    articles = make_articles(40)
    with pytest.raises(InputError, match=r"split\.folds needs one source"):
        split({"train": articles[:30], "test": articles[30:]}, tmp_path / "a", folds=3)
    halves = [replace(a, source=f"s{i % 2}") for i, a in enumerate(articles)]
    with pytest.raises(InputError, match=r"Nothing is left for test in fold 3: there are only 2 texts or group"):
        split(halves, tmp_path / "b", folds=3, group_by=["source"], validation_size=0)
    with pytest.raises(InputError, match="Nothing is left for validation in fold 1"):
        split(halves, tmp_path / "c", folds=2, group_by=["source"])
    assert split(halves, tmp_path / "d", folds=2, group_by=["source"], validation_size=0).folds is not None
    same = [replace(a, source="only") for a in articles]
    with pytest.raises(InputError, match="Nothing is left for train in fold 1"):
        split(same, tmp_path / "e", folds=2, group_by=["source"])


# Extension


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("folds", [None, 3])
def test_an_extension_moves_nothing_and_keeps_units_whole(seed: int, folds: int | None, tmp_path: Path) -> None:
    articles, near = tangled(90, seed)
    settings = {"group_by": ["source", "writer"], "folds": folds, "seed": seed}
    _, after, first, second = extend({"all": articles[:60]}, {"all": articles[60:]}, tmp_path, **settings)
    if folds is None:
        old = {a.id: int(code) for a, code in zip(articles, first.split, strict=False)}
        order = sorted(np.flatnonzero(first.split[:60] >= 0), key=lambda row: (first.split[row], row))
        columns = [second.split]
    else:
        order = list(range(60))
        assert first.folds is not None
        assert second.folds is not None
        assert (second.folds[:60] == first.folds).all()
        columns = list(second.folds.T)
    place = {row: n for n, row in enumerate([*order, *range(60, 90)])}
    pairs = [(place[a], place[b]) for a, b in [*grouped(articles), *near] if a in place and b in place]
    assert not any(are_apart(column, pairs) for column in columns)
    if folds is None:
        assert all(SPLITS[code] == after[name] for name, code in old.items() if code >= 0)
    else:
        assert ((second.folds[second.split >= 0] == 2).sum(axis=1) == 1).all()
        assert (second.folds[second.split < 0] < 0).all()


def test_new_articles_join_their_unit_and_others_are_shared_out(tmp_path: Path) -> None:
    first = [replace(a, source=f"s{i % 20}") for i, a in enumerate(long_articles(100))]
    reprints = [reprinted(a, f"copy-{a.id}", source=None) for a in first[:20]]
    members = [replace(a, id=f"member-{a.id}", source=f" S{i % 20}") for i, a in enumerate(long_articles(20, 1))]
    fresh = [replace(a, source=f"new{i}") for i, a in enumerate(long_articles(300, 2))]
    more = [*reprints, *members, *fresh]
    before, after, _, second = extend({"all": first}, {"all": more}, tmp_path, group_by=["source"])
    assert kept_in_place(before, after)
    assert all(after[f"copy-{a.id}"] == before[a.id] for a in first[:20])
    assert all(after[a.id] == before[first[i].id] for i, a in enumerate(members))
    shared = Counter(after[a.id] for a in fresh)
    assert (shared["train"], shared["validation"], shared["test"]) == (210, 30, 60)
    for label in ("opinion", "reporting", "satire"):
        assert Counter(after[a.id] for a in fresh if a.labels == (label,))["test"] == 20
    assert second.notes[0] == "100 articles kept their splits; 340 are new"


@pytest.mark.parametrize("folds", [None, 3])
def test_a_new_article_that_belongs_to_two_splits_is_left_out_alone(folds: int | None, tmp_path: Path) -> None:
    first = [replace(a, source=f"s{i}") for i, a in enumerate(long_articles(60))]
    found = split(first, tmp_path / "look", group_by=["source"], folds=folds)
    places = found.split if found.folds is None else found.folds.argmax(axis=1)
    train, test = (first[int(np.flatnonzero(places == code)[0])] for code in (0, 2))
    others = long_articles(2, 1)
    members = [replace(others[0], source=test.source), replace(others[1], source=train.source)]
    more = [reprinted(train, "bridge", source=test.source), *members, reprinted(train, "copy", source=None)]
    before, after, _, second = extend({"all": first}, {"all": more}, tmp_path, group_by=["source"], folds=folds)
    assert kept_in_place(before, after)
    assert [a.id for a in more if a.id not in after] == ["bridge"]
    assert "1 new article left out" in second.notes[1]
    if folds is None:
        assert [after[a.id] for a in more[1:]] == ["test", "train", "train"]


def test_new_articles_that_tie_two_splits_together_among_them_are_left_out(tmp_path: Path) -> None:
    first = [replace(a, source=f"s{i}", extra={"writer": f"w{i}"}) for i, a in enumerate(long_articles(60))]
    found = split(first, tmp_path / "look", group_by=["source", "writer"])
    train, test = (first[int(np.flatnonzero(found.split == code)[0])] for code in (0, 2))
    one, two, other = long_articles(3, 1)
    more = [
        replace(one, source=train.source, extra={"writer": "new"}),
        replace(two, source=test.source, extra={"writer": "New "}),
        replace(other, source="s59"),
    ]
    before, after, _, _ = extend({"all": first}, {"all": more}, tmp_path, group_by=["source", "writer"])
    assert kept_in_place(before, after)
    assert [a.id in after for a in more] == [False, False, True]


def test_a_new_text_between_two_old_ones_of_different_splits_is_left_out(tmp_path: Path) -> None:
    rng = random.Random(1)
    text = make_text(rng, 300).split()
    first = [*text[:8], *make_text(rng, 30).split(), *text[38:]]
    second = [*first[:200], *make_text(rng, 30).split(), *first[230:]]
    old = [
        Article("one", " ".join(text), ("opinion",), extra={"split": "train"}),
        Article("two", " ".join(second), ("opinion",), extra={"split": "test"}),
    ]
    rest = [replace(a, extra={"split": ("train", "test")[i % 2]}) for i, a in enumerate(long_articles(20))]
    middle = Article("middle", " ".join(first), ("opinion",), extra={"split": None})
    for number, settings in enumerate([{"validation_size": 0}, {}]):
        before, after, _, _ = extend({"all": [*old, *rest]}, {"all": [middle]}, tmp_path / str(number), **settings)
        assert {"one", "two"} <= set(before)
        assert kept_in_place(before, after)
        assert "middle" not in after


def test_a_temporal_extension_uses_the_old_cuts(tmp_path: Path) -> None:
    first = long_articles(60)
    fresh = [
        replace(a, date=date)
        for a, date in zip(long_articles(4, 1), ("2023-01-01", "2024-12-31", "2030-01-01", "2024-01-02"), strict=True)
    ]
    before, after, one, two = extend({"all": first}, {"all": fresh}, tmp_path, method="temporal")
    assert kept_in_place(before, after)
    assert [after[a.id] for a in fresh] == ["train", "test", "test", "train"]
    assert two.cuts == one.cuts
    assert one.cuts is not None
    cut = one.cuts["validation"]
    before, after, _, _ = extend(
        {"all": first}, {"all": [replace(fresh[0], date=cut)]}, tmp_path / "b", method="temporal"
    )
    assert after[fresh[0].id] == "validation"
    with pytest.raises(InputError, match="has no date"):
        extend({"all": first}, {"all": [replace(fresh[0], date=None)]}, tmp_path / "c", method="temporal")


def test_a_reprint_across_an_old_cut_is_left_out_and_the_old_article_stays(tmp_path: Path) -> None:
    first = sorted(long_articles(60), key=lambda a: a.date or "")
    late = reprinted(first[0], "late", date="2024-12-31")
    early = reprinted(first[-1], "early", date="2024-01-01")
    beside = reprinted(first[1], "beside", date="2024-01-01")
    pair = [
        replace(long_articles(1, 5)[0], date="2024-01-01"),
        reprinted(long_articles(1, 5)[0], "x", date="2024-12-31"),
    ]
    more = [late, early, beside, *pair]
    before, after, _, second = extend({"all": first}, {"all": more}, tmp_path, method="temporal")
    assert kept_in_place(before, after)
    assert {name: after.get(name) for name in ("late", "early", "beside", pair[0].id, "x")} == {
        "late": None,
        "early": None,
        "beside": "train",
        pair[0].id: None,
        "x": "test",
    }
    assert "3 new articles left out" in second.notes[1]


def test_an_extension_of_given_parts_keeps_each_article_in_its_part_or_out(tmp_path: Path) -> None:
    train, test = long_articles(60, 1), long_articles(20, 2)
    more = {
        "train": [*long_articles(30, 3), reprinted(test[0], "train-test"), reprinted(train[0], "train-train")],
        "test": [*long_articles(10, 4), reprinted(train[1], "test-train"), reprinted(test[1], "test-test")],
    }
    before, after, _, second = extend({"train": train, "test": test}, more, tmp_path)
    assert kept_in_place(before, after)
    assert {after[a.id] for a in more["test"][:10]} == {"test"}
    assert {after[a.id] for a in more["train"][:30]} == {"train", "validation"}
    assert Counter(after[a.id] for a in more["train"][:30])["train"] >= 25
    assert after["train-train"] == before[train[0].id]
    assert after["test-test"] == "test"
    assert "train-test" not in after
    assert "test-train" not in after
    assert "2 new articles left out" in second.notes[1]


def test_train_alone_can_grow_beside_a_given_test(tmp_path: Path) -> None:
    train, test, more = long_articles(60, 1), long_articles(20, 2), long_articles(40, 3)
    parts = {"train": train, "test": test}
    for number, method in enumerate((None, "given", "stratified")):
        folder = tmp_path / str(number)
        before, after, _, _ = extend(parts, {"train": more, "test": []}, folder, method=method)
        assert kept_in_place(before, after)
        assert {after[a.id] for a in more} == {"train", "validation"}


def test_given_parts_with_groups_can_be_extended(tmp_path: Path) -> None:
    articles = [replace(a, source=f"s{i % 20}") for i, a in enumerate(long_articles(120))]
    parts = {"train": articles[:80], "test": articles[80:]}
    more = [replace(a, source=f"s{i}") for i, a in enumerate(long_articles(20, 1))]
    for number, method in enumerate((None, "grouped")):
        folder = tmp_path / str(number)
        before, after, _, _ = extend(
            parts, {"train": more[:15], "test": more[15:]}, folder, method=method, group_by=["source"]
        )
        assert kept_in_place(before, after)
        assert {after[a.id] for a in more[15:]} == {"test"}
        assert all(after[a.id] == before[articles[i].id] for i, a in enumerate(more[:15]))


def test_an_extension_takes_the_splits_that_a_column_names(tmp_path: Path) -> None:
    articles = in_column(["train", "train", "test"] * 20)
    more = [
        replace(a, extra={"split": name})
        for a, name in zip(long_articles(9, 1), ["test", "train", "", "Test", *["train"] * 5], strict=True)
    ]
    before, after, _, second = extend({"all": articles}, {"all": more}, tmp_path)
    assert kept_in_place(before, after)
    assert [after.get(a.id) for a in more[:1] + more[2:4]] == ["test", None, "test"]
    assert {after[a.id] for a in [more[1], *more[4:]]} <= {"train", "validation"}
    assert "1 article left out: no split is named for them" in second.notes


def test_nothing_new_changes_nothing(tmp_path: Path) -> None:
    before, after, _, second = extend({"all": make_articles(40)}, {"all": []}, tmp_path)
    assert after == before
    assert second.notes == ("40 articles kept their splits; 0 are new",)


def build(folder: Path, number: int, **settings: Any) -> list[dict[str, Any]]:
    """The rows of splits.parquet of a dataset that extends the one with the number before."""
    old = open_dataset(folder / f"d{number - 1}") if number else None
    config, out = make_config(settings), folder / f"d{number}"
    build_dataset(config, out, BuildOptions(extend=old, count_tokens=False))
    return list(open_dataset(out).assigned().to_pylist())


def test_a_dataset_with_folds_can_be_extended_on_disk(tmp_path: Path) -> None:
    articles = make_articles(45)
    tables = []
    for number, size in enumerate((30, 45)):
        source = write_jsonl(tmp_path / "a.jsonl", articles[:size])
        rows = build(tmp_path, number, data={"path": str(source)}, split={"folds": 3})
        columns = ["fold", "fold_1", "fold_2", "fold_3"]
        tables.append({row["id"]: [row[column] for column in columns] for row in rows})
    assert all(tables[1][name] == splits for name, splits in tables[0].items())
    assert len(tables[1]) == 45


def test_files_that_number_their_articles_alike_can_be_extended_on_disk(tmp_path: Path) -> None:
    texts = [article.text for article in make_articles(70)]
    found: list[Placed] = []
    files = {name: str(tmp_path / f"{name}.csv") for name in ("train", "test")}
    for number, (train, test) in enumerate([(25, 10), (30, 32)]):
        for name, rows in (("train", texts[:train]), ("test", texts[35 : 35 + test])):
            lines = [f"{text},{'abc'[len(text) % 3]}\n" for text in rows]
            Path(files[name]).write_text("text,label\n" + "".join(lines))
        found.append({row["id"]: row["split"] for row in build(tmp_path, number, data=files)})
        assert set(found[-1]) == {f"train/{i + 1}" for i in range(train)} | {f"test/{i + 1}" for i in range(test)}
        assert all((name.startswith("test/")) == (split == "test") for name, split in found[-1].items())
    assert kept_in_place(*found)


def test_what_validation_was_cut_by_binds_extensions_on_disk(tmp_path: Path) -> None:
    train, test = articles_of([k % 30 for k in range(150)]), articles_of(range(100, 120), first=1)
    more, known = articles_of([k % 30 for k in range(60)], first=3), articles_of([3], first=4)
    found: list[Placed] = []
    for number, (articles, tests) in enumerate([(train, test), (train, [*test, *known]), ([*train, *more], test)]):
        data = {"train": str(write_jsonl(tmp_path / "train.jsonl", articles))}
        data["test"] = str(write_jsonl(tmp_path / "test.jsonl", tests))
        found.append({row["id"]: row["split"] for row in build(tmp_path, number, data=data)})
    homes = {a.target: found[0][a.id] for a in train}
    assert kept_in_place(found[0], found[2])
    assert set(homes.values()) == {"train", "validation"}
    assert {found[2][a.id] == homes[a.target] for a in more if a.id in found[2]} == {True}
    assert len([a for a in more if a.id in found[2]]) > 40


def test_spellings_of_a_site_stay_together_and_are_named_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    spellings = ["www.site{}.example", "https://site{}.example/", "Site{}.example", "site{}.example\u200b"]
    articles = [replace(a, source=spellings[i % 4].format(i // 4 % 10)) for i, a in enumerate(make_articles(120))]
    with caplog.at_level(logging.INFO, logger="classifier"):
        found = by_id(articles, split(articles, tmp_path / "corpus", group_by="source"))
    splits = [{found[a.id] for i, a in enumerate(articles) if i // 4 % 10 == site} for site in range(10)]
    assert all(len(places) == 1 for places in splits)
    said = [record.getMessage() for record in caplog.records if "spelt in several ways" in record.getMessage()]
    assert len(said) == 1
    assert said[0].startswith("source: 10 groups are spelt in several ways and kept together, such as 'www.site")


# Texts that were cut, extended or collected


def reprinted_corpus(n: int, seed: int) -> list[Article]:
    """Articles, cut and extended copies of them, cuts of those, newsletters, and newsletters of newsletters."""
    rng = random.Random(seed)
    texts = [make_text(rng, rng.choice([70, 120, 300])) for _ in range(n)]
    for _ in range(2 * n):
        kind, words = rng.random(), rng.choice(texts).split()
        if kind < 0.4:
            at, size = rng.randrange(len(words)), rng.randrange(1, len(words) + 1)
            texts.append(" ".join(words[at : at + size]))
        elif kind < 0.7:
            texts.append(" ".join([make_text(rng, 100), *words, make_text(rng, rng.choice([1, 200]))]))
        else:
            texts.append(" ".join(rng.sample(texts, rng.choice([2, 3, 6]))))
    return [Article(f"{seed}-{row}", text, (("common", "rare")[row % 5 == 0],)) for row, text in enumerate(texts)]


def within(articles: Sequence[Article]) -> list[tuple[int, int]]:
    """Pairs of which the longer holds 80% of the shingles of the shorter, which has sixty or more; by brute force."""
    words = [article.text.lower().split() for article in articles]
    sets = [set(zip(row, row[1:], row[2:], strict=False)) for row in words]
    pairs = [sorted(pair, key=lambda row: len(sets[row])) for pair in combinations(range(len(articles)), 2)]
    return [(a, b) for a, b in pairs if len(sets[a]) >= 60 and len(sets[a] & sets[b]) >= 0.8 * len(sets[a])]


@pytest.mark.parametrize("seed", range(6))
def test_no_text_and_a_longer_one_that_holds_it_are_in_two_splits(seed: int, tmp_path: Path) -> None:
    articles = reprinted_corpus(60, seed)
    pairs = within(articles)
    assert len(pairs) > 60
    for number, settings in enumerate([{"seed": seed}, {"folds": 3}, {"method": "temporal"}]):
        dated = [replace(a, date=f"2024-01-{1 + row % 28:02d}") for row, a in enumerate(articles)]
        made = split(dated, tmp_path / str(number), **settings)
        place = made.split[:, None] if made.folds is None else made.folds
        there = made.split >= 0
        assert there.mean() > 0.3
        assert all((place[a] == place[b]).all() for a, b in pairs if there[a] and there[b])


def test_a_given_test_stays_whole_and_what_it_holds_or_is_held_by_is_left_out_of_train(tmp_path: Path) -> None:
    articles = reprinted_corpus(60, 9)
    rng = random.Random(0)
    parts: dict[str, list[Article]] = {"train": [], "test": []}
    for article in articles:
        parts["test" if rng.random() < 0.2 else "train"].append(article)
    everything = [*parts["train"], *parts["test"]]
    made = split(parts, tmp_path / "a")
    assert (made.split[len(parts["train"]) :] == SPLITS.index("test")).all()
    there = made.split >= 0
    assert there[: len(parts["train"])].mean() > 0.3
    assert all(made.split[a] == made.split[b] for a, b in within(everything) if there[a] and there[b])


def test_a_digest_is_left_out_of_folds_on_disk(tmp_path: Path) -> None:
    articles = long_articles(40)
    letter = replace(articles[0], id="letter", text=" ".join(article.text for article in articles[:6]))
    source = write_jsonl(tmp_path / "a.jsonl", [*articles, letter])
    for number, folds in enumerate([{}, {"folds": 4}]):
        config = make_config({"data": {"path": str(source)}, "split": folds})
        build_dataset(config, tmp_path / str(number), BuildOptions(count_tokens=False))
        dataset = open_dataset(tmp_path / str(number))
        assert "letter" not in {article.id for article in dataset.articles()}
        assert any("1 article left out: they hold several other articles" in note for note in dataset.info.notes)
