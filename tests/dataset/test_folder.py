import datetime as dt
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from classifier.articles.article import Article
from classifier.config_file import parse_settings
from classifier.dataset.corpus import Preparation, read_corpus
from classifier.dataset.folder import DatasetFolder, check_disjoint, hash_path, is_dataset, open_dataset
from classifier.dataset.info import Counts, DatasetInfo
from classifier.dataset.splits import Assignment
from classifier.dataset.writer import write_dataset
from classifier.errors import InputError
from classifier.jobs.build.build import build
from classifier.progress import SilentTask
from tests.makers.articles import make_articles, write_jsonl


@pytest.fixture(autouse=True, scope="module")
def _quick() -> Iterator[None]:
    """Without the probe and the page, which take most of a build's time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("classifier.jobs.build.leaks.measure_leakage", lambda *_, **__: None)
        patch.setattr("classifier.jobs.build.dataset.write_page", lambda *_, **__: None)
        yield


def made(source: Path, out: Path, *given: str) -> DatasetFolder:
    dataset = build(str(source), out, settings=parse_settings(given)).dataset
    assert dataset is not None
    return dataset


def of_rows(folder: Path, extra: Callable[[int], dict[str, Any]], n: int = 30) -> dict[str, Article]:
    """Articles by id, after a build of JSON lines with these extra columns."""
    lines = [{"id": a.id, "text": a.text, "label": a.labels[0], **extra(i)} for i, a in enumerate(make_articles(n))]
    (folder / "a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return {article.id: article for article in made(folder / "a.jsonl", folder / "data").articles()}


def test_a_dataset_folder_gives_back_what_went_in(tmp_path: Path) -> None:
    articles = make_articles(60, pair=True)
    dataset = made(write_jsonl(tmp_path / "a.jsonl", articles), tmp_path / "data")
    read = {article.id: article for article in open_dataset(tmp_path / "data").articles()}
    assert len(read) == 60
    for article in articles:
        found = read[article.id]
        for name in ("id", "text", "labels", "target", "source", "date", "title", "url"):
            assert getattr(found, name) == getattr(article, name)
    where = [article.where for article in dataset.articles("test")]
    assert where[:2] == [f"{tmp_path / 'data'}/test, row 1", f"{tmp_path / 'data'}/test, row 2"]


@pytest.mark.parametrize(
    ("values", "stored"),
    [
        (lambda i: i, lambda i: i),
        (lambda i: i / 2, lambda i: i / 2),
        (lambda i: i if i % 2 else i / 4, lambda i: float(i) if i % 2 else i / 4),
        (lambda i: i % 2 == 0, lambda i: i % 2 == 0),
        (lambda i: i if i % 2 else "text", lambda i: str(i) if i % 2 else "text"),
        (lambda i: i % 2 == 0 if i % 3 else i, lambda i: str(i % 2 == 0).lower() if i % 3 else str(i)),
        (lambda i: [i, "ä"], lambda i: f'[{i}, "ä"]'),
        (lambda i: {"a": [i, None]}, lambda i: f'{{"a": [{i}, null]}}'),
        (lambda i: 10**25 if i == 3 else i, lambda i: str(10**25 if i == 3 else i)),
        (lambda i: 10**25, lambda i: str(10**25)),
        (lambda i: None, lambda i: None),
        (lambda i: "2024-05-31", lambda i: "2024-05-31"),
    ],
    ids=["int", "float", "int_float", "bool", "int_str", "bool_int", "list", "dict", "huge_int", "huge", "null", "str"],
)
def test_every_type_of_column_survives(
    values: Callable[[int], Any], stored: Callable[[int], Any], tmp_path: Path
) -> None:
    found = of_rows(tmp_path, lambda i: {"full": values(i), **({"gaps": values(i)} if i % 4 else {})})
    for i in range(30):
        assert found[f"a{i}"].extra == {"full": stored(i), "gaps": stored(i) if i % 4 else None}


def in_chunks(folder: Path, extra: Callable[[int], dict[str, Any]]) -> dict[str, Article]:
    """Articles by id, after they were written from chunks of ten."""
    articles = [replace(article, extra=extra(i)) for i, article in enumerate(make_articles(30))]
    (folder / "spool").mkdir()
    corpus = read_corpus(
        {"all": articles}, folder / "spool", Preparation(), lambda fault: None, SilentTask(), workers=1, chunk=10
    )
    names, counts = ("opinion", "reporting", "satire"), {"train": Counts(30, {})}
    info = DatasetInfo(names, False, False, "stratified", (), counts, (), (), {})
    write_dataset(folder, corpus, Assignment(np.zeros(30, dtype=np.int64), np.arange(30), {}), info)
    return {article.id: article for article in open_dataset(folder).articles("train")}


def test_a_column_has_one_type_though_it_comes_in_chunks(tmp_path: Path) -> None:
    def extra(i: int) -> dict[str, Any]:
        late = {"late": i, "more": [i], "day": dt.date(2024, 5, 31)} if i > 22 else {}
        money = {"price": Decimal("1.50") if i < 20 else Decimal("12345.678")}
        return {"mixed": i if i < 20 else "text", "number": i if i < 10 else i / 2, **money, **late}

    found = in_chunks(tmp_path, extra)
    none = dict.fromkeys(("late", "more", "day"))
    assert found["a1"].extra == {"mixed": "1", "number": 1.0, "price": Decimal("1.5"), **none}
    assert found["a29"].extra == {
        "mixed": "text",
        "number": 14.5,
        "price": Decimal("12345.678"),
        "late": 29,
        "more": "[29]",
        "day": dt.date(2024, 5, 31),
    }
    assert type(found["a29"].extra["late"]) is int


def test_the_types_of_parquet_survive(tmp_path: Path) -> None:
    n = 30
    day, moment = dt.date(2024, 5, 31), dt.datetime(2024, 5, 31, 12, 30)
    columns = {
        "text": pa.array([a.text for a in make_articles(n)]),
        "label": pa.array([a.labels[0] for a in make_articles(n)]),
        "date": pa.array([day] * n),
        "published": pa.array([day, None] * (n // 2)),
        "seen": pa.array([moment] * n, pa.timestamp("ms")),
        "utc": pa.array([moment] * n, pa.timestamp("us", tz="UTC")),
        "took": pa.array([dt.timedelta(seconds=90)] * n),
        "price": pa.array([Decimal("1.50"), Decimal("1234.5")] * (n // 2)),
        "raw": pa.array([b"\x00\xff"] * n),
        "small": pa.array([7] * n, pa.int8()),
        "tags": pa.array([["a", "b"]] * n),
        "kind": pa.array(["x", "y"] * (n // 2)).dictionary_encode(),
    }
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    found = {article.id: article for article in made(tmp_path / "a.parquet", tmp_path / "data").articles()}
    assert (found["1"].date, found["2"].extra["published"]) == ("2024-05-31", None)
    assert found["1"].extra == {
        "published": day,
        "seen": moment,
        "utc": moment.replace(tzinfo=dt.UTC),
        "took": dt.timedelta(seconds=90),
        "price": Decimal("1.50"),
        "raw": b"\x00\xff",
        "small": 7,
        "tags": '["a", "b"]',
        "kind": "x",
    }
    assert found["2"].extra["price"] == Decimal("1234.5")


def test_a_column_that_is_called_like_a_standard_one_survives_beside_it(tmp_path: Path) -> None:
    lines = [
        {
            "key": a.id,
            "id": i,
            "body": a.text,
            "text": "short",
            "genre": a.labels[0],
            "label": "other",
            "headline": "of the article",
            "title": "of the author",
            "target": "a goal",
            "original_label": "older",
        }
        for i, a in enumerate(make_articles(30))
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    columns = {"id": "key", "text": "body", "label": "genre", "title": "headline"}
    settings = [f"data.columns.{name}={column}" for name, column in columns.items()]
    dataset = made(tmp_path / "a.jsonl", tmp_path / "data", *settings, "data.pair=false")
    assert not dataset.info.pair
    for article in dataset.articles():
        i = int(article.id.removeprefix("a"))
        assert (article.text, article.title, article.target) == (make_articles(30)[i].text, "of the article", None)
        assert article.extra == {
            "id": i,
            "text": "short",
            "label": "other",
            "title": "of the author",
            "target": "a goal",
            "original_label": "older",
        }
    assert {"original_id", "original_label", "title", "original_title"} <= set(dataset.load("train").column_names)


def test_the_datasets_library_reads_the_folder(tmp_path: Path) -> None:
    articles = make_articles(60)
    dataset = made(write_jsonl(tmp_path / "a.jsonl", articles), tmp_path / "data")
    for split in ("train", "validation", "test"):
        plain = datasets.load_from_disk(str(tmp_path / "data" / split))
        assert plain.features["label"] == datasets.ClassLabel(names=["opinion", "reporting", "satire"])
        assert plain.column_names == ["id", "text", "label", "source", "date"]
        assert len(plain) == dataset.info.counts[split].articles
        for row in plain:
            article = articles[int(row["id"].removeprefix("a"))]
            assert (row["text"], row["source"]) == (article.text, article.source)
            assert plain.features["label"].int2str(row["label"]) == article.labels[0]
        assert plain.filter(lambda row: row["label"] == 0).num_rows == dataset.info.counts[split].labels["opinion"]


def test_labels_and_columns_are_read_without_the_texts(tmp_path: Path) -> None:
    dataset = made(write_jsonl(tmp_path / "a.jsonl", make_articles(60)), tmp_path / "data")
    articles = list(dataset.articles("train"))
    assert dataset.labels("train") == [article.labels for article in articles]
    assert dataset.column("train", "source") == [article.source for article in articles]
    assert dataset.column("train", "nothing") == []
    with pytest.raises(InputError, match="has no split 'dev'"):
        list(dataset.articles("dev"))


@pytest.fixture(scope="module")
def folds(tmp_path_factory: pytest.TempPathFactory) -> DatasetFolder:
    folder = tmp_path_factory.mktemp("folds")
    articles = make_articles(120)
    twins = [Article(f"twin{i}", articles[i].text.upper(), articles[i].labels, source="source1") for i in range(1, 10)]
    source = write_jsonl(folder / "a.jsonl", [*articles, *twins])
    return made(source, folder / "data", "split.folds=4", "data.duplicates=drop", "split.validation_size=0.15")


def test_a_dataset_with_folds_has_no_splits_until_one_is_chosen(folds: DatasetFolder) -> None:
    assert folds.splits == ()
    assert len(list(folds.articles())) == 120
    assert {path.name for path in folds.path.iterdir()} == {"articles", "dataset.json", "splits.parquet"}
    assert list(folds.counts()) == ["fold 1", "fold 2", "fold 3", "fold 4"]
    assert sum(counts.articles for counts in folds.counts().values()) == 120
    with pytest.raises(InputError, match=r"has no split 'test'\.\nFix: It has folds: name one\."):
        list(folds.articles("test"))


def test_every_article_is_tested_in_exactly_one_fold(folds: DatasetFolder) -> None:
    tested: list[str] = []
    for k in range(1, 5):
        fold = folds.in_fold(k)
        assert fold.splits == ("train", "validation", "test")
        ids = {split: {article.id for article in fold.articles(split)} for split in fold.splits}
        assert sum(map(len, ids.values())) == len(set().union(*ids.values())) == 120
        assert 12 <= len(ids["validation"]) <= 24
        assert {a.id for a in fold.articles()} == {f"a{i}" for i in range(120)}
        tested += ids["test"]
    assert sorted(tested) == sorted(f"a{i}" for i in range(120))


def test_the_splits_of_a_fold_are_read_like_those_of_a_folder(folds: DatasetFolder) -> None:
    fold = folds.in_fold(2)
    articles = list(fold.articles("test"))
    assert fold.labels("test") == [article.labels for article in articles]
    assert fold.column("test", "source") == [article.source for article in articles]
    counts = fold.counts()
    assert counts["test"] == folds.counts()["fold 2"]
    assert counts["test"] == Counts(len(articles), {"opinion": 10, "reporting": 10, "satire": 10})
    assert sum(found.articles for found in counts.values()) == 120


def test_splits_parquet_of_folds_says_both_the_fold_and_the_splits(folds: DatasetFolder) -> None:
    rows = folds.assigned().to_pylist()
    assert list(rows[0]) == ["id", "fold", "fold_1", "fold_2", "fold_3", "fold_4", "unit"]
    for row in rows:
        splits = [row[f"fold_{k}"] for k in range(1, 5)]
        if row["id"].startswith("twin"):
            assert row["fold"] is None
            assert splits == [None] * 4
        else:
            assert [k for k in range(1, 5) if splits[k - 1] == "test"] == [row["fold"]]


@pytest.mark.parametrize(
    ("fold", "message"),
    [
        (None, r"has 4 folds\.\nFix: Add --fold K, or --all-folds\."),
        (0, "There is no fold 0: .* has 1 to 4"),
        (5, "There is no fold 5: .* has 1 to 4"),
    ],
)
def test_a_fold_that_there_is_not_is_refused(folds: DatasetFolder, fold: int | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        folds.in_fold(fold)


def test_a_dataset_without_folds_has_none_to_choose(tmp_path: Path) -> None:
    dataset = made(write_jsonl(tmp_path / "a.jsonl", make_articles(30)), tmp_path / "data")
    assert dataset.in_fold(None) == dataset
    with pytest.raises(InputError, match=r"has no folds\.\nFix: Build it with --set split\.folds=10"):
        dataset.in_fold(1)


def changed(folder: Path, name: str, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> DatasetFolder:
    """The dataset after the rows of one of its Arrow folders were changed by hand."""
    before = datasets.load_from_disk(str(folder / name))
    rows = change(before.to_list())
    after = datasets.Dataset.from_list(rows, features=before.features)
    shutil.rmtree(folder / name)
    after.save_to_disk(str(folder / name))
    return open_dataset(folder)


def test_a_leak_in_a_changed_folder_is_seen(tmp_path: Path) -> None:
    made(write_jsonl(tmp_path / "a.jsonl", make_articles(40)), tmp_path / "data")
    folder = tmp_path / "data"
    check_disjoint(open_dataset(folder))
    other = next(open_dataset(folder).articles("train"))
    shutil.copytree(folder, tmp_path / "id")
    with pytest.raises(InputError, match=f"The id of article '{other.id}' stands in two splits"):
        check_disjoint(changed(tmp_path / "id", "test", lambda rows: [{**rows[0], "id": other.id}, *rows[1:]]))
    shutil.copytree(folder, tmp_path / "text")
    with pytest.raises(InputError, match=r"The text of article .* stands in two splits"):
        check_disjoint(
            changed(tmp_path / "text", "test", lambda rows: [{**rows[0], "text": f" {other.text.upper()}"}, *rows[1:]])
        )


@pytest.mark.parametrize(
    "change",
    [lambda rows: rows[1:], lambda rows: [*rows, {**rows[0], "id": "new", "text": "new"}], lambda rows: rows[::-1]],
    ids=["removed", "added", "reordered"],
)
@pytest.mark.parametrize("folds", [(), ("split.folds=3",)], ids=["splits", "folds"])
def test_a_folder_with_other_articles_than_were_built_is_refused(
    change: Callable[[list[Any]], list[Any]], folds: tuple[str, ...], tmp_path: Path
) -> None:
    made(write_jsonl(tmp_path / "a.jsonl", make_articles(40)), tmp_path / "data", *folds)
    dataset = changed(tmp_path / "data", "articles" if folds else "train", change)
    with pytest.raises(InputError, match=r"holds other articles than its splits\.parquet says"):
        check_disjoint(dataset)


def test_a_text_in_two_folds_of_a_changed_folder_is_seen(tmp_path: Path) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(40))
    dataset = made(source, tmp_path / "data", "split.folds=3")
    check_disjoint(dataset)
    fold = dict(zip(dataset.assigned()["id"].to_pylist(), dataset.assigned()["fold"].to_pylist(), strict=True))
    other = next(i for i in range(40) if fold[f"a{i}"] != fold["a0"])
    text = make_articles(40)[other].text
    with pytest.raises(InputError, match=r"The text of article .* stands in two splits"):
        check_disjoint(changed(tmp_path / "data", "articles", lambda rows: [{**rows[0], "text": text}, *rows[1:]]))


def test_a_missing_or_spoilt_splits_parquet_is_bad_input(tmp_path: Path) -> None:
    dataset = made(write_jsonl(tmp_path / "a.jsonl", make_articles(30)), tmp_path / "data")
    (tmp_path / "data" / "splits.parquet").write_text("nonsense")
    with pytest.raises(InputError, match=r"has no good splits\.parquet"):
        dataset.assigned()
    (tmp_path / "data" / "splits.parquet").unlink()
    with pytest.raises(InputError, match=r"has no good splits\.parquet"):
        dataset.assigned()


def test_an_unknown_version_and_damage_are_refused(tmp_path: Path) -> None:
    made(write_jsonl(tmp_path / "a.jsonl", make_articles(30)), tmp_path / "data")
    file = tmp_path / "data" / "dataset.json"
    values = json.loads(file.read_text())
    file.write_text(json.dumps({**values, "format_version": 99}))
    with pytest.raises(InputError, match="dataset format 99"):
        open_dataset(tmp_path / "data")
    for key in ("counts", "labels", "probe"):
        file.write_text(json.dumps({name: value for name, value in values.items() if name != key}))
        with pytest.raises(InputError, match=r"dataset\.json' is damaged"):
            open_dataset(tmp_path / "data")


def test_what_is_a_dataset(tmp_path: Path) -> None:
    made(write_jsonl(tmp_path / "a.jsonl", make_articles(30)), tmp_path / "data")
    assert is_dataset(tmp_path / "data")
    assert not is_dataset(tmp_path)
    (tmp_path / "data" / "config.toml").write_text("")
    assert not is_dataset(tmp_path / "data")


def test_a_hash_tells_contents_and_names(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "x.txt").write_text("one")
    first = hash_path(tmp_path / "a")
    assert hash_path(tmp_path / "a") == first
    assert hash_path(tmp_path / "a" / "b" / "x.txt") == (
        "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"  # sha256sum
    )
    (tmp_path / "a" / "b" / "x.txt").rename(tmp_path / "a" / "b" / "y.txt")
    second = hash_path(tmp_path / "a")
    (tmp_path / "a" / "b" / "y.txt").write_text("two")
    assert len({first, second, hash_path(tmp_path / "a")}) == 3
