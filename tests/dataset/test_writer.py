"""Every column of a corpus comes back from a dataset with its type."""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from classifier.articles.article import Article
from classifier.dataset.corpus import Corpus
from classifier.dataset.corpus_reader import Preparation, read_corpus
from classifier.dataset.folder import DatasetFolder
from classifier.dataset.info import Counts, DatasetInfo
from classifier.dataset.splits import Assignment
from classifier.dataset.writer import write_dataset
from classifier.progress import SilentTask
from tests.makers.articles import make_articles
from tests.makers.sources import made

pytestmark = pytest.mark.usefixtures("quick_builds")


def of_rows(folder: Path, extra: Callable[[int], dict[str, Any]], n: int = 30) -> dict[str, Article]:
    """Articles by id, after a build of JSON lines with these extra columns."""
    lines = [{"id": a.id, "text": a.text, "label": a.labels[0], **extra(i)} for i, a in enumerate(make_articles(n))]
    (folder / "a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return {article.id: article for article in made(folder / "a.jsonl", folder / "data").articles()}


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
    return {article.id: article for article in DatasetFolder(folder, info).articles("train")}


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


def read(parts: Any, folder: Path, *, reject: Any = lambda fault: None, **more: Any) -> Corpus:
    folder.mkdir()
    options = {name: more.pop(name) for name in ("workers", "chunk") if name in more}
    preparation = Preparation(**more)
    parts = parts if isinstance(parts, dict) else {"all": parts}
    return read_corpus(parts, folder, preparation, reject, SilentTask(), **{"workers": 1, **options})


def test_columns_of_mixed_types_are_written_whatever_chunk_a_value_is_in(tmp_path: Path) -> None:
    values: dict[str, list[Any]] = {
        "ints_then_text": [1, 2, 3, 4, "five", "six", None, 8, 9],
        "ints_then_floats": [1, 2, 3, 4.5, None, 6.0, 7, 8, 9],
        "late": [None, None, None, None, None, None, 7, 8, 9],
        "objects": [{"a": 1}, [1, "é"], "plain", None, {"b": None}, [], 3, True, 2.5],
        "huge": [2**70, 1, 2, 3, None, 5, 6, 7, 8],
        "truth": [True, False, None, True, True, True, True, True, False],
        "text": ["a body", None, "c", "d", "e", "f", "g", "h", "i"],
    }
    expected = {
        "ints_then_text": ["1", "2", "3", "4", "five", "six", None, "8", "9"],
        "ints_then_floats": [1.0, 2.0, 3.0, 4.5, None, 6.0, 7.0, 8.0, 9.0],
        "late": values["late"],
        "objects": ['{"a": 1}', '[1, "é"]', "plain", None, '{"b": null}', "[]", "3", "true", "2.5"],
        "huge": [str(2**70), "1", "2", "3", None, "5", "6", "7", "8"],
        "truth": values["truth"],
        "original_text": values["text"],
    }
    for number, chunk in enumerate((2000, 3, 1)):
        articles = [
            Article(str(i), f"text {i}", ("ab"[i % 2],), extra={name: column[i] for name, column in values.items()})
            for i in range(9)
        ]
        articles.append(Article("9", "text 9", ("a",)))
        corpus = read(articles, tmp_path / f"spool{number}", chunk=chunk)
        folder = tmp_path / f"data{number}"
        folder.mkdir()
        split = np.array([0] * 9 + [2])
        info = DatasetInfo(("a", "b"), False, False, "given", (), {}, (), (), {})
        write_dataset(folder, corpus, Assignment(split, np.arange(10), {}), info)
        dataset = DatasetFolder(folder, info)
        assert [article.id for article in dataset.articles("train")] == [str(i) for i in range(9)]
        for name, column in expected.items():
            assert dataset.column("train", name) == column, (name, chunk)
            assert dataset.column("test", name) == [None]
        assert [type(value) for value in dataset.column("train", "ints_then_floats")[:3]] == [float] * 3
