"""Rows come back from a file as they were, and the same rows make the same bytes."""

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from classifier.articles.plain_values import ForeignValue, GivenLabels
from classifier.articles.readers.program_rows import read_program_rows, write_program_rows
from classifier.articles.readers.row import Row
from classifier.errors import Fault

HOURS = dt.timezone(dt.timedelta(hours=5, minutes=30))


@pytest.mark.parametrize(
    "value",
    [
        None,
        "Ümläuts 😀, a\nline and \u2028 another",
        "",
        0,
        2**80,
        0.1,
        float("inf"),
        True,
        b"\x00\xff",
        dt.date(2024, 5, 31),
        dt.datetime(2024, 5, 31, 10, 0, 0, 5),
        dt.datetime(2024, 5, 31, 10, tzinfo=HOURS),
        dt.time(10, 30),
        Decimal("1.50"),
        ["a", None, ["b"], dt.date(2024, 5, 31)],
        {"a": 1, "b": {"c": b"x"}},
        {},
        {"one": "key"},
        ForeignValue("Period", "2024-05"),
        GivenLabels(()),
        GivenLabels(("a", "b")),
    ],
)
def test_values_keep_their_types(tmp_path: Path, value: Any) -> None:
    assert write_program_rows(tmp_path / "rows", [Row("row 0", {"x": value, "y": 1})]) == 1
    [row] = read_program_rows(tmp_path / "rows")
    assert row == Row("row 0", {"x": value, "y": 1})
    assert type(row.values["x"]) is type(value)


def test_half_a_surrogate_pair_is_a_fault(tmp_path: Path) -> None:
    write_program_rows(tmp_path / "rows", [Row("row 0", {"text": "half \ud83d"}), Row("row 1", {"text": "whole 😀"})])
    bad, good = read_program_rows(tmp_path / "rows")
    assert isinstance(bad, Fault)
    assert bad.where == "row 0"
    assert good == Row("row 1", {"text": "whole 😀"})


def test_rows_are_written_as_they_come_and_always_alike(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_program_rows(tmp_path / name, (Row(f"row {i}", {"text": f"Text {i}", "x": i / 3}) for i in range(50)))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert write_program_rows(tmp_path / "none", []) == 0
    assert list(read_program_rows(tmp_path / "none")) == []
