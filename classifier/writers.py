"""Labelled articles to JSONL, CSV or Parquet, in chunks, whole or not at all."""

from __future__ import annotations

import csv
import datetime as dt
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TextIO

from classifier.errors import InputError
from classifier.folders import whole_file

KINDS = (".jsonl", ".csv", ".parquet")
STDOUT = Path("-")


class Writer(Protocol):
    """Takes records in chunks."""

    def write(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Write some records."""


def check_writable(path: Path) -> None:
    """Raise `InputError` unless the name's extension says how to write it."""
    if path != STDOUT and path.suffix.lower() not in KINDS:
        raise InputError(
            f"'{path}' is of a kind that cannot be written.",
            fix=f"End its name in {', '.join(KINDS)}, or give - for JSONL.",
        )
    if path.is_dir():
        raise InputError(f"'{path}' is a folder.", fix="Give the name of a file.")


@contextmanager
def open_writer(path: Path, columns: Sequence[str]) -> Iterator[Writer]:
    """Open a file for records; it appears under its name when the block ends well.

    Args:
        path: its extension says the format; ``-`` is JSONL on standard output.
        columns: of every record, in order.
    """
    if path == STDOUT:
        yield _JsonLines(sys.stdout)
        return
    with whole_file(path) as partial:
        if path.suffix.lower() == ".parquet":
            with _Parquet(partial, columns) as writer:
                yield writer
        else:
            with partial.open("w", encoding="utf-8", newline="") as stream:
                yield _JsonLines(stream) if path.suffix.lower() == ".jsonl" else _Csv(stream, columns)


class _JsonLines:
    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, records: Sequence[Mapping[str, Any]]) -> None:
        for record in records:
            self.stream.write(json.dumps(record, ensure_ascii=False, default=_plain) + "\n")
        self.stream.flush()


class _Csv:
    def __init__(self, stream: TextIO, columns: Sequence[str]) -> None:
        self.writer = csv.DictWriter(stream, columns)
        self.writer.writeheader()

    def write(self, records: Sequence[Mapping[str, Any]]) -> None:
        self.writer.writerows({name: _cell(value) for name, value in record.items()} for record in records)


class _Parquet:
    """The schema is that of the first chunk; later values that do not fit it are an `InputError`."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.path, self.columns = path, columns
        self.writer: Any = None

    def __enter__(self) -> _Parquet:
        return self

    def __exit__(self, *_: object) -> None:
        if self.writer is not None:
            self.writer.close()

    def write(self, records: Sequence[Mapping[str, Any]]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        rows = [{name: record.get(name) for name in self.columns} for record in records]
        try:
            table = pa.Table.from_pylist(rows, schema=self.writer.schema if self.writer else None)
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise InputError(
                f"A column mixes kinds of values, which Parquet cannot hold: {error}", fix="Write JSONL."
            ) from None
        if self.writer is None:
            table = table.cast(
                pa.schema([f.with_type(pa.string()) if pa.types.is_null(f.type) else f for f in table.schema])
            )
            self.writer = pq.ParquetWriter(self.path, table.schema)
        self.writer.write_table(table)


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False, default=_plain) if isinstance(value, (list, dict)) else value


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (dt.date, dt.datetime)) else str(value)
