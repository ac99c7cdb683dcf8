import csv
import datetime as dt
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from classifier.articles.arrow import Evidence, LabelNames, LabelScores
from classifier.articles.writers import check_writable, column_type, open_writer
from classifier.errors import InputError

RECORDS: list[dict[str, Any]] = [
    {"id": 1, "mixed": "a", "deep": {"n": float("nan")}, "day": dt.date(2024, 5, 31), "raw": b"x", "late": None},
    {"id": 2, "mixed": 2.5, "deep": [1, dt.date(2024, 5, 31)], "day": None, "raw": b"y", "late": 3},
]


def kinds(records: list[dict[str, Any]]) -> dict[str, set[type]]:
    return {name: {type(record[name]) for record in records} for name in records[0]}


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_values_of_every_kind_are_written(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out{suffix}"
    with open_writer(path, kinds(RECORDS)) as writer:
        for record in RECORDS:
            writer.write([record])
    texts = {"mixed": ["a", "2.5"], "deep": ['{"n": null}', '[1, "2024-05-31"]'], "raw": ["b'x'", "b'y'"]}
    if suffix == ".parquet":
        found = pq.read_table(path)
        assert {name: found[name].to_pylist() for name in texts} == texts
        assert found["day"].to_pylist() == [dt.date(2024, 5, 31), None]
        assert [found[name].type for name in ("id", "late", "mixed")] == [pa.int64(), pa.int64(), pa.string()]
    elif suffix == ".csv":
        with path.open(newline="") as stream:
            rows = list(csv.DictReader(stream))
        assert {name: [row[name] for row in rows] for name in texts} == texts
        assert [row["late"] for row in rows] == ["", "3"]
    else:
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        assert rows[1] == {**RECORDS[1], "deep": [1, "2024-05-31"], "raw": "b'y'"}
        assert '"deep": {"n": null}, "day": "2024-05-31"' in path.read_text()


def test_the_columns_that_predict_adds_have_types_of_their_own() -> None:
    scores = column_type({LabelScores})
    assert [scores.value_type.field(place).name for place in range(2)] == ["label", "score"]
    assert column_type({LabelNames}) == pa.list_(pa.string())
    assert column_type({str, type(None)}) == pa.string()
    assert pa.types.is_list(column_type({Evidence}))
    assert column_type({int, float, type(None)}) == pa.float64()
    assert column_type({list}) == column_type(set()) == column_type({bool, int}) == pa.string()


def test_what_cannot_be_written_is_said_before(tmp_path: Path) -> None:
    for path, message in ((tmp_path / "a.txt", "cannot be written"), (tmp_path / "a.csv", "one of the inputs")):
        with pytest.raises(InputError, match=message):
            check_writable(path, [str(tmp_path / "a.csv")])
    (tmp_path / "b.csv").touch()
    with pytest.raises(InputError, match="exists already"):
        check_writable(tmp_path / "b.csv")
    check_writable(tmp_path / "b.csv", overwrite=True)


@pytest.mark.parametrize(("others", "read"), [(["a.jsonl"], True), (["a.txt"], False), (["a.txt", "b.jsonl"], False)])
def test_an_older_output_that_an_input_folder_would_read_is_refused(
    tmp_path: Path, others: list[str], *, read: bool
) -> None:
    folder, out = tmp_path / "new", tmp_path / "new" / "below" / "o.jsonl"
    out.parent.mkdir(parents=True)
    for name in others:
        (folder / name).write_text('{"text": "Rain."}\n')
    check_writable(out, [str(folder)])
    out.write_text('{"text": "Rain.", "label": "a"}\n')
    if read:
        with pytest.raises(InputError, match=r"is one of the tables of the input folder '.*new', so its rows would be"):
            check_writable(out, [str(folder)], overwrite=True)
    else:
        check_writable(out, [str(folder)], overwrite=True)
    check_writable(tmp_path / "o.jsonl", [str(folder)], overwrite=True)
