"""Files on disk to rows: tables, workbooks, single texts; folders and archives of these.

A reader yields a `Row` for each record that it can read and a `Fault` for each that it cannot, so that the
caller can report every bad row at once. Nothing is read ahead, so memory does not grow with the file, except for
workbooks.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

from classifier.articles.readers.archive import placed, unpacked
from classifier.articles.readers.arrow_file import read_arrow
from classifier.articles.readers.below import NOT_ARTICLES, files_below, tables_below
from classifier.articles.readers.content import file_kind
from classifier.articles.readers.delimited import read_delimited
from classifier.articles.readers.dialect import find_table
from classifier.articles.readers.json_text import read_json_text
from classifier.articles.readers.kinds import (
    ARCHIVE,
    ARROW,
    READABLE,
    TEXT_SUFFIXES,
    WORKBOOKS,
    named_kind,
)
from classifier.articles.readers.opened import check_readable, open_text
from classifier.articles.readers.parquet import read_parquet
from classifier.articles.readers.program_rows import read_program_rows
from classifier.articles.readers.row import Row
from classifier.articles.readers.text_folder import read_text_file
from classifier.articles.readers.undecoded import judged
from classifier.articles.readers.workbook import read_workbook, sheet_names
from classifier.errors import Fault, InputError, counted, did_you_mean, names
from classifier.temporary import is_temporary, path_name

logger = logging.getLogger(__name__)

BINARY: dict[str, Callable[[Path], Iterator[Row]]] = {".parquet": read_parquet, **dict.fromkeys(ARROW, read_arrow)}
HEAD_LINES = 5  # lines of a .txt file that tell a table from a text
SHOWN = 3  # files that a message names
VARYING = (".jsonl", ".ndjson", ".json")  # kinds whose rows need not all have the same columns


def read_rows(path: Path, encoding: str = "utf-8", sheet: str | None = None) -> Iterator[Row | Fault]:
    """Read the records of a table, of a folder or a .zip of tables with the same columns, or of one text.

    Args:
        path: a file of one of the kinds in `classifier.articles.readers.kinds`, or a folder. What a file begins with
            tells its kind, where its name tells another. A temporary file holds the rows of a program.
        encoding: of text files; a byte-order mark is dropped.
        sheet: of workbooks; None = the only one with rows.

    Raises:
        InputError: the file is missing, empty, of an unknown kind, or not in that encoding (names the byte).
    """
    if path.is_dir():
        yield from _read_folder(path, encoding, sheet, path)
        return
    if is_temporary(path):
        yield from read_program_rows(path)
        return
    check_readable(path)
    kind = file_kind(path)
    if kind == ARCHIVE:
        with unpacked(path) as folder:
            yield from (placed(row, folder, path) for row in _read_folder(folder, encoding, sheet, path))
    elif kind in WORKBOOKS:
        yield from read_workbook(path, sheet)
    elif kind in BINARY:
        yield from BINARY[kind](path)
    elif kind == ".txt" and (table := _table_kind(path, encoding)):
        logger.info("'%s' is a table, whatever its name says: it is read as that", path_name(path))
        yield from _read_lines(path, table, encoding)
    elif kind in TEXT_SUFFIXES:
        yield read_text_file(path, path.name.removesuffix(kind), encoding)
    else:
        yield from _read_lines(path, kind, encoding)


def check_sheet(paths: Iterable[Path], sheet: str | None) -> None:
    """Raise `InputError` if a sheet is named that none of the files has; folders and archives may hold it."""
    if sheet is None:
        return
    files = [path for path in paths if path.is_file() and path.stat().st_size]
    if not files or any(file_kind(path) == ARCHIVE for path in files):
        return
    books = {path: sheet_names(path) for path in files if file_kind(path) in WORKBOOKS}
    if not books:
        raise InputError(f"--sheet '{sheet}': '{files[0]}' is no workbook, so it has no sheets.", fix="Leave it out.")
    present = [name for found in books.values() for name in found]
    if sheet not in present:
        hint = did_you_mean(sheet, present)
        raise InputError(f"'{next(iter(books))}' has no sheet '{sheet}'.{hint}", fix=f"It has {names(present)}.")


def _table_kind(path: Path, encoding: str) -> str:
    """The suffix of a table whose name says that it is one text; empty where its first lines make no table."""
    with open_text(path, encoding, escaped=True) as stream:
        lines = [line.rstrip("\r\n") for line in islice(stream, HEAD_LINES)]
    table = find_table(lines, {"text"}) if len(lines) > 1 and all(line.strip() for line in lines) else None
    if table is None or len(table.cells(lines[0])) == 1:
        return ""
    return ".tsv" if table.delimiter == "\t" else ".csv"


def _read_lines(path: Path, kind: str, encoding: str) -> Iterator[Row | Fault]:
    with open_text(path, encoding, escaped=True) as stream:
        if kind in (".csv", ".tsv"):
            rows = read_delimited(stream, str(path), "\t" if kind == ".tsv" else None)
        else:
            rows = read_json_text(stream, str(path))
        yield from judged(rows, path, encoding)


def _read_folder(folder: Path, encoding: str, sheet: str | None, called: Path) -> Iterator[Row | Fault]:
    """The rows of the tables in a folder, by their names; they must be of one kind and have the same columns."""
    _refuse_saved(folder)
    tables = tables_below(folder)
    if not tables:
        texts = any(named_kind(file) in TEXT_SUFFIXES for file in files_below(folder))
        more = "" if not texts else ' A folder of texts, one subfolder per label, needs data.builder = "folder".'
        raise InputError(f"'{folder}' holds no tables.", fix=f"Give {READABLE}.{more}")
    kinds = Counter(named_kind(file) for file in tables)
    if len(kinds) > 1:
        found = ", ".join(f"{count:,} {kind}" for kind, count in kinds.items())
        raise InputError(
            f"'{folder}' holds tables of several kinds: {found}.", fix="Name one file, or keep one kind in the folder."
        )
    _tell_of_others(folder, tables, called)
    if len(tables) > 1:
        logger.info("'%s': its %s tables are read as one", called, f"{len(tables):,}")
    first: set[str] | None = None
    for table in tables:
        for number, row in enumerate(read_rows(table, encoding, sheet)):
            if not number and isinstance(row, Row) and named_kind(table) not in VARYING:
                first = first or set(row.values)
                _check_same_columns(table, row.values, tables[0], first)
            yield row


def _tell_of_others(folder: Path, tables: Iterable[Path], called: Path) -> None:
    """Name the files of a folder that are not read, but for those that everyone knows to be no tables."""
    read = set(tables)
    others = [file for file in files_below(folder) if file not in read and file.stem.lower() not in NOT_ARTICLES]
    if others:
        what = counted(len(others), "file is", "files are")
        shown, more = names(str(file.relative_to(folder)) for file in others[:SHOWN]), " …" if others[SHOWN:] else ""
        logger.info("'%s': %s not read, being no table: %s%s", called, what, shown, more)


def _refuse_saved(folder: Path) -> None:
    """Raise `InputError` for what `datasets` saved: its files hold the numbers of labels, not their names."""
    if any(file.name == "state.json" for file in files_below(folder)):
        raise InputError(
            f"'{folder}' is a dataset that `datasets` saved, not a folder of tables.",
            fix="classifier build and evaluate --data take such a folder. Else write it as a table, in Python: "
            'datasets.load_from_disk("FOLDER").to_parquet("new.parquet")',
        )


def _check_same_columns(table: Path, present: Iterable[str], other: Path, expected: set[str]) -> None:
    lacking, more = sorted(expected - set(present)), sorted(set(present) - expected)
    if lacking or more:
        parts = [f"lacks {names(lacking)}"] * bool(lacking) + [f"has {names(more)} too"] * bool(more)
        raise InputError(
            f"'{table}' has other columns than '{other}': it {' and '.join(parts)}.",
            fix="Give one of them alone, or give all the same columns. Where rows of one belong to rows of another by "
            "an id, join them into one table first, such as with pandas.merge.",
        )
