"""Rows of CSV and TSV files."""

from __future__ import annotations

import csv
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice, takewhile
from typing import TextIO

from classifier.articles.readers.column_values import FEW, ColumnValues
from classifier.articles.readers.dialect import MARKS, Dialect, find_dialect
from classifier.articles.readers.line_buffer import LineBuffer
from classifier.articles.readers.opened import nul_bytes
from classifier.articles.readers.row import Row
from classifier.articles.readers.stray_quotes import (
    are_whole_rows,
    ends_row,
    is_well_formed,
    may_be_rows,
    opened_column,
    opens_cell,
)
from classifier.articles.readers.title_line import check_title
from classifier.articles.readers.undecoded import is_decoded, undecoded_fault
from classifier.errors import Fault, InputError, counted
from classifier.temporary import path_name

logger = logging.getLogger(__name__)

LONGEST_CELL = 10_000_000  # characters; more means that a quote was not closed
PEEKED = 10  # lines below the header that show how cells are divided
SEARCHED = 5_000  # lines after a broken row among which the next row is looked for
LOOKED_AHEAD = 300  # lines that tell the values of the columns where few rows were read before
YOUNG = 20  # rows after which the values of the columns are known well
LEARNED = 1_000  # rows whose values are kept; then those of each fiftieth


def read_delimited(stream: TextIO | LineBuffer, name: str, delimiter: str | None) -> Iterator[Row | Fault]:
    r"""The rows below the header line.

    A row whose quotes are broken or stray is a fault with its lines, and so are the lines after it up to one that is a
    row beyond doubt: no piece of a broken text comes in as a row.

    Args:
        stream: lines with their ends; those of a pipe in a `LineBuffer`, which knows whether more are there.
        name: of the file in messages.
        delimiter: between cells, if the first lines leave it open; None = a comma.

    Raises:
        InputError: the header is missing, broken, or names a column twice; or no row follows a broken one.

    Example:
        >>> import io
        >>> list(read_delimited(io.StringIO("text;label\nx;a\n"), "a.csv", None))
        [Row(where='a.csv:2', values={'text': 'x', 'label': 'a'})]
    """
    csv.field_size_limit(LONGEST_CELL)
    lines = stream if isinstance(stream, LineBuffer) else LineBuffer(stream)
    table = _open(lines, name, delimiter or ",")
    reader = _Reader(table, lines)
    while True:
        try:
            yield from reader.rows()
        except csv.Error as error:
            yield reader.skip_broken(str(error))
        else:
            return


def find_delimiter(stream: TextIO, name: str, delimiter: str | None) -> str:
    r"""What divides the cells of a table; arguments and errors as in `read_delimited`.

    Example:
        >>> import io
        >>> find_delimiter(io.StringIO("text;label\nx;a\n"), "a.csv", None)
        ';'
    """
    return _open(LineBuffer(stream), name, delimiter or ",").dialect.delimiter


@dataclass(frozen=True, slots=True)
class _Table:
    """What the first lines tell: the columns that have a name, the number of cells of a row, what divides them.

    ``torn`` ends a line that is no whole row: a carriage return where the header line ends in a line feed.
    """

    name: str
    columns: list[str]
    width: int
    dialect: Dialect
    torn: str = ""

    def cells(self, lines: Iterator[str] | Sequence[str] | LineBuffer) -> Iterator[list[str]]:
        """The cells of each record."""
        spaced = self.dialect.spaced
        return csv.reader(lines, delimiter=self.dialect.delimiter, strict=True, skipinitialspace=spaced)


class _BlankRows:
    """Counts rows without a value, of which those at the end of a table need not be said."""

    def __init__(self) -> None:
        self.count = self.first = self.last = self.run = 0

    def add(self, line: int) -> None:
        """Count the row in this line."""
        self.first = self.first or line
        self.run = self.run + 1 if line == self.last + 1 else 1
        self.count, self.last = self.count + 1, line

    def say(self, name: str, end: int) -> None:
        """Warn of those that are followed by other rows."""
        inner = self.count - self.run if self.last == end else self.count
        if inner:
            what = counted(inner, "row without any value is", "rows without any value are")
            logger.warning("%s: %s left out (first: line %d)", path_name(name), what, self.first)


class _Reader:
    """Reads rows, and learns what values the columns have."""

    def __init__(self, table: _Table, lines: LineBuffer) -> None:
        self.table, self.lines = table, lines
        self.values = ColumnValues(table.width)
        self.looked_ahead = False
        self.unquoted = False
        self.plain_until = 0  # no line from here to this one holds a quote mark
        self.blank = _BlankRows()
        self.more_lines: int | None = 0 if lines.number <= 1 else None  # than rows so far; None = nobody can tell

    def rows(self) -> Iterator[Row | Fault]:
        """The rows from here on; `csv.Error` where quoting is broken."""
        lines, record, table = self.lines, self.lines.record, self.table
        name, columns, width, torn = table.name, table.columns, table.width, table.torn
        named = len(columns) == width
        for cells in table.cells(lines):
            number = lines.number
            plain = len(cells) == width and len(record) == 1 and named and record[0][-1] != torn
            if plain and (cells[-1] != columns[-1] or width == 1):
                if cells[0].strip() or width == 1 or not _are_blank(cells):
                    where = self._where() if self.more_lines else f"{name}:{number + 1}"
                    yield _row(where, columns, cells)
                else:
                    self.blank.add(number + 1)
            elif cells:
                yield from self._checked(cells)
            if number < LEARNED or number % 50 == 0:
                self._learn(cells)
            if len(record) > 1 and self.more_lines is not None:
                self.more_lines += len(record) - 1
            lines.next_record()
        self.blank.say(name, lines.number)

    def _where(self) -> str:
        """The place of a record: its line, and its row as a spreadsheet counts them where cells had several lines."""
        line = self.lines.number + 1
        return f"{self.table.name}:{line}" + (f", row {line - self.more_lines}" if self.more_lines else "")

    def _learn(self, cells: Sequence[str]) -> None:
        if len(cells) == self.table.width:
            self.values.learn(cells)
        line = self.lines.record[0]
        if '"' in line and len(self.lines.record) == 1 and not is_well_formed(line, self.table.dialect.delimiter):
            self.unquoted = True

    def _checked(self, cells: list[str]) -> Iterator[Row | Fault]:
        """The row, or what is wrong with it; nothing where all its cells are blank."""
        table, record = self.table, self.lines.record
        where = self._where()
        if table.width > 1 and _are_blank(cells):
            self.blank.add(self.lines.number + 1)
        elif table.torn and record[-1].endswith(table.torn):
            self.more_lines = None
            yield Fault(where, self._torn(), "row divided by a carriage return", cells)
        elif table.width > 1 and [cell.strip("\ufeff ") for cell in cells] == table.columns:
            yield Fault(where, "is the header line again: are several files joined here?", "repeated header", cells)
        elif self._is_swallowed(cells):
            yield from self._swallowed(where, cells)
        elif len(cells) != table.width:
            what = self._ragged(cells)
            yield Fault(where, what + self._with_its_text(cells), "ragged row", cells)
        elif any(cell.strip() for cell in cells[len(table.columns) :]):
            yield Fault(where, "has a value in a column without a name", "value without a column", cells)
        else:
            yield _row(where, table.columns, cells)

    def _swallowed(self, where: str, cells: list[str]) -> Iterator[Fault]:
        """What is wrong with each of the rows that a stray quote mark makes one."""
        record, first = self.lines.record, self.lines.number + 1
        last, kind = first + len(record) - 1, f"stray quotes over {len(record)} lines"
        what = (
            f"a quote mark opens here and closes in line {last}, but these lines are rows of their own: "
            "are the quote marks stray? Double them, and put quotes around their cells"
        )
        yield Fault(where, what, kind, cells)
        for number, line in enumerate(record[1:], start=first + 1):
            if line.strip():
                what = f"stands between the stray quote marks of lines {first} and {last}"
                yield Fault(f"{self.table.name}:{number}", what, kind, [line.rstrip("\r\n")])

    def _is_swallowed(self, cells: Sequence[str]) -> bool:
        """Whether the lines of a quoted cell are rows of their own."""
        record, table = self.lines.record, self.table
        if len(record) == 1:
            return False
        if table.width == 1:
            return self.unquoted
        if not may_be_rows(record, table.dialect.delimiter, table.width):
            return False
        self._look_ahead(YOUNG)
        return are_whole_rows(record, cells, table.dialect.delimiter, self.values)

    def _torn(self) -> str:
        """Read on to the end of a row that a carriage return divides."""
        first = self.lines.number + 1
        for line in islice(self.lines, SEARCHED):
            if not line.endswith(self.table.torn):
                break
        last = self.lines.number + len(self.lines.record)
        return f"a carriage return outside of quotes divides this row (lines {first} to {last}): quote its cell"

    def _ragged(self, cells: list[str]) -> str:
        table, line = self.table, self.lines.record[0]
        mark = table.dialect.delimiter
        hint = "is a text with a comma not quoted?"
        if f"'{mark}" in line and (line.startswith("'") or f"{mark}'" in line):
            hint = 'are cells in single quotes? Only double quotes (") are read'
        elif f'{mark} "' in line:
            hint = "does a space stand before a quote mark?"
        return f"{len(cells)} cells where the header has {table.width} ({hint})"

    def _with_its_text(self, cells: Sequence[str]) -> str:
        """Read on to the end of a text that a quote mark within it broke off; what lines these are."""
        record, width = self.lines.record, self.table.width
        closed = len(cells) < width and record[-1].rstrip("\r\n").endswith('"')
        if not closed and (len(record) > 1 or '"' in record[0]):
            return ""
        last = self._closing(len(record), width - len(cells) if closed else 0)
        if last is None:
            return ""
        first = self.lines.number + 1
        for _ in zip(range(last + 1 - len(record)), self.lines, strict=False):
            self.more_lines = None
        return f"; lines {first:,} to {first + last:,} are taken for this row: is a quote mark in it not doubled?"

    def _look_ahead(self, enough: int) -> None:
        """Learn from the rows below, once, where fewer than enough were read before."""
        if self.values.rows < enough and not self.looked_ahead:
            self.looked_ahead = True
            try:
                for cells in self.table.cells(self.lines.coming(LOOKED_AHEAD)):
                    if len(cells) == self.table.width:
                        self.values.learn(cells)
            except csv.Error:
                return

    def skip_broken(self, error: str) -> Fault:
        """Skip a row whose quoting is broken, and all that may belong to it."""
        where, self.more_lines = self._where(), None
        self._look_ahead(FEW)
        lines = self.lines
        first, record = lines.number + 1, list(lines.record)
        reason = _reason(error, record)
        skipped = self._skipped(reason)
        lines.give_back(max(0, len(record) - skipped))
        for _ in zip(range(skipped - len(lines.record)), lines, strict=False):
            pass
        lines.next_record()
        what = f"broken quoting ({reason})"
        kind = "broken quoting"
        if skipped > 1:
            what += f"; lines {first:,} to {lines.number:,} are taken for this row"
            kind += f" over {skipped} lines"
        return Fault(where, what, kind)

    def _skipped(self, reason: str) -> int:
        """How many lines belong to the broken row: up to the end of a row before one that is a row beyond doubt."""
        left = self.table.width - 1 - opened_column(self._line(0) or "", self.table.dialect.delimiter)
        for index in range(max(SEARCHED, len(self.lines.record))):
            line = self._line(index)
            if line is None or self._line(index + 1) is None:
                return index + (line is not None)
            if self._ends_row(line, left) and self._starts_row(index + 1):
                return index + 1
            if self._is_row(line) and self._starts_row(index + 1) and self._closing(index + 1, left) is None:
                return index + 1
        raise InputError(
            f"{self.table.name}:{self.lines.number + 1}: broken quoting ({reason}), and none of the next "
            f"{SEARCHED:,} lines begins a row beyond doubt.",
            fix='Double each quote mark within a cell (""), or save the table as JSONL.',
        )

    def _line(self, index: int) -> str | None:
        """The line so many lines after the first of the broken row."""
        record = self.lines.record
        return record[index] if index < len(record) else self.lines.ahead(index - len(record))

    def _ends_row(self, line: str, left: int) -> bool:
        """Whether a line closes a quoted cell, and so many cells follow that are like those of their columns."""
        delimiter = self.table.dialect.delimiter
        if not ends_row(line, delimiter, left):
            return False
        cells = line.rstrip("\r\n").split(delimiter)[-left:] if left else []
        fits = (self.values.fits(self.table.width - left + i, cell.strip('"')) for i, cell in enumerate(cells))
        return False not in fits

    def _is_row(self, line: str) -> bool:
        """Whether a line is a row, if its quote marks mean nothing."""
        cells = line.rstrip("\r\n").split(self.table.dialect.delimiter)
        if len(cells) != self.table.width:
            return False
        fits = [self.values.fits(column, cell) for column, cell in enumerate(cells)]
        return True in fits and False not in fits

    def _starts_row(self, index: int) -> bool:
        """Whether a row starts in a line, and is like the rows before."""
        start = next(i for i in count(index) if (self._line(i) or "x").strip())
        taken: list[str] = []

        def source() -> Iterator[str]:
            for line in takewhile(lambda each: each is not None, map(self._line, range(start, start + SEARCHED))):
                taken.append(line or "")
                yield line or ""

        try:
            cells = next(self.table.cells(source()), None)
        except csv.Error:
            return False
        if cells is None:
            return True
        if len(cells) != self.table.width or not is_well_formed("".join(taken), self.table.dialect.delimiter):
            return False
        fits = [self.values.fits(column, cell) for column, cell in enumerate(cells)]
        return False not in fits and not are_whole_rows(taken, cells, self.table.dialect.delimiter, self.values)

    def _closing(self, index: int, left: int) -> int | None:
        """The line below that closes a quoted cell, where no line before it opens one: those between are its text."""
        delimiter, before = self.table.dialect.delimiter, self.lines.number
        start = max(index, self.plain_until - before)
        below = takewhile(lambda line: line is not None, map(self._line, range(start, index + SEARCHED)))
        quoted = ((number, line) for number, line in enumerate(below, start=start) if line and '"' in line)
        self.plain_until = before + index + SEARCHED
        for number, line in quoted:
            self.plain_until = min(self.plain_until, before + number)
            if is_well_formed(line, delimiter) or opens_cell(line, delimiter):
                return None
            if self._ends_row(line, left):
                return number
        return None


def _row(where: str, columns: Sequence[str], cells: Sequence[str]) -> Row | Fault:
    """The row of these cells, which may have empty ones beyond the columns."""
    values = dict(zip(columns, cells, strict=False))
    if all(map(is_decoded, cells)):
        return Row(where, values)
    return undecoded_fault(where, next(cell for cell in cells if not is_decoded(cell)), values)


def _are_blank(cells: Sequence[str]) -> bool:
    return not any(map(str.strip, cells))


def _reason(error: str, record: Sequence[str]) -> str:
    if any('\\"' in line for line in record):
        return r'a quote mark within a cell is written \"; in CSV it is ""'
    if "unexpected end" in error or "field limit" in error:
        return "a quote mark opens here and none closes it"
    return 'a quote mark within a cell is not written ""'


def _open(lines: LineBuffer, name: str, usual: str) -> _Table:
    """Read the header line and look at the lines below."""
    told = _skip_to_header(lines)
    header = lines.ahead(0)
    if header is None:
        raise InputError(f"'{name}' has no header line.", fix="Give the columns' names in the first line.")
    below = [line for line in lines.coming(PEEKED, after=1) if line.strip()]
    table = _Table(name, [], 0, Dialect(told) if told else find_dialect(header.lstrip("\ufeff"), below, usual))
    first = lines.number + 1
    try:
        cells = next(table.cells(_unmarked(lines)), [])
    except csv.Error as error:
        raise InputError(
            f"{name}:{first}: broken quoting ({error}).", fix="Close the quote in the header line."
        ) from None
    torn = "\r" if lines.record[-1].endswith("\n") else ""
    lines.next_record()
    columns = _columns([cell.strip() for cell in cells], f"{name}:{first}")
    beneath = _first_cells(lines, table)
    check_title(columns, beneath, f"{name}:{first}")
    extra = beneath[len(cells) :]
    width = len(cells) + (0 if any(cell.strip() for cell in extra) else len(extra))
    return _Table(name, columns, width, table.dialect, torn)


def _skip_to_header(lines: LineBuffer) -> str:
    """Read on to the header line; the delimiter that a line ``sep=;`` above it names, as Excel writes it."""
    told = ""
    for line in lines:
        plain = line.strip("\ufeff \r\n" + MARKS + '"')
        if plain.lower() == "sep=" or re.fullmatch('sep=[^\\w"]', plain.lower()):
            found = re.search('sep=([^\\w"\r\n])', line, re.IGNORECASE)
            told = found.group(1) if found else ""
        elif plain:
            lines.give_back(1)
            break
    lines.next_record()
    return told


def _unmarked(lines: LineBuffer) -> Iterator[str]:
    """Lines without the byte-order marks of the first."""
    for number, line in enumerate(lines):
        yield line if number else line.lstrip("\ufeff")


def _first_cells(lines: LineBuffer, table: _Table) -> list[str]:
    """The cells of the first row below the header."""
    lines.ahead(0)  # is waited for
    try:
        return next((cells for cells in table.cells(lines.coming(LOOKED_AHEAD)) if not _are_blank(cells)), [])
    except csv.Error:
        return []


def _columns(header: list[str], where: str) -> list[str]:
    """The names of the columns; without those at the end that have none, if there are several."""
    if not all(map(is_decoded, header)):
        raise UnicodeError
    if any("\0" in cell for cell in header):
        raise nul_bytes(where.rpartition(":")[0], "".join(header))
    if header.count("") > 1:
        while header and not header[-1]:
            header.pop()
    if header.count("") > 1:
        header = [cell or f"unnamed {number}" for number, cell in enumerate(header, start=1)]
    twice = sorted({cell for cell in header if header.count(cell) > 1})
    if twice:
        raise InputError(f"{where} names the column '{twice[0]}' twice.", fix="Rename or remove one of them.")
    return header
