import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from classifier.articles.arrow import (
    arrow_type,
    fitting,
    is_inferred,
    json_text,
    kind_of,
    kind_of_type,
    text_cell,
    to_json,
    uniform,
)

NOON = dt.datetime(2024, 5, 31, 12)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "null"),
        (True, "bool"),
        (3, "int"),
        (2**63, "huge"),
        (-(2**63), "long"),
        (2**53 + 1, "long"),
        (2**53, "int"),
        ([1, 2**60], "list long"),
        (3.5, "float"),
        ("three", "str"),
        (NOON, "datetime"),
        (NOON.replace(tzinfo=dt.UTC), "instant"),
        (NOON.date(), "date"),
        (b"x", "bytes"),
        ([], "list"),
        ([None, 1], "list int"),
        ([1, "a"], "text"),
        ([["a"]], "list list str"),
        ({"a": 1}, "dict"),
        (Decimal("1.5"), "Decimal"),
    ],
)
def test_the_kind_of_a_value(value: Any, kind: str) -> None:
    assert kind_of(value) == kind
    if kind not in ("huge", "long", "instant", "text") and not isinstance(value, list):
        assert kind_of_type(type(value)) == kind


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([None, 1], pa.int64()),
        ([1, 2.5], pa.float64()),
        ([1, 2**60], pa.int64()),
        ([2**60, 2.5], pa.string()),
        ([[1], [2**60]], pa.list_(pa.int64())),
        ([[2.5], [2**60]], pa.string()),
        ([True, 1], pa.string()),
        ([1, "a"], pa.string()),
        ([2**70], pa.string()),
        ([None], pa.string()),
        ([NOON], pa.timestamp("us")),
        ([NOON.replace(tzinfo=dt.UTC)], pa.timestamp("us", tz="UTC")),
        ([["a"], [], None], pa.list_(pa.string())),
        ([[1], [2.5]], pa.list_(pa.float64())),
        ([[1], ["a"]], pa.string()),
        ([[1, "a"]], pa.string()),
        ([["a"], "a"], pa.string()),
        ([[["a"]]], pa.string()),
        ([{"a": 1}], pa.string()),
        ([b"x"], pa.binary()),
    ],
)
def test_one_arrow_type_holds_a_column(values: list[Any], kind: Any) -> None:
    assert arrow_type({kind_of(value) for value in values}) == kind
    column = pa.array([fitting(value, kind) for value in values], kind)  # which raises where a value does not fit
    assert [value is None for value in column.to_pylist()] == [value is None for value in values]
    if pa.types.is_list(kind):
        assert arrow_type({kind_of(value) for value in values}, lists=False) == pa.string()


def test_a_column_of_one_type_keeps_it() -> None:
    assert uniform([1, None, 2], {"int"}) == [1, None, 2]
    assert uniform([1, None, 2], {"int", "float"}) == [1.0, None, 2.0]
    assert uniform([2**60 + 1, None, 2], {"int", "long"}) == [2**60 + 1, None, 2]
    assert uniform([2**60 + 1, 0.5], {"long", "float"}) == [str(2**60 + 1), "0.5"]
    assert uniform([True, None, 2], {"bool", "int"}) == ["true", None, "2"]
    assert uniform([{"b": "ü"}, None], {"dict"}) == ['{"b": "ü"}', None]
    assert uniform([["a"], None], {"list str"}) == ['["a"]', None]
    assert uniform([Decimal("1.5")], {"Decimal"}) == [Decimal("1.5")]
    assert is_inferred({"date"}) and is_inferred({"Decimal"})
    assert not any(map(is_inferred, (set(), {"str"}, {"list int"}, {"huge"}, {"long"}, {"dict"}, {"date", "str"})))


def test_values_as_text() -> None:
    values = [None, "a", True, 2.5, NOON, NOON.time(), [1, NOON.date()], {"a": float("nan")}]
    assert [text_cell(value) for value in values] == [
        None,
        "a",
        "True",
        "2.5",
        "2024-05-31T12:00:00",
        "12:00:00",
        '[1, "2024-05-31"]',
        '{"a": null}',
    ]
    assert text_cell({"a": float("nan")}) == json_text({"a": float("nan")}) == '{"a": null}'
    assert [json_text(value) for value in (None, "a", True, NOON.date())] == [None, "a", "true", '"2024-05-31"']


def test_json_has_null_where_there_is_no_number() -> None:
    record = {"n": float("nan"), "deep": [{"m": float("inf")}, (1, -float("inf"))], "d": NOON.date()}
    assert json.loads(to_json(record), parse_constant=pytest.fail) == {
        "n": None,
        "deep": [{"m": None}, [1, None]],
        "d": "2024-05-31",
    }
