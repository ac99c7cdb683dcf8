from typing import Any

import pytest

from classifier.articles.tool_exports import check_no_export, check_unmarked, tool_columns
from classifier.errors import InputError

VOTE = {"label": 3, "user": 1}


@pytest.mark.parametrize(
    ("values", "tool", "fix"),
    [
        ({"id": 1, "data": {"text": "Rain."}, "annotations": []}, "Label Studio", "data.builder=label_studio"),
        ({"fields": {"text": "Rain."}, "responses": {}}, "Argilla", "data.builder=argilla"),
        ({"text": "Rain.", "label": "a", "answer": "reject", "_input_hash": 7}, "Prodigy", "data.builder=prodigy"),
        ({"id": "in", "text": "__label__news Rain."}, "fastText", "data.builder=fasttext"),
        ({"text": "Rain.", "annotations": [VOTE, VOTE]}, "doccano before 1.5", "doccano 1.5 or newer"),
    ],
)
def test_an_export_is_refused_with_its_builder(values: dict[str, Any], tool: str, fix: str) -> None:
    with pytest.raises(InputError) as error:
        check_no_export(values, "in.jsonl")
    assert error.value.message == f"'in.jsonl' is an export of {tool}."
    assert fix in error.value.fix


@pytest.mark.parametrize(
    "values",
    [
        {"text": "Rain.", "label": "a"},
        {"text": "__label__ marks a label in fastText.", "label": "a"},
        {"text": "Rain.", "label": "a", "answer": "accept"},
        {"text": "Rain.", "label": "a", "_input_hash": 7},
        {"text": "Rain.", "label": "a", "annotations": [VOTE]},
        {"text": "Rain.", "label": "a", "annotations": {"anna": "a"}},
        {"text": "Rain.", "label": "a", "data": "x", "annotations": "none"},
    ],
)
def test_ordinary_rows_are_none(values: dict[str, Any]) -> None:
    check_no_export(values, "in.jsonl")


@pytest.mark.parametrize(
    ("values", "columns"),
    [
        ({"text": "Rain.", "cats": {"a": 1.0}}, {"label": "cats"}),
        ({"text": "Rain.", "cats": {"a": 1.0}, "label": "a"}, {}),
        ({"text": "Rain.", "cats": "Tabby"}, {}),
        ({"id": 1, "data": "Rain.", "label": ["a"]}, {"text": "data"}),
        ({"id": 1, "data": "Rain.", "text": "Snow.", "label": ["a"]}, {}),
        ({"id": 1, "data": {"x": 1}, "label": "a"}, {}),
        ({"data": "Rain.", "genre": "a"}, {}),
    ],
)
def test_columns_of_tools_are_known_where_no_standard_one_is_there(
    values: dict[str, Any], columns: dict[str, str]
) -> None:
    assert tool_columns(values, list(values)) == columns


def test_texts_that_hold_their_labels_are_refused() -> None:
    with pytest.raises(InputError, match=r"'new\.txt' is in fastText's format"):
        check_unmarked("__label__news Rain.\n__label__satire Snow.", "new.txt")
    for text in ("__label__ marks a label in fastText.", "Rain. __label__news", None):
        check_unmarked(text, "new.txt")
