"""Stray quotes: a quote mark that opens or closes a cell of a table by mistake, and what it does to the rows.

A stray quote at the start of a cell swallows every line up to the next quote mark that can close it. The lines that it
swallows give it away: each is a whole row by itself, with values that other rows have in the same columns. The lines of
a text in quotes are not, however many commas they hold.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from classifier.articles.readers.column_values import ColumnValues, is_closed

ENOUGH = {"\t": 1, ";": 2, "|": 2, ",": 3}  # lines without a space after their delimiters: rows, if no column tells
MANY = 6  # lines that tell the values of a column among themselves


def are_whole_rows(lines: Sequence[str], cells: Sequence[str], delimiter: str, values: ColumnValues) -> bool:
    r"""Whether the lines of one record are rows of their own, so that its quotes are stray.

    Args:
        lines: of the record.
        cells: of the record, as its quotes divide it.
        delimiter: between cells.
        values: of the table's columns.

    Example:
        >>> values = ColumnValues(2)
        >>> for label in ("satire", "news") * 3:
        ...     values.learn(["A text.", label])
        >>> are_whole_rows(['"He said,news', 'and left",news'], ["He said,news\nand left", "news"], ",", values)
        True
        >>> are_whole_rows(['"In Rome, he', 'left.",news'], ["In Rome, he\nleft.", "news"], ",", values)
        False
    """
    width = len(values.columns)
    if not may_be_rows(lines, delimiter, width):
        return False
    rows = [line.rstrip("\r\n").split(delimiter) for line in lines if line.strip()]
    if not any("\n" in cell or "\r" in cell for cell in cells):
        return False
    free = [cells for cells in _free(rows, cells, width) if cells]
    own = [Counter(row[column] for row in rows if len(row) == width) for column in range(width)]
    votes = [_vote(row, values, own, delimiter) for row in free]
    if any(votes):
        return votes.count(1) > 0 and votes.count(-1) * 4 <= votes.count(1)
    divided = [cell for row in free for cell in row.values()]
    return len(free) >= ENOUGH.get(delimiter, 3) and all(cell[:1].isalnum() and cell.isascii() for cell in divided)


def may_be_rows(lines: Sequence[str], delimiter: str, width: int) -> bool:
    """Whether the first line, the last and nine of ten between them that are not blank have the cells of a row."""
    marks = width - 1
    if not marks or lines[0].count(delimiter) != marks or lines[-1].count(delimiter) != marks:
        return False
    odd = 0
    for line in lines:
        if line.count(delimiter) != marks and line.strip():
            odd += 1
            if odd > len(lines) // 10:
                return False
    return True


def _free(rows: Sequence[list[str]], cells: Sequence[str], width: int) -> Iterator[dict[int, str]]:
    """The cells of each line by column, without those that are the same whether or not the quotes are stray."""
    broken = [column for column, cell in enumerate(cells) if "\n" in cell or "\r" in cell]
    first, last = broken[0], width - len(cells) + broken[-1]
    for number, row in enumerate(rows):
        if len(row) == width:
            start = first + 1 if number == 0 else 0
            stop = last + 1 if number == len(rows) - 1 else width
            yield {column: row[column] for column in range(start, stop)}


def _vote(row: dict[int, str], values: ColumnValues, own: Sequence[Counter[str]], delimiter: str) -> int:
    """1 if the cells are those of a row, -1 if they are not, 0 if they do not tell."""
    found = []
    for column, cell in row.items():
        fit = values.fits(column, cell)
        if fit is None and own[column].total() >= MANY and is_closed(own[column]) and len(cell) < 60 and cell.strip():
            fit = True
        if fit and delimiter == "," and cell.isdecimal() and _goes_on(row.get(column + 1, "")):
            fit = False
        found.append(fit)
    if _count_up(row, own):
        found.append(True)
    return (found.count(True) > found.count(False)) - (found.count(True) < found.count(False))


def _goes_on(cell: str) -> bool:
    """Whether a number goes on after a comma, as in "1,000 people"."""
    return bool(re.match(r"\d+\b(?![.,]?\d*$)", cell))


def _count_up(row: dict[int, str], own: Sequence[Counter[str]]) -> bool:
    """Whether some column numbers the lines one by one."""
    for column in row:
        cells = list(own[column])
        if len(cells) > 1 and all(cell.isdecimal() for cell in cells):
            numbers = [int(cell) for cell in cells]
            if all(b - a == 1 for a, b in pairwise(numbers)):
                return True
    return False


def is_well_formed(record: str, delimiter: str) -> bool:
    """Whether quotes stand only around whole cells.

    Example:
        >>> is_well_formed('"a ""b"" c",d', ","), is_well_formed('a "b",c', ",")
        (True, False)
    """
    cell = rf'(?:"(?:[^"]|"")*+"|[^"{re.escape(delimiter)}\r\n]*+)'
    return re.fullmatch(rf"{cell}(?:{re.escape(delimiter)}{cell})*+[\r\n]*", record) is not None


def opened_column(line: str, delimiter: str) -> int:
    """The column of the first cell of a line whose quotes are broken.

    Example:
        >>> opened_column('"0","He said "no" and', ",")
        1
    """
    cell = rf'(?:"(?:[^"]|"")*+"|[^"{re.escape(delimiter)}]*+){re.escape(delimiter)}'
    start = re.match(rf"(?:{cell})*+", line)
    return len(re.findall(cell, start.group())) if start else 0


def opens_cell(line: str, delimiter: str) -> bool:
    """Whether a line opens a quoted cell that goes on in the next one.

    Example:
        >>> opens_cell('1,"He said', ","), opens_cell('he said "no', ",")
        (True, False)
    """
    mark = re.escape(delimiter)
    cell = rf'(?:"(?:[^"]|"")*+"|[^"{mark}\r\n]*+)'
    return re.match(rf'(?:{cell}{mark})*+"(?:[^"]|"")*+$', line) is not None


def ends_row(line: str, delimiter: str, left: int) -> bool:
    """Whether a line ends a quoted cell and its row, with so many cells left.

    Example:
        >>> ends_row('and left.","satire"', ",", 1), ends_row('said "no" and left', ",", 1)
        (True, False)
    """
    mark = re.escape(delimiter)
    cell = rf'(?:"(?:[^"]|"")*+"|[^"{mark}\r\n]*+)'
    return re.search(rf'(?:^|[^"{mark}]|"")"(?:{mark}{cell}){{{left}}}[\r\n]*$', line) is not None
