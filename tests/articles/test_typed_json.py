"""Values as JSON that keeps their types, and back."""

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest

from classifier.articles.arrow import kind_of, text_cell, to_json
from classifier.articles.plain_values import ForeignValue, GivenLabels
from classifier.articles.typed_json import decoded, encoded

NOON = dt.datetime(2024, 5, 31, 12, 30, 1, 5)
VALUES: list[Any] = [
    None,
    True,
    3,
    2**70,
    -0.1,
    float("inf"),
    "a\nline, half a pair \ud800 and \u2028",
    NOON,
    NOON.replace(tzinfo=dt.timezone(dt.timedelta(hours=2))),
    NOON.date(),
    NOON.time(),
    b"\x00\xff",
    [1, ["a", {"b": NOON}], None],
    {"a": {"b": [2.5]}, "dict": {"tuple": 1}, 3: "three"},
    ("a", 1),
    {},
    [],
    Decimal("1.50"),
    {"$date": "2024-05-31T00:00:00Z"},
    {"$dict": {"$tuple": (1,)}},
    {"$oid": NOON},
    GivenLabels(("a", "b")),
    ForeignValue("Period", "2024-05"),
]


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_every_value_keeps_its_type(value: Any) -> None:
    line = json.dumps(encoded({"n": value, "é\n": 1}))
    assert "\n" not in line
    found = decoded(json.loads(line))
    assert found == {"n": value, "é\n": 1}
    assert type(found["n"]) is type(value)


@pytest.mark.parametrize("value", [{1}, dt.timedelta(3), [dt.timedelta(3)]], ids=str)
def test_a_value_of_another_type_is_its_text_and_no_plain_text(value: Any) -> None:
    found = decoded(json.loads(json.dumps(encoded(value))))
    assert (text_cell(found), to_json(found)) == (text_cell(value), to_json(value))
    assert kind_of(found) not in ("str", "list str")
