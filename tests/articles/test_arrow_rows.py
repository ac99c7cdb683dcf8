import datetime as dt
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from classifier.articles.arrow_rows import arrow_rows, arrow_values, check_distinct
from classifier.articles.readers.table import read_rows
from classifier.errors import InputError

FAR = 2**60


def numbers(values: list[int | None], kind: Any) -> Any:
    return pa.array(values, pa.int64() if pa.types.is_date64(kind) else _storage(kind)).cast(kind)


def _storage(kind: Any) -> Any:
    return pa.int32() if kind.bit_width == 32 else pa.int64()


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (numbers([0, FAR, None], pa.timestamp("ms")), [dt.datetime(1970, 1, 1), "36536598-01-28T21:54:06.976", None]),
        (numbers([-(10**12)], pa.timestamp("s")), ["-29719-04-05T22:13:20"]),
        (numbers([2**30], pa.date32()), ["2941775-04-07"]),
        (numbers([0, FAR], pa.date64()), [dt.date(1970, 1, 1), "36536598-01-28T21:54:06.976"]),
        (numbers([1, FAR], pa.duration("s")), [dt.timedelta(seconds=1), f"{FAR} seconds"]),
        (numbers([FAR], pa.time64("us")), [str(FAR)]),
        (numbers([1_999], pa.timestamp("ns")), [dt.datetime(1970, 1, 1, 0, 0, 0, 1)]),
        (numbers([5_000], pa.duration("ns")), [dt.timedelta(microseconds=5)]),
        (numbers([5_000], pa.time64("ns")), [dt.time(0, 0, 0, 5)]),
        (numbers([0], pa.timestamp("s", "Moon/Sea")), ["1970-01-01T00:00:00"]),
        (
            pa.array([[0, FAR], None], pa.list_(pa.int64())).cast(pa.list_(pa.timestamp("s"))),
            [[dt.datetime(1970, 1, 1), "36534630048-05-13T13:56:16"], None],
        ),
        (
            pa.StructArray.from_arrays([numbers([2**30], pa.date32()), pa.array(["x"])], ["day", "name"]),
            [{"day": "2941775-04-07", "name": "x"}],
        ),
        (
            pa.MapArray.from_arrays([0, 1], pa.array(["k"]), numbers([2**30], pa.date32())),
            [[("k", "2941775-04-07")]],
        ),
        (
            pa.DictionaryArray.from_arrays(pa.array([0, 0]), numbers([2**30], pa.date32())),
            ["2941775-04-07", "2941775-04-07"],
        ),
        (pa.chunked_array([numbers([2**30], pa.date32())]), ["2941775-04-07"]),
        (pa.array(["a", None]), ["a", None]),
    ],
)
def test_dates_beyond_python_become_text(array: Any, expected: list[Any]) -> None:
    assert arrow_values(array) == expected


def test_a_warning_counts_the_cells_of_each_column(caplog: pytest.LogCaptureFixture) -> None:
    batches = pa.table({"text": ["a", "b", "c"], "seen": numbers([0, FAR, FAR], pa.timestamp("s"))}).to_batches(2)
    rows = list(arrow_rows(batches, "a.parquet"))
    assert [type(row["seen"]) for row in rows] == [dt.datetime, str, str]
    assert [record.getMessage() for record in caplog.records] == [
        "a.parquet: dates or times outside the years 1 to 9999 were read as text: 2 in 'seen' (is their unit right?)"
    ]


def test_a_time_zone_that_is_not_known_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    pq.write_table(pa.table({"seen": numbers([0], pa.timestamp("us", "Moon/Sea"))}), tmp_path / "a.parquet")
    [row] = read_rows(tmp_path / "a.parquet")
    assert row.values["seen"] == dt.datetime(1970, 1, 1, tzinfo=dt.UTC)  # type: ignore[union-attr]
    assert "'Moon/Sea' of column 'seen'" in caplog.text


@pytest.mark.parametrize(
    "read",
    [lambda table, path: list(arrow_rows([table], path)), lambda table, path: check_distinct(table.column_names, path)],
)
def test_two_columns_of_one_name_are_refused(read: Callable[[Any, str], object]) -> None:
    table = pa.Table.from_arrays([pa.array(["x"]), pa.array(["y"])], names=["label", "label"])
    with pytest.raises(InputError, match=r"a\.parquet has several columns named 'label'"):
        read(table, "a.parquet")


def test_ordinary_columns_cause_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    table = pa.table({"text": ["a"], "day": [dt.date(2024, 5, 31)], "at": [dt.datetime(2024, 5, 31, 8, tzinfo=dt.UTC)]})
    assert list(arrow_rows([table], "x")) == table.to_pylist()
    assert not caplog.records
