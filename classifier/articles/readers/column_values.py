"""Values that were seen in the columns of a table: they tell a row from a line of prose."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

SHORT = 60  # characters of a value that can be told again
KEPT = 2000  # different values that are kept per column
FEW = 4  # values from which a column is known
LONG_NUMBER = 5  # digits of a number that is no year, nor what stands before a comma in 1,000
MANY = 50  # values after which a new one is no longer expected in a column of few


class ColumnValues:
    """The short values of each column, and which columns have values that begin with a space.

    Example:
        >>> values = ColumnValues(2)
        >>> for number, label in enumerate(["satire", "news", "satire", "news"]):
        ...     values.learn([f"n{number}", label])
        >>> values.fits(1, "news"), values.fits(1, " the council would vote."), values.fits(0, "n17")
        (True, False, True)
    """

    def __init__(self, width: int) -> None:
        self.rows = 0
        self.columns: list[Counter[str]] = [Counter() for _ in range(width)]
        self.indented: set[int] = set()

    def learn(self, cells: Sequence[str]) -> None:
        """Keep the short cells of a row."""
        self.rows += 1
        for column, (seen, cell) in enumerate(zip(self.columns, cells, strict=False)):
            if cell[:1] == " ":
                self.indented.add(column)
            if len(cell) <= SHORT and "\n" not in cell and (len(seen) < KEPT or cell in seen):
                seen[cell] += 1

    def fits(self, column: int, value: str) -> bool | None:
        """Whether a value is like those of a column; None where the column does not tell."""
        if value[:1] == " " and column not in self.indented and self.rows:
            return False
        seen = self.columns[column]
        known = seen.total()
        if not known or known < 0.9 * self.rows:
            return None
        if not value.strip():
            return False if known >= MANY and not seen[""] else None
        if is_closed(seen):
            return value in seen or (None if known < MANY and _is_alike(value, seen) else False)
        forms = {_form(each) for each in list(seen)[:200] if each}
        form = forms.pop() if len(forms) == 1 and known >= FEW else ""
        if form == "9":
            if not value.isdecimal():
                return False
            return True if len(value) >= LONG_NUMBER and len(value) in map(len, seen) else None
        if form:
            return _form(value) == form
        return True if value in seen and not value.isdecimal() else None


def is_closed(seen: Mapping[str, int]) -> bool:
    """Whether a column holds few values again and again, as one of labels does.

    Example:
        >>> is_closed({"satire": 2, "news": 2}), is_closed({"satire": 1, "news": 1, "opinion": 1, "sport": 1})
        (True, False)
    """
    total = sum(seen.values())
    return total >= FEW and len(seen) <= max(total / 4, min(total * 2 / 3, 5))


def _is_alike(value: str, seen: Iterable[str]) -> bool:
    """Whether a value could be a new one of a column: as many words as another, no space before it.

    Example:
        >>> [_is_alike(value, ["satire", "news"]) for value in ("opinion", " Germany", "and the council left.")]
        [True, False, False]
    """
    return value == value.strip() and any(len(value.split()) <= len(each.split()) for each in seen)


def _form(value: str) -> str:
    """What a value has in common with others of its column; empty where that tells nothing.

    Example:
        >>> [_form(value) for value in ("n12", "2024-05-31", "17", "https://a.org/b", "some words", "5e0f77ab")]
        ['n9', '9-9-9', '9', 'http', '', '9e9f9ab']
    """
    if value.startswith(("http://", "https://")):
        return "http"
    form = re.sub(r"\d+", "9", value)
    return form if "9" in form and " " not in form else ""
