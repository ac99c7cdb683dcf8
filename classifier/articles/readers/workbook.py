"""Rows of workbooks: Excel (.xlsx, .xlsm, .xlsb, .xls) and OpenDocument (.ods).

A sheet is unpacked whole, since that is how its format is made: memory grows with it. Its rows become values of Python
one at a time.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from classifier.articles.readers.row import Row
from classifier.articles.readers.title_line import check_title
from classifier.articles.reading import note_sheet
from classifier.errors import InputError, counted, names
from classifier.temporary import path_name

logger = logging.getLogger(__name__)

LONGEST_CELL = 32_767  # characters (UTF-16 units) that a cell of Excel holds
SHOWN = 5  # rows that a warning names


def read_workbook(path: Path, sheet: str | None = None) -> Iterator[Row]:
    """The rows of a sheet below its header, the first row that is not empty; rows have the numbers that Excel shows.

    Whole numbers are integers; a cell that is merged over several rows counts for each of them that holds anything
    else; empty cells and cells with an error (#N/A) are None.

    Args:
        path: the workbook.
        sheet: name of the sheet; None, or a name that only other files have = the only one with rows.

    Raises:
        InputError: the file is damaged or has a password; several sheets have rows; the header
            names a column twice.
    """
    with _opened(path) as book:
        taken = _sheet(path, book, sheet)
        cells = book.get_sheet_by_name(taken)  # its rows become values of Python one at a time
    note_sheet(str(path), taken)
    found = _look_at(cells)
    merged = _merged_below(cells, found)
    if not found.first:
        raise InputError(f"'{path}' has no rows.", fix="Give a header and one article per row below it.")
    header = _header(path, found)
    named = [_name(cell) for cell in found.first if _is_filled(cell)]
    spans = len(named) == 1 < len(found.second) and _is_wide(cells, found)
    check_title(named, found.second, f"{path}, row {found.number}", spans=spans)
    _warn_of_cut_texts(path, found.cut)
    _say_merged(path, [name for column, name in header.items() if any(column in row for row in merged.values())])
    above: dict[int, Any] = {}
    for number, row in enumerate(cells.iter_rows(), start=1):
        if number > found.number and any(map(_is_filled, row)):
            full = _filled_down(row, number, merged.get(number, {}), above)
            values = {name: _value(full[column], timed=column in found.timed) for column, name in header.items()}
            yield Row(f"{path}, row {number}", values)


@dataclass
class _Found:
    """What the rows of a sheet show.

    Attributes:
        number: of the first row that is not empty, counted from 1.
        first: its cells.
        second: the cells of the next row that has any, those that are empty left out.
        used: columns that have a value in another row.
        timed: columns with dates that have a time of day.
        cut: numbers of rows with a text that is as long as a cell can hold.
        left: how many empty columns stand before the first.
    """

    number: int = 0
    first: Sequence[Any] = ()
    second: list[str] = field(default_factory=list)
    used: set[int] = field(default_factory=set)
    timed: set[int] = field(default_factory=set)
    cut: list[int] = field(default_factory=list)
    left: int = 0


def _look_at(cells: Any) -> _Found:
    found = _Found(left=(cells.start or (0, 0))[1])
    for number, row in enumerate(cells.iter_rows(), start=1):
        filled = [column for column, cell in enumerate(row) if _is_filled(cell)]
        if not filled:
            continue
        if found.first:
            found.second = found.second or [_name(row[column]) for column in filled]
            found.used.update(filled)
        else:
            found.number, found.first = number, row
        found.timed.update(column for column in filled if _has_time(row[column]))
        if any(isinstance(row[column], str) and is_full(row[column]) for column in filled):
            found.cut.append(number)
    return found


def _is_wide(cells: Any, found: _Found) -> bool:
    """Whether the first row has a cell that is merged over several columns."""
    ranges = cells.merged_cell_ranges or ()
    return any(top <= found.number - 1 <= low and right > left for (top, left), (low, right) in ranges)


def _merged_below(cells: Any, found: _Found) -> dict[int, dict[int, int]]:
    """Number of a row -> its columns that are merged over several rows below the header -> the first of these rows.

    A file keeps the value in that row alone, and the others are empty.
    """
    merged: dict[int, dict[int, int]] = {}
    for (first, column), (last, _) in cells.merged_cell_ranges or ():
        if last > first >= found.number:
            for row in range(first, min(last, cells.end[0]) + 1):
                merged.setdefault(row + 1, {})[column - found.left] = first + 1
    return merged


def _filled_down(row: Sequence[Any], number: int, merged: Mapping[int, int], above: dict[int, Any]) -> Sequence[Any]:
    """The cells of a row with the values of merged ones, of which ``above`` keeps the latest of each column."""
    if not merged:
        return row
    full = list(row)
    for column, first in merged.items():
        if number == first:
            above[column] = row[column]
        else:
            full[column] = above.get(column)
    return full


def sheet_names(path: Path) -> list[str]:
    """Names of the sheets of a workbook.

    Raises:
        InputError: the file is damaged or has a password.
    """
    with _opened(path) as book:
        return list(book.sheet_names)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        with path.open("rb") as file, CalamineWorkbook.from_filelike(file) as book:
            yield book
    except PasswordError:
        raise InputError(f"'{path}' has a password.", fix="Save it without one.") from None
    except (CalamineError, OSError) as error:
        raise InputError(
            f"'{path}' cannot be read as a workbook: {error}.", fix="Save it again as .xlsx, or as CSV."
        ) from None


def _sheet(path: Path, book: Any, sheet: str | None) -> str:
    """The sheet that is named, or the only one that has rows."""
    if sheet is not None and sheet in book.sheet_names:
        return sheet
    shown = [found.name for found in book.sheets_metadata if str(found.visible).endswith(".Visible")]
    filled = [name for name in shown if book.get_sheet_by_name(name).height] or list(book.sheet_names)
    if len(filled) > 1:
        lacking = f" and no sheet '{sheet}'" if sheet is not None else ""
        raise InputError(
            f"'{path}' has several sheets with rows{lacking}: {names(filled)}.", fix=f"Name one: --sheet '{filled[0]}'"
        )
    return str(filled[0])


def _is_filled(cell: Any) -> bool:
    return not (cell is None or (isinstance(cell, str) and not cell.strip()))


def _header(path: Path, sheet: _Found) -> dict[int, str]:
    """Position -> name of each column; one without a name is left out if it is empty, else called by its letter."""
    header = {column: _name(cell) for column, cell in enumerate(sheet.first) if _is_filled(cell)}
    header |= {column: f"column {_letters(sheet.left + column)}" for column in sorted(sheet.used - header.keys())}
    found = list(header.values())
    twice = sorted({name for name in found if found.count(name) > 1})
    if twice:
        raise InputError(
            f"{path}, row {sheet.number} names the column '{twice[0]}' twice.", fix="Rename or remove one of them."
        )
    return dict(sorted(header.items()))


def _name(cell: Any) -> str:
    return str(_value(cell)).strip()


def _letters(column: int) -> str:
    """The letters by which a spreadsheet program calls a column, counted from 0."""
    before, last = divmod(column, 26)
    return (_letters(before - 1) if before else "") + chr(ord("A") + last)


def _has_time(cell: Any) -> bool:
    return isinstance(cell, dt.datetime) and cell.time() != dt.time()


def _value(cell: Any, *, timed: bool = False) -> Any:
    """A cell as a value: whole numbers as integers, which a workbook keeps as floats.

    Args:
        cell: as the library reads it.
        timed: whether dates of this column have a time of day; it is midnight where the cell has none.
    """
    if not _is_filled(cell):
        return None
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return int(cell)
    if isinstance(cell, dt.datetime):
        return cell if timed else cell.date()
    if isinstance(cell, dt.date) and timed:
        return dt.datetime.combine(cell, dt.time())
    return cell


def _warn_of_cut_texts(path: Path, cut: Sequence[int]) -> None:
    if cut:
        more = " …" if len(cut) > SHOWN else ""
        logger.warning(
            "%s: %s a text of %s characters, the most that a cell of Excel holds, so the rest is probably "
            "cut off: row %s%s",
            path_name(path),
            counted(len(cut), "row holds", "rows hold"),
            f"{LONGEST_CELL:,}",
            ", ".join(map(str, cut[:SHOWN])),
            more,
        )


def _say_merged(path: Path, columns: Sequence[str]) -> None:
    if columns:
        logger.info(
            "%s: a cell that is merged over several rows counts for each of them: %s", path_name(path), names(columns)
        )


def is_full(text: str) -> bool:
    """Whether a text has as many characters as a cell of Excel can hold, or more."""
    return 2 * len(text) >= LONGEST_CELL and excel_length(text) >= LONGEST_CELL


def excel_length(text: str) -> int:
    r"""How many characters Excel counts in a text: units of UTF-16.

    Example:
        >>> excel_length("a"), excel_length("\N{GRINNING FACE}")
        (1, 2)
    """
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2
