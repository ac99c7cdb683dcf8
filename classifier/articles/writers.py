"""Labelled articles to JSONL, CSV or Parquet, in chunks, whole or not at all."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import sys
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TextIO

from classifier.articles.arrow import Evidence
from classifier.errors import InputError
from classifier.files import REPLACE, whole_file

KINDS = (".jsonl", ".csv", ".parquet")
STDOUT = Path("-")


class Writer(Protocol):
    """Takes records in chunks."""

    def write(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Write some records."""


def check_writable(path: Path, inputs: Sequence[str] = (), *, overwrite: bool = False) -> None:
    """Raise `InputError` unless the extension says how to write it, and no input and no older file is replaced."""
    if path != STDOUT and path.suffix.lower() not in KINDS:
        raise InputError(
            f"'{path}' is of a kind that cannot be written.",
            fix=f"End its name in {', '.join(KINDS)}, or give - for JSONL.",
        )
    if path.is_dir():
        raise InputError(f"'{path}' is a folder.", fix="Give the name of a file.")
    if path != STDOUT and any(Path(name).resolve() == path.resolve() for name in inputs):
        raise InputError(f"--out '{path}' is one of the inputs.", fix="Choose another --out.")
    if path != STDOUT and path.exists() and not overwrite:
        raise InputError(f"'{path}' exists already.", fix=f"Choose another --out, or {REPLACE}.")


@contextmanager
def open_writer(path: Path, columns: Mapping[str, Set[type]]) -> Iterator[Writer]:
    """Open a file for records; it appears under its name when the block ends well.

    Args:
        path: its extension says the format; ``-`` is JSONL (UTF-8) on standard output.
        columns: name -> the kinds of values that occur in it, in order; Parquet columns get their types from them.
    """
    if path == STDOUT:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")
        yield _JsonLines(sys.stdout)
        return
    with whole_file(path) as partial:
        if path.suffix.lower() == ".parquet":
            with _Parquet(partial, columns) as writer:
                yield writer
        else:
            with partial.open("w", encoding="utf-8", newline="") as stream:
                yield _JsonLines(stream) if path.suffix.lower() == ".jsonl" else _Csv(stream, list(columns))


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
    """A column of one kind of value keeps it; one of several kinds, of lists or of objects is written as text."""

    def __init__(self, path: Path, columns: Mapping[str, Set[type]]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.schema = pa.schema([(name, arrow_type(name, kinds)) for name, kinds in columns.items()])
        self.writer: Any = pq.ParquetWriter(path, self.schema)

    def __enter__(self) -> _Parquet:
        return self

    def __exit__(self, *_: object) -> None:
        self.writer.close()

    def write(self, records: Sequence[Mapping[str, Any]]) -> None:
        import pyarrow as pa

        rows = [
            {field.name: _fitting(record.get(field.name), field.type) for field in self.schema} for record in records
        ]
        self.writer.write_table(pa.Table.from_pylist(rows, schema=self.schema))


def arrow_type(name: str, kinds: Set[type]) -> Any:
    """The Arrow type of a column: by its kind of values, or that of ``label``, ``score``, ``scores`` and evidence."""
    import pyarrow as pa

    kinds = kinds - {type(None)}
    if name == "scores":
        return pa.list_(pa.struct([("label", pa.string()), ("score", pa.float64())]))
    if kinds == {Evidence}:
        numbers = [("start", pa.int64()), ("end", pa.int64()), ("text", pa.string()), ("effect", pa.float64())]
        return pa.list_(pa.struct([("part", pa.string()), *numbers]))
    if name in ("label", "best_guess") and list in kinds:
        return pa.list_(pa.string())
    if kinds == {int, float}:
        return pa.float64()
    plain = {
        bool: pa.bool_(),
        int: pa.int64(),
        float: pa.float64(),
        dt.date: pa.date32(),
        dt.datetime: pa.timestamp("us"),
    }
    return plain.get(next(iter(kinds)), pa.string()) if len(kinds) == 1 else pa.string()


def _fitting(value: Any, kind: Any) -> Any:
    import pyarrow as pa

    if value is None or not pa.types.is_string(kind) or isinstance(value, str):
        return value
    return _cell(value) if isinstance(value, (list, dict)) else str(_plain(value))


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False, default=_plain) if isinstance(value, (list, dict)) else value


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (dt.date, dt.datetime)) else str(value)
