"""A table comes back as the same kind of table: its rows, order, index and columns, and the new columns behind them."""

from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from datasets import Dataset, Value

from classifier.articles.article import Article
from classifier.jobs.predict.same_kind import AddedColumn, with_columns

ADDED = [
    AddedColumn("label", "text", ["a", None]),
    AddedColumn("score", "number", [0.75, None]),
    AddedColumn("label_set", "texts", [["a", "b"], None]),
]
VALUES = {"text": ["one", "two"], "label": ["x", "y"], "n": [1, 2]}
NAMES = ["text", "original_label", "n", "label", "score", "label_set"]


def test_pandas() -> None:
    frame = pd.DataFrame(VALUES, index=[7, 7])
    frame.attrs["about"] = "mine"
    found = with_columns(frame, "pandas", ADDED)
    assert list(found) == NAMES
    assert found.index.tolist() == [7, 7]
    assert found.attrs == {"about": "mine"}
    assert found["original_label"].tolist() == ["x", "y"]
    assert found["label"].isna().tolist() == [False, True]
    assert found["score"].dtype == float
    assert found["score"].isna().tolist() == [False, True]
    assert found["label_set"].iloc[0] == ["a", "b"]
    assert list(frame) == ["text", "label", "n"], "the given frame stays as it is"


def test_pandas_keeps_types_and_odd_names() -> None:
    frame = pd.DataFrame({0: ["one", "two"], ("a", 1): pd.Categorical(["x", "y"]), "d": pd.to_datetime(["2024", None])})
    found = with_columns(frame, "pandas", ADDED[:1])
    assert list(found) == [0, ("a", 1), "d", "label"]
    assert found.dtypes.iloc[:3].tolist() == frame.dtypes.tolist()


def test_polars() -> None:
    found = with_columns(pl.DataFrame(VALUES), "polars", ADDED)
    assert found.columns == NAMES
    assert found["label"].to_list() == ["a", None]
    assert found["score"].to_list() == [0.75, None]
    assert found.schema["label_set"] == pl.List(pl.String)
    nothing = with_columns(pl.DataFrame(VALUES).head(0), "polars", [AddedColumn("label", "text", [])])
    assert nothing.schema["label"] == pl.String


def test_arrow() -> None:
    found = with_columns(pa.table(VALUES), "arrow", ADDED)
    assert found.column_names == NAMES
    assert found["score"].to_pylist() == [0.75, None]
    assert found.schema.field("label").type == pa.string()


def test_datasets() -> None:
    found = with_columns(Dataset.from_dict(VALUES), "dataset", ADDED)
    assert found.column_names == NAMES
    assert found["label"][:] == ["a", None]
    assert found.features["score"] == Value("float64")
    empty = [AddedColumn("label", "text", [None, None])]
    assert with_columns(Dataset.from_dict(VALUES), "dataset", empty).features["label"] == Value("string")


def test_lists_of_texts_and_mappings_become_mappings() -> None:
    found = with_columns(["one", {"text": "two", "label": "y"}], "list", ADDED[:2])
    assert found[0] == {"text": "one", "label": "a", "score": 0.75}
    assert list(found[1]) == ["text", "original_label", "label", "score"]
    assert found[1]["score"] != found[1]["score"], "a missing score is not a number"


def test_articles_become_articles() -> None:
    given = [Article("1", "one", labels=("x",), source="s", extra={"score": 3}), Article("2", "two")]
    found = with_columns(given, "list", ADDED[:2])
    assert [article.labels for article in found] == [("a",), ()]
    assert found[0].extra == {"original_label": ["x"], "original_score": 3, "score": 0.75}
    assert found[0].source == "s"
    assert given[0].labels == ("x",)


@pytest.mark.parametrize("table", [pd.DataFrame(VALUES), pl.DataFrame(VALUES)])
def test_a_column_that_would_be_replaced_is_kept_and_said(table: Any, caplog: pytest.LogCaptureFixture) -> None:
    kind = type(table).__module__.partition(".")[0]
    twice = with_columns(with_columns(table, kind, ADDED[:1]), kind, ADDED[:1])
    assert list(twice.columns)[-1] == "label"
    assert {"original_label", "original_original_label"} <= set(twice.columns)
    assert "kept as 'original_label'" in caplog.text
