"""Everything that may be labelled becomes rows with places; what cannot be is refused before a model is asked."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from datasets import Dataset, DatasetDict

from classifier.articles.article import Article
from classifier.articles.readers.row import Row
from classifier.config import Config, DataConfig
from classifier.errors import Fault, InputError
from classifier.jobs.predict.given_rows import given_rows

TEXTS = ["The council voted.", "We should be ashamed.", "The moon is cheese."]
FRAME = pd.DataFrame({"text": TEXTS})


@pytest.mark.parametrize(
    ("make", "kind", "name"),
    [
        (list, "list", "list"),
        (tuple, "list", "tuple"),
        (iter, "list", "list_iterator"),
        (np.array, "list", "ndarray"),
        (pa.array, "list", "StringArray"),
        (lambda texts: pa.chunked_array([texts]), "list", "ChunkedArray"),
        (lambda texts: [{"text": text} for text in texts], "list", "list"),
        (lambda texts: [Article("", text) for text in texts], "list", "list"),
        (pd.Series, "pandas", "Series"),
        (pl.Series, "polars", "Series"),
        (lambda texts: pd.DataFrame({"text": texts}), "pandas", "DataFrame"),
        (lambda texts: pl.DataFrame({"text": texts}), "polars", "DataFrame"),
        (lambda texts: pl.LazyFrame({"text": texts}), "polars", "LazyFrame"),
        (lambda texts: pa.table({"text": texts}), "arrow", "Table"),
        (lambda texts: Dataset.from_dict({"text": texts}), "dataset", "Dataset"),
        (lambda texts: Dataset.from_dict({"text": texts})["text"], "list", "Column"),
    ],
)
def test_every_kind_has_its_rows_in_order(make: Callable[[list[str]], Any], kind: str, name: str) -> None:
    found = given_rows(make(TEXTS), DataConfig())
    assert found.kind == kind
    assert found.name == f"the {name}"
    assert [row.values["text"] for row in found.rows if isinstance(row, Row)] == TEXTS
    assert [row.where for row in found.rows][2] == f"row 2 of the {name}"


def test_a_series_may_have_any_name() -> None:
    found = given_rows(pd.Series(TEXTS, name="body", index=["a", "b", "c"]), DataConfig())
    assert found.text == "body"
    assert list(found.table) == ["body"]
    assert found.rows[1] == Row("row 1 of the Series, index 'b'", {"body": TEXTS[1]})


def test_an_index_of_several_levels_is_no_obstacle() -> None:
    index = pd.MultiIndex.from_product([["a"], [1, 2, 3]], names=["site", "page"])
    found = given_rows(FRAME.set_index(index), DataConfig())
    assert found.table.index.equals(index)
    assert len(found.rows) == 3


@pytest.mark.parametrize("bad", [None, float("nan"), pd.NA, pd.NaT, 7, b"x", ["x"], Path("x")])
def test_an_item_that_is_no_text_is_a_fault_in_its_place(bad: Any) -> None:
    found = given_rows(["good", bad, "good"], DataConfig())
    assert [isinstance(row, Fault) for row in found.rows] == [False, True, False]
    assert found.rows[1].where == "row 1 of the list"


def test_half_a_surrogate_pair_is_a_fault() -> None:
    for source in (["half \ud800"], [{"text": "half \ud800"}], pd.DataFrame({"text": ["half \ud800"]}, dtype=object)):
        assert isinstance(given_rows(source, DataConfig()).rows[0], Fault)


def test_one_string_is_one_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a b.csv").write_text("text\nOne text.\n")
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "one.txt").write_text("Another.")
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "a b.csv"
    for source in (str(file), file, "a b.csv"):
        assert [row.values["text"] for row in given_rows(source, DataConfig()).rows if isinstance(row, Row)] == [
            "One text."
        ]
    both = given_rows([file, tmp_path / "texts"], DataConfig())
    assert [row.values["text"] for row in both.rows if isinstance(row, Row)] == ["One text.", "Another."]


@pytest.mark.parametrize(
    ("source", "message", "fix"),
    [
        ("The council voted.", "the name of a file", r"predict\(run, \[text\]\)"),
        ("x" * 5000, "the name of a file", r"\[text\]"),
        ("a\nb", "the name of a file", r"\[text\]"),
        ("nothing.csv", "There is no file 'nothing.csv'", "path"),
        (["a.csv"], "are the names of files: 'a.csv'", r"Path\(name\)"),
        (pd.Series(["a.csv", "a.csv"]).tolist(), "are the names of files", r"Path\(name\)"),
        ({"text": TEXTS}, "A dict has no rows", "list of mappings"),
        (DatasetDict({"test": Dataset.from_dict({"text": TEXTS})}), "A DatasetDict has no rows", r"source\[\"test\"\]"),
        (set(TEXTS), "set is nothing to label", "pandas"),
        (b"x", "bytes is nothing to label", "pandas"),
        (None, "NoneType is nothing to label", "pandas"),
        (7, "int is nothing to label", "pandas"),
        (Config(), "Config is nothing to label", "pandas"),
        (np.array([TEXTS]), r"shape \(1, 3\)", "one column"),
        (pd.DataFrame([["a", "b"]], columns=["text", "text"]), "have the same name", "Rename"),
    ],
)
def test_what_cannot_be_labelled_is_refused(
    source: Any, message: str, fix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.csv").write_text("text\nOne text.\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message) as error:
        given_rows(source, DataConfig())
    assert error.match(f"Fix: .*{fix}")


def test_targets_are_one_for_each_or_one_for_all() -> None:
    given = given_rows(TEXTS, DataConfig())
    for targets, expected in ((["a", "b", "c"], ["a", "b", "c"]), ("one claim", ["one claim"] * 3)):
        found = given.with_targets(targets)
        assert [row.values["target"] for row in found.rows if isinstance(row, Row)] == expected
        assert [record["target"] for record in found.table] == expected
    with pytest.raises(InputError, match="Got 2 targets for 3 texts"):
        given.with_targets(["a", "b"])
    with pytest.raises(InputError, match="Got a set instead"):
        given.with_targets({"a", "b", "c"})
    with pytest.raises(InputError, match="has a target too"):
        given_rows([{"text": "x", "target": "y"}], DataConfig()).with_targets(["z"])
