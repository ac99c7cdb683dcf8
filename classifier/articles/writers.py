"""Writes records to JSONL, CSV, TSV, Parquet or Excel in chunks; the file appears only when it is complete."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Protocol, TextIO

from classifier.articles.arrow import Evidence, LabelNames, LabelScores, arrow_type, fitting, kind_of_type, to_json
from classifier.articles.csv_style import PLAIN, CsvStyle
from classifier.articles.readers.below import holds_texts, tables_below
from classifier.articles.xlsx import XlsxWriter, is_xlsx
from classifier.errors import InputError
from classifier.files import REPLACE, whole_file
from classifier.one_writer import one_writer

KINDS = (".jsonl", ".csv", ".tsv", ".parquet", ".xlsx")
STDOUT = Path("-")


class Writer(Protocol):
    """Takes records in chunks."""

    def write(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Write some records."""


def check_writable(path: Path, inputs: Sequence[str] = (), *, overwrite: bool = False) -> None:
    """Raise `InputError` if the extension is unknown, or if an input or an older file would be replaced.

    Args:
        path: the file; ``-`` is standard output.
        inputs: names of what is read.
        overwrite: whether an older file may be replaced.
    """
    check_extension(path)
    if path.is_dir():
        raise InputError(f"'{path}' is a folder.", fix="Give the name of a file.")
    if path != STDOUT and any(Path(name).resolve() == path.resolve() for name in inputs):
        raise InputError(f"--out '{path}' is one of the inputs.", fix="Choose another --out.")
    for folder in filter(Path.is_dir, map(Path, inputs)):
        if _is_table_of(folder, path):
            raise InputError(
                f"--out '{path}' is one of the tables of the input folder '{folder}', so its rows would be read too.",
                fix=f"Choose another --out, outside of '{folder}', and move the older file out of it.",
            )
    check_absent(path, overwrite=overwrite)


def check_extension(path: Path) -> None:
    """Raise `InputError` if no file of this extension can be written."""
    if path != STDOUT and path.suffix.lower() not in KINDS:
        raise InputError(
            f"'{path if path.name else ''}' is of a kind that cannot be written.",
            fix=f"Give it one of the extensions {', '.join(KINDS)}, or give - for JSONL on standard output.",
        )


def _is_table_of(folder: Path, path: Path) -> bool:
    """Whether a file that is there already is one of the tables that are read where a folder is an input."""
    file = path.resolve()
    within = path.is_file() and folder.resolve() in file.parents and not holds_texts(folder)
    return within and any(table.resolve() == file for table in tables_below(folder))


def check_absent(path: Path, *, overwrite: bool = False) -> None:
    """Raise `InputError` if an older file would be replaced."""
    if path != STDOUT and path.exists() and not overwrite:
        raise InputError(f"'{path}' exists already.", fix=f"Choose another --out, or {REPLACE}.")


def one_output(path: Path) -> AbstractContextManager[None]:
    """Be the only process that writes a file (see `classifier.one_writer`); standard output is nobody's."""
    return nullcontext() if path == STDOUT else one_writer(path)


@contextmanager
def open_writer(
    path: Path,
    columns: Mapping[str, Set[type]],
    style: CsvStyle = PLAIN,
    ready: Callable[[Path], None] | None = None,
) -> Iterator[Writer]:
    """Open a file for records; it appears under its name when the block succeeds.

    Args:
        path: its extension decides the format; ``-`` is JSONL (UTF-8) on standard output.
        columns: name -> the kinds of values that occur in it, in order; Parquet columns get their types from them.
        style: of a CSV file; tabs divide the cells of a .tsv file.
        ready: as in `classifier.files.whole_file`.
    """
    if path == STDOUT:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")
        yield _JsonLines(sys.stdout)
        return
    with whole_file(path, ready) as partial:
        if path.suffix.lower() == ".parquet":
            with _Parquet(partial, columns) as writer:
                yield writer
        elif is_xlsx(path):
            with XlsxWriter(partial, list(columns), called=path) as sheet:
                yield sheet
        else:
            lines = path.suffix.lower() == ".jsonl"
            encoding = "utf-8-sig" if style.mark and not lines else "utf-8"
            with partial.open("w", encoding=encoding, newline="") as stream:
                yield _JsonLines(stream) if lines else _Csv(stream, list(columns), style.of_file(path))


class _JsonLines:
    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, records: Sequence[Mapping[str, Any]]) -> None:
        self.stream.write("".join(f"{to_json(record)}\n" for record in records))
        self.stream.flush()


class _Csv:
    def __init__(self, stream: TextIO, columns: Sequence[str], style: CsvStyle) -> None:
        if style.sep:
            stream.write(f"sep={style.delimiter}\r\n")
        self.comma = style.comma
        self.writer = csv.DictWriter(stream, columns, delimiter=style.delimiter)
        self.writer.writeheader()

    def write(self, records: Sequence[Mapping[str, Any]]) -> None:
        for record in records:
            self.writer.writerow({name: self._cell(value) for name, value in record.items()})

    def _cell(self, value: Any) -> Any:
        if isinstance(value, (list, dict)):
            return to_json(value)
        return str(value).replace(".", ",") if self.comma and type(value) is float else value


class _Parquet:
    """A column of one kind of value keeps it; one of several kinds, of lists or of objects is written as text."""

    def __init__(self, path: Path, columns: Mapping[str, Set[type]]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.schema = pa.schema([(name, column_type(kinds)) for name, kinds in columns.items()])
        self.writer: Any = pq.ParquetWriter(path, self.schema)

    def __enter__(self) -> _Parquet:
        return self

    def __exit__(self, *_: object) -> None:
        self.writer.close()

    def write(self, records: Sequence[Mapping[str, Any]]) -> None:
        import pyarrow as pa

        rows = [
            {column.name: fitting(record.get(column.name), column.type) for column in self.schema} for record in records
        ]
        self.writer.write_table(pa.Table.from_pylist(rows, schema=self.schema))


def column_type(kinds: Set[type]) -> Any:
    """The Arrow type of a column by its kinds of values: those that predict adds have types of their own."""
    import pyarrow as pa

    kinds = kinds - {type(None)}
    if kinds == {LabelScores}:
        return pa.list_(pa.struct([("label", pa.string()), ("score", pa.float64())]))
    if kinds == {Evidence}:
        numbers = [("start", pa.int64()), ("end", pa.int64()), ("text", pa.string()), ("effect", pa.float64())]
        return pa.list_(pa.struct([("part", pa.string()), *numbers]))
    if kinds == {LabelNames}:
        return pa.list_(pa.string())
    return arrow_type({"text" if kind is bytes else kind_of_type(kind) for kind in kinds}, lists=False)
