"""What is found while files are read, for whoever asks: columns, sheets, and files that are UTF-8.

Articles come as streams, through builders and readers that need not know who wants to say what was read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass
class Reading:
    """What was found in the files that were read.

    Attributes:
        columns: file -> standard name -> the file's name for it.
        sheets: workbook -> the sheet that was read.
        utf8: files that are UTF-8 although another encoding was named; the keys of a mapping, which keeps their order.
    """

    columns: dict[str, Mapping[str, str]] = field(default_factory=dict)
    sheets: dict[str, str] = field(default_factory=dict)
    utf8: dict[str, None] = field(default_factory=dict)

    def column(self, key: str) -> str | None:
        """The name of a column in the files; None where none of them has it."""
        return next((columns[key] for columns in self.columns.values() if key in columns), None)


_READING: ContextVar[Reading | None] = ContextVar("reading", default=None)


@contextmanager
def observed() -> Iterator[Reading]:
    """What is found in the files that are read in this block.

    Example:
        >>> with observed() as found:
        ...     note_columns("a.csv", {"source": "site"})
        >>> found.column("source"), found.column("date")
        ('site', None)
    """
    found = Reading()
    token = _READING.set(found)
    try:
        yield found
    finally:
        _READING.reset(token)


def note_columns(file: str, columns: Mapping[str, str]) -> None:
    """Note which column of a file holds what: standard name -> the file's name."""
    found = _READING.get()
    if found is not None:
        found.columns[file] = dict(columns)


def note_sheet(file: str, sheet: str) -> None:
    """Note which sheet of a workbook is read."""
    found = _READING.get()
    if found is not None:
        found.sheets[file] = sheet


def note_utf8(file: str) -> None:
    """Note that a file is UTF-8 although another encoding was named."""
    found = _READING.get()
    if found is not None:
        found.utf8[file] = None
