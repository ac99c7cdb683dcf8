"""Excel workbooks, written row by row.

Text stays text: what begins with ``=`` is no formula, and an address no link. What Excel cannot hold is refused and
never cut off.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from classifier.articles.arrow import text_cell
from classifier.articles.readers.workbook import LONGEST_CELL, excel_length
from classifier.errors import Fault, InputError, counted

SUFFIX = ".xlsx"
MOST_ROWS = 1_048_575  # below the header
MOST_COLUMNS = 16_384
MOST_DIGITS = 10**15  # whole numbers that Excel keeps exactly; larger ones, such as ids, are written as text
FIRST_DAY = dt.date(1900, 3, 1)  # Excel counts a 29 February 1900 that never was
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "default_date_format": "yyyy-mm-dd hh:mm:ss",
}
MADE = dt.datetime(2000, 1, 1)  # the date that every workbook holds, so that equal rows give equal files
OTHER = "Give --out a name that ends in .csv, .jsonl or .parquet: those hold it."


def cell_faults(where: str, record: Mapping[str, Any]) -> list[Fault]:
    """A fault for each text of a record that is longer than a cell of Excel can be.

    Example:
        >>> [str(fault) for fault in cell_faults("a.csv:2", {"text": "x" * 40_000})]
        ['a.csv:2: text has 40,000 characters, and a cell of Excel holds 32,767']
    """
    found = []
    for name, value in record.items():
        text = text_cell(value) if isinstance(value, (str, list, dict)) else ""
        if 2 * len(text) > LONGEST_CELL and excel_length(text) > LONGEST_CELL:
            what = f"{name} has {excel_length(text):,} characters, and a cell of Excel holds {LONGEST_CELL:,}"
            found.append(Fault(where, what, f"{name} is too long for Excel"))
    return found


@dataclass
class CellCheck:
    """Whether a file can hold some records, found before they are written; any kind but a workbook can.

    Attributes:
        path: the file.
        rows: how many records there are so far.
        faults: texts that are too long.
    """

    path: Path
    rows: int = 0
    faults: list[Fault] = field(default_factory=list)

    def add(self, where: str, record: Mapping[str, Any]) -> None:
        """Look at one record."""
        if is_xlsx(self.path):
            self.rows += 1
            self.faults += cell_faults(where, record)

    def check(self, columns: int) -> None:
        """Raise `InputError` if the records do not fit into a workbook with so many columns."""
        if self.rows > MOST_ROWS:
            raise InputError(f"'{self.path}' cannot hold {self.rows:,} rows: Excel holds {MOST_ROWS:,}.", fix=OTHER)
        if is_xlsx(self.path) and columns > MOST_COLUMNS:
            raise InputError(f"'{self.path}' cannot hold {columns:,} columns: Excel holds {MOST_COLUMNS:,}.", fix=OTHER)
        if self.faults:
            raise InputError(
                f"'{self.path}' cannot hold {counted(len(self.faults), 'text')}; nothing was written.",
                faults=self.faults,
                fix=OTHER,
            )


def is_xlsx(path: Path) -> bool:
    """Whether a name is that of an Excel workbook."""
    return path.suffix.lower() == SUFFIX


class XlsxWriter:
    """Writes records as rows of one sheet; lists and objects as JSON.

    Args:
        path: the file to write.
        columns: their names, in order.
        called: its name in messages.
    """

    def __init__(self, path: Path, columns: Sequence[str], *, called: Path) -> None:
        import xlsxwriter

        self.cells = CellCheck(called)
        self.book = xlsxwriter.Workbook(str(path), OPTIONS)
        self.book.set_properties({"created": MADE})
        self.sheet: Any = self.book.add_worksheet()
        self.day = self.book.add_format({"num_format": "yyyy-mm-dd"})
        self.columns = list(columns)
        self.row = 0
        for number, name in enumerate(self.columns):
            self.sheet.write_string(0, number, name)

    def __enter__(self) -> XlsxWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.book.close()

    def write(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Write some records.

        Raises:
            InputError: a text is longer than a cell can be, or there are too many rows.
        """
        for number, record in enumerate(records, start=self.row + 1):
            self.cells.add(f"row {number}", record)
        self.cells.check(len(self.columns))
        for record in records:
            self.row += 1
            for number, name in enumerate(self.columns):
                self._write_cell(number, record.get(name))

    def _write_cell(self, column: int, value: Any) -> None:
        match value:
            case None:
                return
            case bool():
                self.sheet.write_boolean(self.row, column, value)
            case int() if abs(value) < MOST_DIGITS:
                self.sheet.write_number(self.row, column, value)
            case float() if math.isfinite(value):
                self.sheet.write_number(self.row, column, value)
            case float() if math.isnan(value):
                return
            case dt.datetime() if value.tzinfo is None and value.date() >= FIRST_DAY:
                self.sheet.write_datetime(self.row, column, value)
            case dt.date() if not isinstance(value, dt.datetime) and value >= FIRST_DAY:
                self.sheet.write_datetime(self.row, column, value, self.day)
            case _:
                self.sheet.write_string(self.row, column, text_cell(value))
