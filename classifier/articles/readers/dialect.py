"""How a table divides its cells, as its first lines show."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

MARKS = ",;\t|"


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
    best = max(found, key=lambda dialect: _fitting(header, following, dialect))
    if usual != "," and best.delimiter != usual and not _fitting(header, following, best):
        return Dialect(usual)
    return best


def _spaced(header: str, mark: str) -> bool:
    return mark != "\t" and header.count(mark) == len(re.findall(re.escape(mark) + " +", header))


def _fitting(header: str, following: Sequence[str], dialect: Dialect) -> int:
    """How many of the lines below have as many cells as the header."""
    width = len(dialect.cells(header))
    return sum(len(dialect.cells(line)) == width for line in following)
