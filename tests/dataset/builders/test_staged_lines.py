"""An article as a line of JSON, and back."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from classifier.articles.arrow import kind_of, text_cell, to_json
from classifier.articles.article import Article
from classifier.dataset.builders.staged_lines import as_line, read_line

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
]


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_every_value_keeps_its_type(value: Any) -> None:
    article = Article("a", "Some words.", ("x", "y"), "T", "c", extra={"n": value, "é\n": 1}, where="f.csv:3")
    line = as_line(article)
    assert line.count(b"\n") == 1 and line.endswith(b"\n")
    found = read_line(line)
    assert found == article
    assert type(found.extra["n"]) is type(value)


@pytest.mark.parametrize("value", [Decimal("1.50"), {1}, dt.timedelta(3), [Decimal("1.5")]], ids=str)
def test_a_value_of_another_type_is_its_text_and_no_plain_text(value: Any) -> None:
    found = read_line(as_line(Article("a", "Words.", extra={"n": value}))).extra["n"]
    assert (text_cell(found), to_json(found)) == (text_cell(value), to_json(value))
    assert kind_of(found) not in ("str", "list str")
