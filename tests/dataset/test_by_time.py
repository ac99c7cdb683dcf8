"""Splits by date: no leak of time, groups or texts, by looking at every pair of articles."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifier.articles.article import Article
from classifier.articles.split_names import SPLITS
from classifier.dataset.by_time import one_split_each, slice_starts
from classifier.dataset.extension import open_to_extend
from classifier.dataset.folder import open_dataset
from classifier.errors import InputError
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.corpora import change_sentence, make_text, split
from tests.makers.sources import made

TRAIN, VALIDATION, TEST = range(3)


def corpus(n: int, seed: int, *, sources: int, lasting: bool, days: int = 300) -> list[Article]:
    """Articles over so many days, in no order, of sources that last, or that end; some reprint others."""
    rng = random.Random(seed)
    articles: list[Article] = []
    for i in range(n):
        source, day = rng.randrange(sources), rng.randrange(days)
        if not lasting:
            day = min(days - 1, source * days // sources + rng.randrange(12))
        text = make_text(rng, 120)
        if i and rng.random() < 0.1:
            text = change_sentence(rng.choice(articles).text, rng, words=3)
        date = np.datetime64("2024-01-01") + day
        named = {} if rng.random() < 0.05 else {"source": f"Site {source}"}
        articles.append(Article(f"{seed}-{i}", text, (rng.choice("abc"),), date=str(date), **named))
    return articles


def shingles(text: str) -> set[tuple[str, ...]]:
    words = text.lower().split()
    return set(zip(words, words[1:], words[2:], strict=False))


def check(codes: np.ndarray, articles: Sequence[Article], embargo: int = 0) -> None:
    """No pair of articles of two splits shares a source or (nearly) a text, and the later split is later."""
    rows = np.flatnonzero(codes >= 0)
    sets = {row: shingles(articles[row].text) for row in rows}
    day = {row: np.datetime64(articles[row].date) for row in rows}
    for a, b in product(rows, rows):
        if codes[a] < codes[b]:
            assert day[a] < day[b] - np.timedelta64(embargo, "D")
            assert articles[a].source is None or articles[a].source != articles[b].source
            assert len(sets[a] & sets[b]) < 0.8 * len(sets[a] | sets[b])


@pytest.mark.parametrize(
    ("seed", "lasting", "embargo"), [(1, True, None), (2, False, None), (3, True, 7), (4, False, 7)]
)
def test_test_has_later_articles_of_new_groups_alone(
    seed: int, lasting: bool, embargo: int | None, tmp_path: Path
) -> None:
    articles = corpus(400, seed, sources=40, lasting=lasting)
    found = split(articles, tmp_path / "a", method="temporal", group_by=("source",), embargo=embargo)
    check(found.split, articles, embargo or 0)
    sizes = Counter(found.split.tolist())
    assert min(sizes[code] for code in (TRAIN, VALIDATION, TEST)) >= 5
    again = split(articles, tmp_path / "b", method="temporal", group_by=("source",), embargo=embargo)
    assert (again.split == found.split).all()
    other = split(articles, tmp_path / "c", method="temporal", group_by=("source",), embargo=embargo, seed=99)
    assert lasting is bool((other.split != found.split).any()) or not lasting
    assert any("left out: of a source with articles on both sides of a cut" in note for note in found.notes)


def test_groups_that_end_cost_few_articles_and_lasting_ones_what_the_roots_say(tmp_path: Path) -> None:
    ending = split(corpus(600, 5, sources=60, lasting=False), tmp_path / "a", method="temporal", group_by=("source",))
    assert (ending.split >= 0).mean() > 0.85
    shares = np.bincount(ending.split[ending.split >= 0]) / (ending.split >= 0).sum()
    assert shares == pytest.approx([0.7, 0.1, 0.2], abs=0.06)
    articles = corpus(2000, 6, sources=40, lasting=True)
    lasting = split(articles, tmp_path / "b", method="temporal", group_by=("source",))
    roots = np.sqrt([0.7, 0.1, 0.2])
    expected = np.array([0.7, 0.1, 0.2]) * roots / roots.sum()  # .366, .020, .056
    assert np.bincount(lasting.split[lasting.split >= 0]) / 2000 == pytest.approx(expected, abs=0.04)


def test_each_group_is_in_one_split_by_enumeration() -> None:
    for seed in range(200):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(1, 30))
        by_date, groups = rng.integers(-1, 3, n), rng.integers(0, 8, n)
        labels = [(("a", "b")[int(k)],) for k in rng.integers(0, 2, n)]
        found = one_split_each(by_date, groups, labels, seed)
        assert ((found == by_date) | (found == -1)).all()
        for group in np.unique(groups):
            there = set(by_date[groups == group].tolist()) - {-1}
            kept = set(found[groups == group].tolist()) - {-1}
            assert len(kept) == bool(there)  # in one split, and all its articles of that time are kept
            assert (found[(groups == group) & np.isin(by_date, list(kept))] >= 0).all()


def test_articles_without_a_group_go_by_their_dates(tmp_path: Path) -> None:
    articles = [replace(a, source="One" if i < 2 else None) for i, a in enumerate(make_articles(100))]
    found = split(articles, tmp_path / "a", method="temporal", group_by=("source",))
    plain = split(articles, tmp_path / "b", method="temporal")
    assert ((found.split == plain.split) | (np.arange(100) < 2)).all()


def test_too_few_groups_are_refused_with_the_fix(tmp_path: Path) -> None:
    articles = [replace(a, source="The only one") for a in make_articles(100)]
    with pytest.raises(InputError, match="Nothing is left for validation and test") as error:
        split(articles, tmp_path / "a", method="temporal", group_by=("source",))
    assert "and source that must be new in test, to split" in error.value.message
    assert "--set split.group_by=[]" in (error.value.fix or "")


def test_a_label_that_one_lasting_group_has_is_trained_on(tmp_path: Path) -> None:
    articles = corpus(300, 7, sources=30, lasting=True)
    rare = replace(articles[0], id="rare", labels=("rare",), source="Site 1", date="2024-01-02", text="alpha " * 9)
    late = replace(articles[0], id="late", labels=("rare",), source="Site 1", date="2024-10-20", text="omega " * 9)
    for seed in range(4):
        found = split([*articles, rare, late], tmp_path / str(seed), method="temporal", group_by=("source",), seed=seed)
        assert found.split[300:].tolist() == [TRAIN, -1]


# Folds over time


def test_folds_test_the_next_slice_and_train_on_all_before(tmp_path: Path) -> None:
    articles = [replace(a, date=f"{2000 + i:04d}-01-01") for i, a in enumerate(make_articles(120))]
    found = split(articles, tmp_path / "a", method="temporal", folds=5, validation_size=0)
    assert found.folds is not None
    for k in range(5):
        start = 20 * (k + 1)
        expected = np.where(np.arange(120) < start, TRAIN, np.where(np.arange(120) < start + 20, TEST, -1))
        assert (found.folds[:, k] == expected).all()
    assert found.cuts == {f"fold {k}": f"{2000 + 20 * k}-01-01" for k in range(1, 6)}
    assert "fold 1 tests from 2020-01-01 on: 20 articles, after 20 to train on" in found.notes
    assert (found.split == 0).all()
    three = split(articles, tmp_path / "b", method="temporal", folds=2, validation_size=0.25, test_from="2100-01-01")
    assert three.folds is not None
    expected = np.where(np.arange(120) < 75, TRAIN, np.where(np.arange(120) < 100, VALIDATION, TEST))
    assert (three.folds[:, 0] == np.where(np.arange(120) < 110, expected, -1)).all()


@pytest.mark.parametrize(
    ("seed", "settings"),
    [
        (1, {}),
        (2, {"embargo": 5}),
        (3, {"group_by": ("source",)}),
        (4, {"group_by": ("source",), "embargo": 5}),
        (5, {"validation_size": 0}),
    ],
)
def test_no_fold_leaks_time_groups_or_texts(seed: int, settings: dict[str, Any], tmp_path: Path) -> None:
    articles = corpus(600, seed, sources=150, lasting=bool(seed % 2))
    if "group_by" not in settings:
        articles = [replace(article, source=None) for article in articles]
    found = split(articles, tmp_path / "a", method="temporal", folds=4, **settings)
    assert found.folds is not None
    for fold in found.folds.T:
        check(fold, articles, settings.get("embargo", 0))
    tested = (found.folds == TEST).sum(axis=1)
    assert tested.max() == 1
    assert all((found.folds == TEST).any(axis=0))


def test_too_few_days_for_the_folds_are_refused(tmp_path: Path) -> None:
    articles = [replace(a, date=f"2024-01-{1 + i % 4:02d}") for i, a in enumerate(make_articles(100))]
    with pytest.raises(
        InputError, match="4 slices of time, and one to train on before them, cannot be cut from 4 dates"
    ):
        split(articles, tmp_path / "a", method="temporal", folds=4, validation_size=0)
    assert split(articles, tmp_path / "b", method="temporal", folds=3, validation_size=0).folds is not None
    with pytest.raises(InputError, match="Fold 1, which tests from 2024-01-02 on: Nothing is left for validation"):
        split(articles, tmp_path / "c", method="temporal", folds=3)
    with pytest.raises(InputError, match="or another split"):
        slice_starts([a.date or "" for a in articles], 3, "2024-01-03")
    with pytest.raises(InputError):
        slice_starts([a.date or "" for a in articles], 2, "2025-01-01")


def test_folds_over_time_on_disk(tmp_path: Path) -> None:
    articles = corpus(400, 8, sources=130, lasting=False)
    source = write_jsonl(tmp_path / "a.jsonl", articles)
    made(
        source, tmp_path / "data", "split.method=temporal", "split.folds=3", "split.group_by=source", "split.embargo=2"
    )
    dataset = open_dataset(tmp_path / "data")
    day = {article.id: article.date or "" for article in articles}
    kept = {article.id for article in dataset.articles()}
    seen: list[str] = []
    for k in range(1, 4):
        fold = dataset.in_fold(k)
        parts = {name: [article.id for article in fold.articles(name)] for name in fold.splits}
        assert set(parts) == set(SPLITS)
        assert max(day[name] for name in parts["train"]) < min(day[name] for name in parts["validation"])
        assert max(day[name] for name in parts["validation"]) < min(day[name] for name in parts["test"])
        assert dataset.info.counts[f"fold {k}"].articles == len(parts["test"])
        assert {name: found.articles for name, found in fold.counts().items()} == {n: len(i) for n, i in parts.items()}
        assert fold.labels("train") == [article.labels for article in fold.articles("train")]
        seen += parts["test"]
    assert len(seen) == len(set(seen)) < len(kept)
    numbers = dict(zip(*(dataset.assigned()[name].to_pylist() for name in ("id", "fold")), strict=True))
    assert {name for name, number in numbers.items() if number} == set(seen)
    assert {name for name, number in numbers.items() if number is not None} == kept
    with pytest.raises(InputError, match="has folds over time, which cannot be extended"):
        open_to_extend(tmp_path / "data", dataset.info.settings)


def test_an_extension_by_time_keeps_groups_whole(tmp_path: Path) -> None:
    articles = corpus(300, 9, sources=60, lasting=True)
    settings = ("split.method=temporal", "split.group_by=source")
    source = write_jsonl(tmp_path / "a.jsonl", articles)
    old = made(source, tmp_path / "old", *settings)
    more = [
        replace(a, id=f"new-{a.id}", source=a.source and f"{'New ' if i % 2 else ''}{a.source}")
        for i, a in enumerate(corpus(120, 10, sources=60, lasting=True))
    ]
    source = write_jsonl(tmp_path / "b.jsonl", [*articles, *more])
    new = made(source, tmp_path / "new", *settings, extend=old.path)
    before = {a.id: name for name in old.splits for a in old.articles(name)}
    after = {a.id: name for name in new.splits for a in new.articles(name)}
    assert {name: after[name] for name in before} == before
    every = [*articles, *more]
    check(np.array([SPLITS.index(after[a.id]) if a.id in after else -1 for a in every]), every)
    fresh = Counter(split_name for name, split_name in after.items() if name.startswith("new-"))
    assert fresh["train"] > 5
    assert fresh["test"] > 2
