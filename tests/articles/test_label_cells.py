from typing import Any

import pytest

from classifier.articles.label_cells import (
    LabelProblem,
    as_labels,
    divided,
    is_empty,
    json_cell,
    label_name,
    table_labels,
)

ONE_HOT = "write the names, or give a column for each label (data.columns.labels)"


def test_labels_are_names() -> None:
    assert as_labels(["a", "b", "a"], multi_label=True) == ("a", "b")
    assert as_labels(2.0, multi_label=False) == ("2",)
    for value, multi_label, what, kind in (
        ([], False, "is empty", "is empty"),
        (["a", None], True, "is empty", "is empty"),
        ({"a": 1}, True, "must be a name. Got {'a': 1} instead", "is not a name"),
    ):
        assert as_labels(value, multi_label=multi_label) == LabelProblem(what, kind)


@pytest.mark.parametrize(
    ("value", "multi_label", "separator", "found"),
    [
        (" a ", False, None, ["a"]),
        (3.0, False, None, ["3"]),
        (None, False, None, ["is empty"]),
        ("a\0", False, None, ["holds a NUL byte: is it a binary file?"]),
        (["a"], False, None, ["a"]),
        (["a", "b"], False, None, ['has 2 labels: set data.task = "multi_label" if articles have several labels']),
        ([], False, None, ["is an empty list: has nobody labelled this article?"]),
        ("['a']", False, None, ["a"]),
        ("[' a ', 'b']", True, ",", ["a", "b"]),
        ('["a, b"]', True, None, ["a, b"]),
        ("[]", True, ",", []),
        ("['a', 'b']", False, None, ['has 2 labels: set data.task = "multi_label" if articles have several labels']),
        ("[a, b]", True, ",", ["looks like a list, but '[a, b]' cannot be read as one"]),
        ("[a]", False, None, ["[a]"]),
        ("(a)", False, None, ["(a)"]),
        ("[0, 1, 1]", True, ",", [f"holds 0 and 1 in place of names ([0, 1, 1]): {ONE_HOT}"]),
        ([1.0, 0.0, 0.0], False, None, [f"holds 0 and 1 in place of names ([1.0, 0.0, 0.0]): {ONE_HOT}"]),
        ([True, False], True, None, [f"holds 0 and 1 in place of names ([True, False]): {ONE_HOT}"]),
        ([0, 1], True, None, ["0", "1"]),
        ({"a": 1.0, "b": 0}, False, None, ["a"]),
        ({"a": True, "b": True}, True, None, ["a", "b"]),
        ({"a": 0, "b": 0}, False, None, ["is an empty list: has nobody labelled this article?"]),
        ('{"a": 1, "b": 0}', True, ";", ["a"]),
        ({"a": 0.7, "b": 0.3}, False, None, ["must have 0 or 1 for each label. Got {'a': 0.7, 'b': 0.3} instead"]),
        ('{"choices": ["a"]}', False, None, ["a"]),
        ({"key": "a"}, False, None, ["must be a name. Got {'key': 'a'} instead"]),
        (None, True, None, []),
        ("a;b", True, None, ["is the string 'a;b': name what separates its labels (data.label_separator)"]),
        ("a; ;b", True, ";", ["a", "b"]),
        (7, True, None, ["must be a list of labels. Got 7 instead"]),
        (["a", b"x", ""], True, None, ["a", "must be a name. Got b'x' instead", "is empty"]),
        (["a", 2.5, 2.0], True, None, ["a", "2.5", "2"]),
    ],
)
def test_a_cell_of_a_label_column(value: Any, multi_label: bool, separator: str | None, found: list[str]) -> None:
    cell = table_labels(value, multi_label=multi_label, separator=separator)
    assert [label.what if isinstance(label, LabelProblem) else label for label in cell] == found


def test_only_a_long_value_is_cut_where_that_is_asked_for() -> None:
    value = {"key": "x" * 100}
    shown = [label_name(value, longest) for longest in (None, 60)]
    assert [label.what for label in shown if isinstance(label, LabelProblem)] == [
        f"must be a name. Got {value!r} instead",
        f"must be a name. Got {value!r:.60} instead",
    ]


def test_parts_of_a_cell() -> None:
    assert divided(" a ;b;; ", ";") == ["a", "b"]
    assert [json_cell(cell) for cell in ('["a"]', '{"a": 1}', "a", "", 3, ["a"])] == [
        ["a"],
        {"a": 1},
        "a",
        "",
        3,
        ["a"],
    ]
    with pytest.raises(ValueError):
        json_cell("[a")
    assert [is_empty(value) for value in (None, "", " \t", float("nan"), "\u200b\ufeff", "a", 0, [])] == [True] * 5 + [
        False
    ] * 3
