import datetime as dt
import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from classifier.articles.article import Article
from classifier.config_file import parse_settings
from classifier.dataset.disjoint import check_disjoint
from classifier.dataset.folder import DatasetFolder
from classifier.errors import InputError
from classifier.jobs.building.build import build
from tests.makers.articles import FILLER, make_articles, write_jsonl

pytestmark = pytest.mark.usefixtures("quick_builds")

Placed = dict[str, Any]


def made(source: Path, out: Path, *given: str, **options: Any) -> DatasetFolder:
    dataset = build(str(source), out, settings=parse_settings(given), **options).dataset
    assert dataset is not None
    check_disjoint(dataset)
    return dataset


def grown(
    folder: Path, *stages: Sequence[Article], settings: Iterable[str] = (), **options: Any
) -> list[DatasetFolder]:
    """A dataset of the first articles, and one after the other that extends it by the next ones."""
    datasets: list[DatasetFolder] = []
    for number, articles in enumerate(stages):
        source = write_jsonl(folder / f"{number}.jsonl", list(articles))
        more = {"extend": datasets[-1].path} if datasets else {}
        datasets.append(made(source, folder / f"data{number}", *settings, **more))
    return datasets


def places(dataset: DatasetFolder) -> Placed:
    """Id -> its split, or its splits in all folds; None where it is left out."""
    rows = dataset.assigned().to_pylist()
    if dataset.info.folds is None:
        return {row["id"]: row["split"] for row in rows}
    names = [f"fold_{k + 1}" for k in range(dataset.info.folds)]
    return {row["id"]: tuple(row[name] for name in names) if row["fold"] else None for row in rows}


def kept(old: DatasetFolder, new: DatasetFolder) -> bool:
    """Whether every article of the old dataset stands where it stood, in all that matters."""
    now = {article.id: article for article in new.articles()}
    same = all(
        (now[a.id].text, now[a.id].labels, now[a.id].target, now[a.id].extra) == (a.text, a.labels, a.target, a.extra)
        for a in old.articles()
    )
    return same and places(old).items() <= places(new).items()


def long(n: int, seed: int = 5) -> list[Article]:
    rng = random.Random(seed)
    return [replace(a, text=" ".join([a.text, *rng.choices(FILLER, k=80)])) for a in make_articles(n, seed)]


def reprint(article: Article, name: str, **more: Any) -> Article:
    """Nearly the same text under another id."""
    return replace(article, id=name, text=f"{article.text} word1 word2", **more)


def test_old_articles_keep_their_splits_and_new_ones_are_added(tmp_path: Path) -> None:
    articles = make_articles(200)
    old, new = grown(tmp_path, articles[:80], articles)
    assert kept(old, new)
    assert len(places(new)) == 200
    added = [places(new)[f"a{i}"] for i in range(80, 200)]
    assert [added.count(split) for split in ("train", "validation", "test")] == [84, 12, 24]
    assert new.info.notes[0] == "80 articles kept their splits; 120 are new"
    assert sum(counts.articles for counts in new.info.counts.values()) == 200
    assert [source["name"] for source in new.info.sources] == ["0.jsonl", "1.jsonl"]


def test_the_new_source_need_not_repeat_the_old_articles(tmp_path: Path) -> None:
    articles = make_articles(100)
    old, alone = grown(tmp_path, articles[:60], articles[60:])
    both = made(write_jsonl(tmp_path / "both.jsonl", articles), tmp_path / "both", extend=old.path)
    assert kept(old, alone)
    assert kept(old, both)
    assert places(alone) == places(both)


def test_a_text_that_the_dataset_has_under_another_id_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Such as ids that lost their zeros in a spreadsheet."""
    articles = make_articles(60)
    again = [replace(article, id=f"b{n}") if n < 3 else article for n, article in enumerate(articles)]
    _, new = grown(tmp_path, articles, [*again, *make_articles(70)[60:]])
    assert len(places(new)) == 73
    (said,) = [message for message in caplog.messages if "under another id" in message]
    assert said.startswith("3 new articles have the text of one that the dataset has, under another id, such as ")
    assert "1.jsonl:1 ('b0', there 'a0')" in said


def test_a_source_without_anything_new_changes_nothing(tmp_path: Path) -> None:
    articles = make_articles(60)
    old, new = grown(tmp_path, articles, articles[:20])
    assert places(old) == places(new)
    assert new.info.counts == old.info.counts


def test_extended_eight_times_nothing_ever_moves(tmp_path: Path) -> None:
    articles = long(120)
    for i in range(40, 120, 3):  # reprints of old and of new articles come in later
        articles[i] = reprint(articles[i - 37], f"a{i}")
    articles[100] = replace(articles[100], source="source1" if articles[100].source == "source0" else "source0")
    stages = [articles[:40], *(articles[i : i + 10] for i in range(40, 120, 10))]
    datasets = grown(tmp_path, *stages, settings=["split.group_by=source"])
    for old, new in pairwise(datasets):
        assert kept(old, new)
    last, found = datasets[-1], places(datasets[-1])
    assert len(found) == 120
    homes = {(article.source, split) for split in last.splits for article in last.articles(split)}
    assert len(homes) == 5
    for i in range(40, 120, 3):
        assert found[f"a{i}"] in (found[f"a{i - 37}"], None)


def test_an_old_id_with_another_text_is_an_error_that_lists_the_lines(tmp_path: Path) -> None:
    articles = make_articles(60)
    (old,) = grown(tmp_path, articles)
    changed = [replace(a, text="Quite another text.") if i in (3, 7) else a for i, a in enumerate(articles)]
    source = write_jsonl(tmp_path / "b.jsonl", [*changed, *make_articles(70)[60:]])
    with pytest.raises(InputError, match="has 2 bad rows") as error:
        made(source, tmp_path / "new", extend=old.path)
    assert [str(fault) for fault in error.value.faults] == [
        f"{source}:4: the id 'a3' is in the dataset already, with another text",
        f"{source}:8: the id 'a7' is in the dataset already, with another text",
    ]
    assert "Give new articles ids of their own" in error.value.fix
    assert not (tmp_path / "new").exists()
    new = made(source, tmp_path / "new", extend=old.path, skip_bad=True)
    assert kept(old, new)
    assert new.info.rejected == {"changed article": 2}
    rejected = [json.loads(line) for line in (new.path / "rejected.jsonl").read_text().splitlines()]
    assert [(record["row"]["id"], record["row"]["text"]) for record in rejected] == [
        ("a3", "Quite another text."),
        ("a7", "Quite another text."),
    ]


def test_case_and_spacing_make_no_other_text(tmp_path: Path) -> None:
    articles = make_articles(60)
    old, new = grown(tmp_path, articles, [replace(a, text=f"  {a.text.upper()}\n") for a in articles])
    assert kept(old, new)


def test_an_old_id_with_another_target_is_an_error(tmp_path: Path) -> None:
    articles = make_articles(60, pair=True)
    (old,) = grown(tmp_path, articles)
    source = write_jsonl(tmp_path / "b.jsonl", [replace(articles[5], target="another claim")])
    with pytest.raises(InputError, match="the id 'a5' is in the dataset already, with another text"):
        made(source, tmp_path / "new", extend=old.path)


@pytest.mark.parametrize("pair", [True, False])
def test_pairs_and_single_texts_do_not_mix(pair: bool, tmp_path: Path) -> None:
    (old,) = grown(tmp_path, make_articles(60, pair=pair))
    source = write_jsonl(tmp_path / "b.jsonl", [replace(a, id=f"n{a.id}") for a in make_articles(5, 3, pair=not pair)])
    with pytest.raises(InputError, match="has no target" if pair else "has a target"):
        made(source, tmp_path / "new", extend=old.path)


@pytest.mark.parametrize(
    ("settings", "named", "fix"),
    [
        (
            ["split.seed=1", "split.test_size=0.3"],
            "split.seed, split.test_size",
            "--set split.seed=13 --set split.test_size=0.2",
        ),
        (["split.group_by=source"], "split.group_by", "leave out split.group_by"),
        (["split.folds=3", "split.seed=1"], "split.folds, split.seed", "--set split.seed=13; leave out split.folds"),
        (["data.strip=urls"], "data.strip", "--set 'data.strip=[]'"),
        (["data.near_duplicates=0.5"], "data.near_duplicates", "--set data.near_duplicates=0.8"),
        (["data.contained=false"], "data.contained", "--set data.contained="),
        (["data.task=multi_label", 'data.label_separator=";"'], "data.task", "--set data.task=single_label"),
    ],
)
def test_other_settings_are_refused(settings: list[str], named: str, fix: str, tmp_path: Path) -> None:
    (old,) = grown(tmp_path, make_articles(40))
    with pytest.raises(InputError, match=f"was built with other settings: {named.replace('.', '[.]')}[.]") as error:
        made(write_jsonl(tmp_path / "b.jsonl", make_articles(50)), tmp_path / "new", *settings, extend=old.path)
    assert fix in error.value.fix
    assert not (tmp_path / "new").exists()


def test_settings_of_reading_and_training_may_differ(tmp_path: Path) -> None:
    (old,) = grown(tmp_path, make_articles(40))
    rows = "".join(f"{a.id};{a.text};{a.labels[0]};{a.source};{a.date}\n" for a in make_articles(50)).replace(",", " ")
    (tmp_path / "b.csv").write_text(f"key;body;genre;source;date\n{rows}", encoding="utf-16")
    columns = [f"data.columns.{name}" for name in ("id=key", "text=body", "label=genre")]
    new = made(
        tmp_path / "b.csv",
        tmp_path / "new",
        *columns,
        "data.encoding=utf-16",
        "train.seed=1",
        "data.conflicts=drop",
        extend=old.path,
    )
    assert kept(old, new)
    assert len(places(new)) == 50


def test_what_is_no_dataset_or_was_changed_cannot_be_extended(tmp_path: Path) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(40))
    with pytest.raises(InputError, match="There is no file"):
        made(source, tmp_path / "new", extend=tmp_path / "old")
    old = made(source, tmp_path / "old")
    for file in (old.path / "test").iterdir():
        file.unlink()
    (old.path / "test").rmdir()
    with pytest.raises(InputError, match="is not as it was written: 3 files differ"):
        made(source, tmp_path / "new", extend=old.path)


def test_what_was_left_out_stays_out_several_times_in_a_row(tmp_path: Path) -> None:
    articles = make_articles(60)
    copies = [replace(a, id=f"copy {a.id}") for a in articles[:10]]
    torn = [replace(articles[20], id="torn", labels=("opinion",))]
    settings = ["data.duplicates=drop", "data.conflicts=drop"]
    everything = [*articles, *copies, *torn]
    datasets = grown(tmp_path, everything, everything, make_articles(70), everything, settings=settings)
    out = {f"copy a{i}" for i in range(10)} | {"torn", "a20"}
    for old, new in pairwise(datasets):
        assert {name for name, place in places(new).items() if place is None} == out
        assert kept(old, new)
        assert not out & {article.id for article in new.articles()}
    assert len(places(datasets[-1])) == 60 + 11 + 10


def test_what_stays_out_by_its_id_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    articles = make_articles(60)
    (old,) = grown(tmp_path, [*articles, replace(articles[0], id="copy")], settings=["data.duplicates=drop"])
    assert "stay out" not in caplog.text
    source = write_jsonl(tmp_path / "b.jsonl", [replace(make_articles(61)[60], id="copy")])  # another text
    made(source, tmp_path / "new", "data.duplicates=drop", extend=old.path)
    said = "1 article has the id of one that the dataset had left out, so left out again, such as"
    assert f"{said} {source}:1; if they are new ones" in caplog.text


def test_a_new_copy_of_an_old_article_is_dropped_where_duplicates_are(tmp_path: Path) -> None:
    articles = make_articles(60)
    more = [replace(a, id=f"copy {a.id}") for a in articles]
    old, new = grown(tmp_path, articles, more, settings=["data.duplicates=drop"])
    assert kept(old, new)
    assert all(places(new)[f"copy a{i}"] is None for i in range(60))


def test_a_new_reprint_of_an_old_article_is_dropped_where_those_are(tmp_path: Path) -> None:
    articles = long(40)
    reprints = [reprint(article, f"near {article.id}") for article in articles]
    old, new = grown(tmp_path, articles, reprints, settings=["data.duplicates=drop_near"])
    assert kept(old, new)
    assert all(places(new)[f"near {article.id}"] is None for article in articles)


def test_a_new_reprint_joins_the_split_of_its_original(tmp_path: Path) -> None:
    articles = long(60)
    old, new = grown(tmp_path, articles, [reprint(a, f"near {a.id}") for a in articles])
    assert kept(old, new)
    for article in articles:
        assert places(new)[f"near {article.id}"] == places(new)[article.id]


def test_a_new_article_joins_the_split_of_its_source(tmp_path: Path) -> None:
    sources = [replace(a, source=f"s{i % 12}") for i, a in enumerate(make_articles(120))]
    newer = [replace(a, id=f"n{i}", source=f"s{i % 15}") for i, a in enumerate(make_articles(150, 3))]
    old, new = grown(tmp_path, sources, newer, settings=["split.group_by=source"])
    assert kept(old, new)
    home = {article.source: split for split in old.splits for article in old.articles(split)}
    for split in new.splits:
        for article in new.articles(split):
            assert home.setdefault(article.source, split) == split
    assert len(home) == 15


def chain(length: int) -> list[Article]:
    """Articles of which each is a near-duplicate of the next one, and of no other."""
    rng = random.Random(2)
    words = rng.choices(FILLER, k=200)
    texts = []
    for place in range(length):
        texts.append(" ".join(words))
        words[place * 11 : place * 11 + 8] = rng.choices(FILLER, k=8)
    return [replace(make_articles(1)[0], id=f"link {place}", text=text) for place, text in enumerate(texts)]


@pytest.mark.parametrize("between", [1, 2])
def test_what_stands_between_two_splits_is_left_out_and_the_old_articles_stay(between: int, tmp_path: Path) -> None:
    first, *links, last = chain(between + 2)
    settings = ["data.near_duplicates=0.92", "data.contained=0.97", "split.test_size=0.4"]
    source = write_jsonl(tmp_path / "a.jsonl", [*make_articles(30), first, last])
    for seed in range(20):
        settings = [*settings[:3], f"split.seed={seed}"]
        old = made(source, tmp_path / "old", *settings, overwrite=True)
        if places(old)["link 0"] != places(old)[last.id]:
            break
    assert places(old)["link 0"] != places(old)[last.id]
    more = write_jsonl(tmp_path / "b.jsonl", [*links, *make_articles(40)[30:]])
    new = made(more, tmp_path / "new", *settings, extend=old.path)
    assert kept(old, new)
    assert {name for name, place in places(new).items() if place is None} == {link.id for link in links}
    assert f"{between} new article" in new.info.notes[1]
    again = made(more, tmp_path / "again", *settings, extend=new.path)
    assert places(again) == places(new)


def test_only_what_joins_two_splits_is_left_out_and_not_all_that_belongs_to_them(tmp_path: Path) -> None:
    articles = [replace(a, source=f"s{i % 12}") for i, a in enumerate(long(60))]
    (old,) = grown(tmp_path, articles, settings=["split.group_by=source"])
    a, b = (next(old.articles(split)) for split in ("train", "test"))
    newer = [replace(article, id=f"n{i}", source=(a.source, b.source)[i % 2]) for i, article in enumerate(long(10, 9))]
    source = write_jsonl(tmp_path / "b.jsonl", [reprint(b, "bridge", source=a.source), *newer])
    new = made(source, tmp_path / "new", "split.group_by=source", extend=old.path)
    assert kept(old, new)
    assert places(new)["bridge"] is None
    assert [places(new)[f"n{i}"] for i in range(10)] == ["train", "test"] * 5


def test_an_old_article_stays_where_a_new_one_contradicts_it(tmp_path: Path) -> None:
    articles = make_articles(60)
    other = [replace(articles[i], id=f"n{i}", labels=("satire",)) for i in (0, 1)]
    old, new = grown(tmp_path, articles, [*other, *make_articles(70)[60:]], settings=["data.conflicts=drop"])
    assert kept(old, new)
    assert {name for name, place in places(new).items() if place is None} == {"n0", "n1"}


def test_a_dataset_with_folds_grows(tmp_path: Path) -> None:
    articles = [replace(a, source=f"s{i % 20}") for i, a in enumerate(long(100))]
    newer = [replace(a, id=f"n{i}", source=f"s{i % 24}") for i, a in enumerate(long(48, 9))]
    settings = ["split.folds=4", "split.group_by=source"]
    datasets = grown(
        tmp_path, articles, newer, [replace(newer[0], id="one", source=None, text="alone at last")], settings=settings
    )
    for old, new in pairwise(datasets):
        assert kept(old, new)
    last = datasets[-1]
    assert len(places(last)) == 149
    assert places(last)["one"].count("test") == 1
    for k in range(1, 5):
        fold = last.in_fold(k)
        homes: dict[str, str] = {}
        for split in fold.splits:
            for article in fold.articles(split):
                assert homes.setdefault(article.source or article.id, split) == split
    assert {place.count("test") for place in places(last).values()} == {1}
    assert last.info.folds == 4


def test_a_temporal_split_grows_by_its_own_dates(tmp_path: Path) -> None:
    articles = long(120)
    (old,) = grown(tmp_path, articles, settings=["split.method=temporal"])
    cuts = dict(old.info.cuts or {})
    in_test, in_train = next(old.articles("test")), next(old.articles("train"))
    newer = [
        *(replace(a, id=f"n{a.id}") for a in long(120, 9)),
        reprint(in_test, "early reprint", date="2024-01-01"),
        reprint(in_train, "late reprint", date="2024-12-31"),
        reprint(in_train, "train reprint", date="2024-01-02"),
        *(reprint(long(1, 77)[0], name, date=day) for name, day in (("e", "2024-01-03"), ("l", "2024-12-30"))),
        Article("day", "some words on the day of the cut", ("satire",), date=cuts["test"]),
    ]
    source = write_jsonl(tmp_path / "b.jsonl", newer)
    new = made(source, tmp_path / "new", "split.method=temporal", extend=old.path)
    assert kept(old, new)
    assert new.info.cuts == cuts
    for split in new.splits:
        for article in new.articles(split):
            date = article.date or ""
            assert split == (
                "test" if date >= cuts["test"] else "validation" if date >= cuts["validation"] else "train"
            )
    found = places(new)
    assert (found["early reprint"], found["late reprint"], found["train reprint"]) == (None, None, "train")
    assert (found["e"], found["l"], found["day"]) == (None, "test", "test")
    assert sum(place is None for place in found.values()) == 3
    undated = write_jsonl(tmp_path / "c.jsonl", [replace(newer[0], id="undated", date=None)])
    with pytest.raises(InputError, match=r"c\.jsonl:1: has no date"):
        made(undated, tmp_path / "undated", "split.method=temporal", extend=new.path)


def test_a_temporal_split_grows_by_dates_that_need_a_format(tmp_path: Path) -> None:
    def written(articles: Sequence[Article]) -> list[Article]:
        return [replace(a, date=dt.date.fromisoformat((a.date or "")[:10]).strftime("%d.%m.%y")) for a in articles]

    settings = ["split.method=temporal", "data.date_format=%d.%m.%y"]
    (old,) = grown(tmp_path, written(long(120)), settings=settings)
    cuts = dict(old.info.cuts or {})
    newer = written([replace(a, id=f"n{a.id}") for a in long(60, 9)])
    source = write_jsonl(tmp_path / "b.jsonl", newer)
    new = made(source, tmp_path / "new", *settings, extend=old.path)
    assert kept(old, new)
    for split in new.splits:
        for article in new.articles(split):
            date = article.date or ""
            assert dt.date.fromisoformat(date).year in (2023, 2024)
            assert split == (
                "test" if date >= cuts["test"] else "validation" if date >= cuts["validation"] else "train"
            )
    with pytest.raises(InputError, match=r"other settings: data\.date_format"):
        made(source, tmp_path / "other", "split.method=temporal", "data.date_format=%m.%d.%y", extend=old.path)


def given(folder: Path, name: str, train: Sequence[Article], test: Sequence[Article], **options: Any) -> DatasetFolder:
    (folder / name).mkdir()
    write_jsonl(folder / name / "train.jsonl", list(train))
    write_jsonl(folder / name / "test.jsonl", list(test))
    (folder / name / "c.toml").write_text('[data]\ntrain = "train.jsonl"\ntest = "test.jsonl"\n')
    return made(folder / name / "c.toml", folder / name / "data", **options)


def test_given_splits_grow_by_what_is_given(tmp_path: Path) -> None:
    articles = long(120)
    old = given(tmp_path, "old", articles[:60], articles[60:80])
    train = [*articles[:60], *articles[80:100], reprint(articles[60], "of test")]
    test = [*articles[60:80], *articles[100:], reprint(articles[0], "of train")]
    new = given(tmp_path, "new", train, test, extend=old.path)
    assert kept(old, new)
    found = places(new)
    assert {found[f"a{i}"] for i in range(100, 120)} == {"test"}
    assert {found[f"a{i}"] for i in range(80, 100)} <= {"train", "validation"}
    assert (found["of test"], found["of train"]) == (None, None)
    assert new.info.split_method == "given"
    assert (old.info.validation_given, new.info.validation_given) == (False, False)  # it was cut from train


def test_parts_that_number_their_articles_alike_grow(tmp_path: Path) -> None:
    articles = long(80)

    def numbered(some: Sequence[Article]) -> list[Article]:
        return [replace(article, id=str(number)) for number, article in enumerate(some, start=1)]

    old = given(tmp_path, "old", numbered(articles[:40]), numbered(articles[40:50]))
    new = given(
        tmp_path,
        "new",
        numbered([*articles[:40], *articles[50:70]]),
        numbered([*articles[40:50], *articles[70:]]),
        extend=old.path,
    )
    assert kept(old, new)
    found = places(new)
    assert found.keys() == {f"train/{i}" for i in range(1, 61)} | {f"test/{i}" for i in range(1, 21)}
    assert {found[f"test/{i}"] for i in range(1, 21)} == {"test"}


def test_a_split_column_is_obeyed_by_new_articles_too(tmp_path: Path) -> None:
    def rows(numbers: Iterable[int]) -> str:
        lines = (f"{i},text number {i},{'ab'[i % 2]},{('train', 'train', 'dev', 'test')[i % 4]}" for i in numbers)
        return "\n".join(["id,text,label,split", *lines]) + "\n"

    (tmp_path / "a.csv").write_text(rows(range(40)))
    old = made(tmp_path / "a.csv", tmp_path / "old")
    (tmp_path / "a.csv").write_text(rows(range(60)))
    new = made(tmp_path / "a.csv", tmp_path / "new", extend=old.path)
    assert kept(old, new)
    assert new.info.split_method == "given"
    assert places(new) == {str(i): ("train", "train", "validation", "test")[i % 4] for i in range(60)}


def test_new_articles_may_all_be_for_training(tmp_path: Path) -> None:
    articles = long(80)
    old = made(write_jsonl(tmp_path / "a.jsonl", articles[:60]), tmp_path / "old")
    test = next(article for article in articles if places(old)[article.id] == "test")
    source = write_jsonl(tmp_path / "b.jsonl", [*articles[60:], reprint(test, "of test")])
    rows = [{**json.loads(line), "split": "train"} for line in source.read_text().splitlines()]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    new = made(source, tmp_path / "new", extend=old.path)
    assert places(old).items() <= places(new).items()
    assert {places(new)[article.id] for article in articles[60:]} == {"train"}
    assert places(new)["of test"] is None


@pytest.mark.parametrize(
    "values",
    [lambda i: [f"ä{i}"], lambda i: i if i else 0.5, lambda i: {"a": i}, lambda i: i > 6 or f"s{i}"],
    ids=["list", "number", "dict", "mixed"],
)
def test_groups_that_are_no_names_are_known_again(values: Any, tmp_path: Path) -> None:
    def source(numbers: range) -> Path:
        articles, groups = make_articles(numbers.stop, 3), 12 if numbers.start == 0 else 17
        lines = [
            {"id": i, "text": articles[i].text, "label": articles[i].labels[0], "group": values(i % groups)}
            for i in numbers
        ]
        path = tmp_path / f"{numbers.start}.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return path

    old = made(source(range(60)), tmp_path / "old", "split.group_by=group")
    new = made(source(range(60, 120)), tmp_path / "new", "split.group_by=group", extend=old.path)
    assert kept(old, new)
    for i in range(60, 120):
        if i % 17 < 12:
            assert places(new)[str(i)] == places(new)[str(i % 17)]


def test_stripped_texts_and_columns_like_standard_ones_grow(tmp_path: Path) -> None:
    def source(n: int) -> Path:
        lines = [
            {
                "id": a.id,
                "text": f"{a.text}\nRead more at www.example.com",
                "label": "mine",
                "anna": a.labels[0],
                "ben": a.labels[0],
                "target": "x",
            }
            for a in make_articles(n)
        ]
        (tmp_path / f"{n}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        return tmp_path / f"{n}.jsonl"

    settings = ["data.strip=line:Read more*", 'data.annotators=["anna", "ben"]', "data.pair=false"]
    old = made(source(40), tmp_path / "old", *settings)
    new = made(source(60), tmp_path / "new", *settings, extend=old.path)
    assert kept(old, new)
    assert not new.info.pair
    for article in new.articles():
        assert "Read more" not in article.text
        assert article.extra["label"] == "mine"
        assert json.loads(article.extra["annotations"]).keys() == {"anna", "ben"}


def test_a_dry_run_of_an_extension_writes_nothing(tmp_path: Path) -> None:
    articles = make_articles(60)
    (old,) = grown(tmp_path, articles[:40])
    before = sorted(tmp_path.rglob("*"))
    report = build(str(tmp_path / "0.jsonl"), None, dry_run=True, extend=old.path)
    assert report.info.notes[0] == "40 articles kept their splits; 0 are new"
    assert sorted(tmp_path.rglob("*")) == before


def test_a_dataset_from_before_cut_texts_were_looked_for_grows(tmp_path: Path) -> None:
    rng = random.Random(3)
    wholes = [" ".join(f"{rng.random():.8f}" for _ in range(300)) for _ in range(8)]
    cut = [" ".join(text.split()[:150]) for text in wholes]
    texts = [*wholes, *cut]
    articles = [replace(a, id=f"t{n}", text=t) for n, (a, t) in enumerate(zip(make_articles(16), texts, strict=True))]
    (old,) = grown(tmp_path, [*long(60), *articles], settings=["data.contained=false"])
    apart = [n for n in range(8) if places(old)[f"t{n}"] != places(old)[f"t{n + 8}"]]
    assert 0 < len(apart) < 8
    file = old.path / "dataset.json"
    info = json.loads(file.read_text())
    del info["settings"]["data"]["contained"]
    file.write_text(json.dumps(info))
    (old.path / "checksums.json").unlink()
    more = [replace(articles[n], id=f"n{n}", text=" ".join(wholes[n].split()[100:])) for n in range(8)]
    new = made(write_jsonl(tmp_path / "b.jsonl", more), tmp_path / "new", extend=old.path)
    assert kept(old, new)
    assert all(places(new)[f"n{n}"] == (None if n in apart else places(old)[f"t{n}"]) for n in range(8))
    said = f"{len(apart)} text{'s' * (len(apart) > 1)} of the older dataset with a copy in another of its splits"
    assert any(note.startswith(said) for note in new.info.notes)
