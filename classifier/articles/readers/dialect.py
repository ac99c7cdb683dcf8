"""How a table divides its cells, as its first lines show."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence, Set
from dataclasses import dataclass

from classifier.articles.folding import name_key

MARKS = ",;\t|"
NAME_WORDS = 3  # words of a column's name, where none of the names is known
ROWS = 2  # rows below a header that make a table of it, where none of its names is known


@dataclass(frozen=True, slots=True)
class Dialect:
    """What stands between cells.

    Attributes:
        delimiter: one character.
        spaced: whether a space follows it, which is no part of the next cell.
    """

    delimiter: str
    spaced: bool = False

    def cells(self, line: str) -> list[str]:
        """The cells of one line.

        Example:
            >>> Dialect(",").cells('1,"x, y"')
            ['1', 'x, y']
        """
        return next(csv.reader([line], delimiter=self.delimiter, skipinitialspace=self.spaced), [])


def find_dialect(header: str, following: Sequence[str], usual: str) -> Dialect:
    """The dialect in which the lines below the header have as many cells as the header.

    Args:
        header: the header line.
        following: some lines below it.
        usual: the delimiter that the file's name promises; taken in doubt.

    Example:
        >>> find_dialect('text;label;"notes, free"', ["x;a;"], ",").delimiter
        ';'
        >>> find_dialect("id, text", ['1, "x, y"'], ",")
        Dialect(delimiter=',', spaced=True)
    """
    outside = re.sub(r'"(?:[^"]|"")*"', '""', header)
    marks = sorted((mark for mark in MARKS if mark in outside), key=lambda mark: (mark != usual, -outside.count(mark)))
    found = [Dialect(mark, spaced) for mark in marks for spaced in (_spaced(outside, mark), True)]
    if not found:
        return Dialect(usual)
    fitting = {dialect: _fitting_records(header, following, dialect) for dialect in found}
    if not any(fitting.values()):  # as where a stray quote mark makes one record of all lines
        fitting = {dialect: _fitting_lines(header, following, dialect) for dialect in found}
    best = max(found, key=fitting.__getitem__)
    if usual != "," and best.delimiter != usual and not fitting[best]:
        return Dialect(usual)
    return best


def find_table(lines: Sequence[str], text_columns: Set[str]) -> Dialect | None:
    """How a table divides its cells: its first line names a column of texts, or only columns; None for no table.

    Example:
        >>> find_table(["id;text", "1;x"], {"text"})
        Dialect(delimiter=';', spaced=False)
        >>> find_table(["Well, no", "Yes, please", "Oh, that"], {"text"})
    """
    if re.fullmatch('"?sep=[^\\w"]"?', lines[0].strip(), re.IGNORECASE):
        return Dialect(lines[0].strip('" \r\n')[-1])
    dialect = find_dialect(lines[0], lines[1:10], ",")
    names = dialect.cells(lines[0])
    if text_columns & {*map(name_key, names)}:
        return dialect
    alike = [dialect.cells(line) for line in lines[1 : ROWS + 1]]
    plain = all(name == name.strip(MARKS + " ") and 0 < len(name.split()) <= NAME_WORDS for name in names)
    whole = len(names) > 1 and len(alike) == ROWS and all(len(cells) == len(names) for cells in alike)
    return dialect if plain and whole and not dialect.spaced else None


def _spaced(header: str, mark: str) -> bool:
    return mark != "\t" and header.count(mark) == len(re.findall(re.escape(mark) + " +", header))


def _fitting_records(header: str, following: Sequence[str], dialect: Dialect) -> int:
    """How many of the records below have as many cells as the header; a quoted cell may have several lines."""
    width = len(dialect.cells(header))
    records = csv.reader(following, delimiter=dialect.delimiter, skipinitialspace=dialect.spaced)
    return sum(len(cells) == width for cells in records)


def _fitting_lines(header: str, following: Sequence[str], dialect: Dialect) -> int:
    """How many of the lines below have as many cells as the header."""
    width = len(dialect.cells(header))
    return sum(len(dialect.cells(line)) == width for line in following)
