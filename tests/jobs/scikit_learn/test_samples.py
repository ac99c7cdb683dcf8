"""What a program gives to an estimator, as rows that a job reads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from classifier import Article
from classifier.articles.plain_values import GivenLabels
from classifier.errors import InputError
from classifier.jobs.scikit_learn.samples import given_classes, given_samples, sample_rows

TEXTS = ["one text", "another"]


@pytest.mark.parametrize(
    "given",
    [
        TEXTS,
        tuple(TEXTS),
        iter(TEXTS),
        np.array(TEXTS),
        np.array(TEXTS, dtype=object)[:, None],
        pd.Series(TEXTS),
        pd.DataFrame({"any name": TEXTS}),
        pl.Series(TEXTS),
        pl.DataFrame({"any name": TEXTS}),
        pl.DataFrame({"any name": TEXTS}).lazy(),
        [Article("a", TEXTS[0], labels=("not read",)), Article("b", TEXTS[1])],
    ],
    ids=lambda given: type(given).__name__,
)
def test_texts_of_every_kind_are_the_same_rows(given: Any) -> None:
    rows = sample_rows(given, ["x", "y"], ["g", None])
    assert [row.values for row in rows] == [
        {"text": "one text", "id": "0", "label": GivenLabels(("x",)), "groups": "g"},
        {"text": "another", "id": "1", "label": GivenLabels(("y",)), "groups": None},
    ]
    assert [row.where for row in rows] == ["X[0]", "X[1]"]


def test_rows_of_a_data_frame_keep_their_columns_and_name_their_index() -> None:
    frame = pd.DataFrame({"text": TEXTS, "id": [7, 7], "label": ["no", "no"], "title": ["t", None]}, index=["p", "q"])
    rows = sample_rows(frame, ["x", "y"])
    assert rows[1].where == "X[1] (index 'q')"
    assert rows[1].values == {"text": "another", "id": "1", "label": GivenLabels(("y",)), "title": None}


@pytest.mark.parametrize("given", [[], np.array([]), pd.Series([], dtype=object), pd.DataFrame({"text": []})])
def test_nothing_is_refused(given: Any) -> None:
    with pytest.raises(InputError, match="X is empty"):
        given_samples(given)


@pytest.mark.parametrize("given", ["one text", {"text": "one"}, 7, np.array([["a", "b"], ["c", "d"]]), {"a", "b"}])
def test_what_is_no_list_is_refused(given: Any) -> None:
    with pytest.raises(InputError, match="must"):
        sample_rows(given, ["x", "y"])


def test_a_text_among_mappings_is_a_row_too() -> None:
    assert sample_rows([{"text": "one", "title": "t"}, "two"], ["x", "y"])[1].values["text"] == "two"


@pytest.mark.parametrize(
    ("y", "names"),
    [
        (["b", "a", "b"], ["a", "b"]),
        ([10, 9, 10], ["9", "10"]),
        ([True, False, True], ["False", "True"]),
        ([1.0, 0.0, 1.0], ["0", "1"]),
        (np.array([["b"], ["a"], ["b"]]), ["a", "b"]),
        (pd.Series([1, 2, 1], dtype="Int64"), ["1", "2"]),
    ],
)
@pytest.mark.filterwarnings("ignore:A column-vector y")
def test_classes_are_sorted_and_named(y: Any, names: list[str]) -> None:
    classes, codes, found = given_classes(y)
    assert found == names
    assert classes[codes].tolist() == np.asarray(y).ravel().tolist()


@pytest.mark.parametrize("y", [["a", None, "b"], [1, float("nan"), 2], pd.Series(["a", pd.NA, "b"])])
def test_a_missing_class_is_named_by_its_position(y: Any) -> None:
    with pytest.raises(InputError, match=r"y\[1\]: is missing"):
        given_classes(y)


def test_classes_of_several_types_are_refused() -> None:
    with pytest.raises(InputError, match="type"):
        given_classes(np.array([1, "a", 2], dtype=object))
