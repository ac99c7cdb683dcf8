"""Workbooks for tests."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter


def write_workbook(path: Path, sheets: Mapping[str, Sequence[Sequence[Any]]], *, hidden: Sequence[str] = ()) -> Path:
    """Write rows of cells to the sheets of an Excel file; text beginning with ``=`` becomes a formula."""
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, cells in enumerate(rows):
                sheet.write_row(number, 0, cells)
        for name in hidden:
            book.get_worksheet_by_name(name).hide()
    return path
