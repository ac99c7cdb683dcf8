"""Tables of labelled articles: read with a column for each annotator, and written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from classifier.articles.article import OPTIONAL, Article
from classifier.dataset.builders import open_parts
from classifier.dataset.builders import saved_dataset as disk
from classifier.dataset.builders.write import write_articles
from classifier.errors import InputError
from tests.makers.corpora import read_parts
from tests.makers.formats import LABELS, awkward, read_back
from tests.makers.sources import data_settings


def annotated(tmp_path: Path, *rows: Mapping[str, Any], **settings: object) -> list[Article]:
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return read_parts(data_settings(path=str(tmp_path / "a.jsonl"), annotators=["anna", "ben", "cem"], **settings))[
        "all"
    ]


def test_the_majority_of_the_annotators_counts(tmp_path: Path) -> None:
    first, second, third = annotated(
        tmp_path,
        {"text": "one text", "anna": "satire", "ben": "opinion", "cem": "satire", "label": "mine", "words": 2},
        {"text": "two texts", "anna": "", "ben": "opinion"},
        {"text": "a tie", "anna": "satire", "ben": "opinion", "cem": None},
    )
    assert [article.labels for article in (first, second, third)] == [("satire",), ("opinion",), ()]
    assert first.extra == {
        "label": "mine",
        "words": 2,
        "annotations": {"anna": "satire", "ben": "opinion", "cem": "satire"},
    }
    assert second.extra["annotations"] == {"ben": "opinion"}


def test_a_word_for_a_missing_value_is_no_vote_and_a_float_is_the_whole_number(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = annotated(
        tmp_path,
        {"text": "one text", "Anna": "1.0", "ben": "nan", "cem": 1},
        {"text": "two texts", "Anna": "2", "ben": "2", "cem": "NULL"},
    )
    assert first.extra == {"annotations": {"anna": "1", "cem": "1"}}
    assert second.extra == {"annotations": {"anna": "2", "ben": "2"}}
    assert "ben 'nan' (1 ×); cem 'NULL' (1 ×)" in caplog.text


def test_annotators_of_several_labels(tmp_path: Path) -> None:
    rows = [
        {"text": "one text", "anna": "a;b", "ben": "b", "cem": ["b", "c"]},
        {"text": "two texts", "anna": [], "ben": "a"},
    ]
    first, second = annotated(tmp_path, *rows, task="multi_label", label_separator=";")
    assert (first.labels, second.labels) == (("b",), ())
    assert first.extra["annotations"] == {"anna": ["a", "b"], "ben": ["b"], "cem": ["b", "c"]}


def test_a_row_that_nobody_labelled_or_with_a_strange_label_is_bad(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        annotated(
            tmp_path,
            {"id": "x", "text": "one text", "anna": "", "ben": None, "cem": ""},
            {"text": "two texts", "anna": ["a", "b"]},
            {"text": "three texts", "cem": [["a"]]},
        )
    assert [(fault.where[-1], fault.what) for fault in error.value.faults] == [
        ("1", "no annotator gave a label ('anna', 'ben', 'cem' are empty)"),
        ("2", 'anna has 2 labels: set data.task = "multi_label" if articles have several labels'),
        ("3", "cem must be a name. Got ['a'] instead"),
    ]
    assert error.value.faults[0].record["id"] == "x"


def test_an_annotator_without_a_column_is_one_error_and_not_one_for_each_row(tmp_path: Path) -> None:
    rows = [{"text": f"text number {i}", "anna": "a", "benn": "b"} for i in range(30)]
    with pytest.raises(InputError, match="have no column; the columns are") as error:
        annotated(tmp_path, *rows)
    assert [fault.what for fault in error.value.faults] == [
        "there is no column 'ben' for this annotator. Did you mean 'benn'?",
        "there is no column 'cem' for this annotator.",
    ]


@pytest.mark.parametrize("kind", ["parquet", "jsonl", "disk"])
@pytest.mark.parametrize("multi_label", [False, True])
def test_every_column_comes_back_with_its_type(tmp_path: Path, kind: str, multi_label: bool) -> None:
    articles = awkward(multi_label=multi_label, pair=True, extra=True)
    if kind == "disk":
        save_to_disk(tmp_path / "saved", articles, multi_label=multi_label)
        back = list(disk.read(tmp_path / "saved", {}, multi_label=multi_label)["all"])
    else:
        write_articles(articles, tmp_path / f"out.{kind}", kind=kind, multi_label=multi_label)
        back = read_back(tmp_path / f"out.{kind}", kind, multi_label=multi_label)
    for found, article in zip(back, articles, strict=True):
        assert isinstance(found, Article)
        expected = dict(article.extra)
        if kind == "jsonl":  # JSON has no dates
            expected |= {name: expected[name].isoformat() for name in ("seen", "zoned", "day")}
        assert found.extra == expected
        assert {k: type(v) for k, v in found.extra.items()} == {k: type(v) for k, v in expected.items()}
        assert all(getattr(found, name) == getattr(article, name) for name in (*OPTIONAL, "id", "text", "labels"))


def save_to_disk(folder: Path, articles: list[Article], *, multi_label: bool) -> None:
    import datasets

    datasets.disable_progress_bars()
    classes = datasets.ClassLabel(names=list(LABELS))
    ids = [[LABELS.index(name) for name in article.labels] for article in articles]
    label = {"labels": ids} if multi_label else {"label": [first for (first,) in ids]}
    standard = {name: [getattr(a, name) for a in articles] for name in ("id", "text", "title", "target", "date")}
    extra = {name: [a.extra[name] for a in articles] for name in articles[0].extra}
    data = datasets.Dataset.from_dict({**standard, **label, **extra})
    feature = datasets.List(classes) if multi_label else classes
    data.cast_column("labels" if multi_label else "label", feature).save_to_disk(str(folder))


def test_columns_of_several_kinds_become_text_in_parquet(tmp_path: Path) -> None:
    values: list[Any] = [1, "two", {"a": 1}, [1, "x"], None, 2**70]
    articles = [Article(id=str(i), text=f"some words {i}", labels=("x",), extra={"c": v}) for i, v in enumerate(values)]
    write_articles(articles, tmp_path / "out.parquet", kind="parquet", multi_label=False)
    back = read_back(tmp_path / "out.parquet", "parquet", multi_label=False)
    expected = ["1", "two", '{"a": 1}', '[1, "x"]', None, str(2**70)]
    assert [a.extra["c"] for a in back if isinstance(a, Article)] == expected


def test_an_extra_column_does_not_hide_a_standard_one(tmp_path: Path) -> None:
    article = Article(id="a", text="some words", labels=("x",), title="T", extra={"label": "old", "title": "other"})
    write_articles([article], tmp_path / "out.jsonl", kind="jsonl", multi_label=False)
    record = json.loads((tmp_path / "out.jsonl").read_text())
    kept = {"original_label": "old", "original_title": "other"}
    assert record == {"id": "a", "text": "some words", "label": "x", "title": "T", **kept}


def test_json_is_strict(tmp_path: Path) -> None:
    article = Article(
        id="a", text="some words", labels=("x",), extra={"n": float("nan"), "deep": [{"m": float("inf")}]}
    )
    write_articles([article], tmp_path / "out.jsonl", kind="jsonl", multi_label=False)
    assert json.loads((tmp_path / "out.jsonl").read_text(), parse_constant=pytest.fail)["deep"] == [{"m": None}]


def test_an_extra_column_with_a_standard_name_is_not_lost(tmp_path: Path) -> None:
    article = Article("1", "some text", ("a",), source="outlet", extra={"source": "scraper"})
    other = Article("2", "other text", ("b",), source="paper")
    write_articles([article, other], tmp_path / "x.jsonl", kind="jsonl", multi_label=False)
    first = json.loads((tmp_path / "x.jsonl").read_text().splitlines()[0])
    assert (first["source"], first["original_source"]) == ("outlet", "scraper")


@pytest.mark.parametrize("multi_label", [False, True])
def test_a_column_for_each_label(tmp_path: Path, multi_label: bool) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,News,satire\nRain fell.,1,0\nThe moon is cheese.,,x\nBoth.,1,1\nOdd.,2,0\n")
    task = "multi_label" if multi_label else "single_label"
    found = list(open_parts(data_settings(path=str(path), task=task, columns={"labels": ["news", "satire"]}))["all"])
    labels = [item.labels if isinstance(item, Article) else item.what for item in found]
    odd = "News must be 0 or 1 (or true, false, x or empty). Got '2' instead"
    assert labels[:2] == [("news",), ("satire",)]
    assert labels[3] == odd
    assert (labels[2] == ("news", "satire")) is multi_label
