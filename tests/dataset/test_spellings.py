import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from classifier.dataset.corpus import OLD, Index
from classifier.dataset.duplicates import Passages
from classifier.dataset.spellings import even_spellings

Labels = Sequence[tuple[str, ...]]


def index(labels: Labels, parts: Sequence[str], votes: Sequence[Any] | None = None) -> Index:
    keys = np.arange(len(labels), dtype=np.uint64)
    columns = {} if votes is None else {"annotations": list(votes)}
    ids = [str(row) for row in range(len(labels))]
    none = Passages(np.zeros(0, np.uint32), np.zeros(len(labels), np.int64))
    return Index(ids, list(labels), list(parts), keys, keys, np.zeros((len(labels), 0), np.uint32), none, columns)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (["train", "train", "test"], [("a",), ("b",), ("a",)]),
        (["train", "validation", "test"], [("a",), ("b",), ("a",)]),
        ([OLD, OLD, "all"], [("a",), ("b",), ("a",)]),
        (["train", OLD, "train"], [("a",), ("b",), ("A ",)]),
        (["all", "all", "all"], [("a",), ("b",), ("A ",)]),
        (["train", "train", "train"], [("a",), ("b",), ("A ",)]),
    ],
)
def test_labels_are_spelt_as_in_training_but_variants_of_one_part_stay(parts: list[str], expected: Labels) -> None:
    assert even_spellings(index([("a",), ("b",), ("A ",)], parts)) == expected


def test_how_many_labels_are_spelt_anew_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    labels = [("a",), ("b", "a"), ("A",), ("A", "B"), ("c",)]
    even_spellings(index(labels, ["train", "train", "test", "test", "test"]))
    assert [record.getMessage() for record in caplog.records] == [
        "labels: 3 labels are spelt as in train: 'A' → 'a', 'B' → 'b'"
    ]


def test_annotators_labels_get_the_spelling_of_most(caplog: pytest.LogCaptureFixture) -> None:
    labels = [("Satire",), ("satire",), ("satire",), ("news",), ("News",), ()]
    votes = [{"anna": "x"}] * 4 + [None, {"anna": "x"}]
    with caplog.at_level(logging.INFO):
        found = even_spellings(index(labels, ["all"] * 6, votes))
    assert found == [("satire",), ("satire",), ("satire",), ("news",), ("News",), ()]
    assert [record.getMessage() for record in caplog.records] == [
        "annotators: 1 label is spelt as most of them spell them: 'Satire' → 'satire'"
    ]


def test_labels_that_are_spelt_alike_stay_the_same(caplog: pytest.LogCaptureFixture) -> None:
    labels = [("a",), ("b", "a"), ()]
    assert even_spellings(index(labels, ["train", "test", "test"], [{"x": "a"}, {}, None])) == labels
    assert not caplog.records
