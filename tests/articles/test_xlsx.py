import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from classifier.articles.readers.row import Row
from classifier.articles.readers.table import read_rows
from classifier.articles.writers import open_writer
from classifier.articles.xlsx import CellCheck, XlsxWriter, cell_faults, is_xlsx
from classifier.errors import InputError

LONG = "x" * 32_768


def written(path: Path, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    columns: dict[str, set[type]] = {name: {object} for record in records for name in record}
    with open_writer(path, columns) as writer:
        writer.write(records)
    return [row.values for row in read_rows(path) if isinstance(row, Row)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("=1+1", "=1+1"),
        ("https://example.org/", "https://example.org/"),
        ("007", "007"),
        ("a\nb \x01 _x000D_", "a\nb \x01 _x000D_"),
        ("x" * 32_767, "x" * 32_767),
        (3, 3),
        (2.5, 2.5),
        (True, True),
        (12_345_678_901_234_567, "12345678901234567"),
        (float("nan"), None),
        (float("inf"), "inf"),
        (None, None),
        (dt.date(2024, 5, 31), dt.date(2024, 5, 31)),
        (dt.date(1850, 5, 31), "1850-05-31"),
        (dt.datetime(2024, 5, 31, 8, 30), dt.datetime(2024, 5, 31, 8, 30)),
        (dt.datetime(2024, 5, 31, 8, 30, tzinfo=dt.UTC), "2024-05-31T08:30:00+00:00"),
        ([{"label": "a", "score": 0.5}], '[{"label": "a", "score": 0.5}]'),
        (b"x", "b'x'"),
    ],
)
def test_what_is_written_is_read_again(tmp_path: Path, value: Any, expected: Any) -> None:
    assert written(tmp_path / "a.xlsx", [{"id": "1", "value": value}]) == [{"id": "1", "value": expected}]


def test_a_text_that_is_too_long_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        written(tmp_path / "a.xlsx", [{"text": "short"}, {"text": LONG}])
    assert "a.xlsx' cannot hold 1 text; nothing was written" in str(error.value)
    assert "row 2: text has 32,768 characters, and a cell of Excel holds 32,767" in str(error.value)
    assert not list(tmp_path.iterdir())


def test_a_check_before_writing(tmp_path: Path) -> None:
    for name, faults in (("a.xlsx", 1), ("a.csv", 0)):
        cells = CellCheck(tmp_path / name)
        cells.add("a.csv:2", {"text": LONG})
        assert len(cells.faults) == faults
    assert cell_faults("a", {"text": "\N{GRINNING FACE}" * 16_383, "n": 3}) == []
    assert cell_faults("a", {"text": "\N{GRINNING FACE}" * 16_384})
    full = CellCheck(tmp_path / "a.xlsx", rows=1_048_575)
    full.check(2)
    full.add("a.csv:3", {})
    with pytest.raises(InputError, match="cannot hold 1,048,576 rows"):
        full.check(2)
    with pytest.raises(InputError, match="cannot hold 16,385 columns"):
        CellCheck(tmp_path / "a.xlsx").check(16_385)
    assert is_xlsx(Path("A.XLSX"))


def test_rows_go_on_in_the_next_chunk(tmp_path: Path) -> None:
    with XlsxWriter(tmp_path / "a.xlsx", ["n"], called=Path("a.xlsx")) as writer:
        writer.write([{"n": 1}])
        writer.write([{"n": 2}])
    assert [row.values for row in read_rows(tmp_path / "a.xlsx") if isinstance(row, Row)] == [{"n": 1}, {"n": 2}]
