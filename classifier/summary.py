"""What a result says in short: a verdict, small tables and remarks; as text for `print`, as HTML for a notebook.

A result of `classifier.evaluation` may not import `classifier.reports`, which words it. So
`classifier.reports.summaries` registers a function for each class here (`summarised_by`); the results of
`classifier.jobs` call theirs themselves.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from io import StringIO
from typing import Any

from classifier.errors import counted

MOST_ROWS = 20  # of a table
LONGEST = 1000  # characters of a cell or a sentence
WIDTH = (100, 24)  # of text where there is no terminal
LEFT, RIGHT = "left", "right"

_KNOWN: dict[str, Callable[[Any], Summary]] = {}


@dataclass(frozen=True)
class SmallTable:
    """A table within a summary.

    Attributes:
        columns: its headings, the first that of names; empty where it has none.
        rows: its cells.
        title: a sentence above it.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    title: str = ""

    @property
    def shown(self) -> list[list[str]]:
        """The rows that are shown, as text."""
        return [[_cut(cell) for cell in row] for row in self.rows[:MOST_ROWS]]

    @property
    def more(self) -> str:
        """A sentence that says how many rows are left out; empty where all are shown."""
        left = len(self.rows) - MOST_ROWS
        return f"{counted(left, 'more row')}." if left > 0 else ""

    @property
    def sides(self) -> list[str]:
        """Where the cells of each column stand: names to the left, figures to the right."""
        width = len(self.rows[0]) if self.rows else len(self.columns)
        return [LEFT, *[RIGHT if self.columns else LEFT] * (width - 1)]


@dataclass(frozen=True)
class Summary:
    """A result in short.

    Attributes:
        verdict: what was found, in a sentence.
        tables: those without rows are left out.
        remarks: sentences below them.

    Example:
        >>> found = Summary("A <b>.", (SmallTable(("", "F1"), (("model", 0.5), ("TF-IDF", 0.25))),), ("Look.",))
        >>> print(found.text())
        A <b>.
        <BLANKLINE>
                  F1
        model    0.5
        TF-IDF  0.25
        <BLANKLINE>
        Look.
        >>> print(Summary("A <b>.", (), ("Look.",)).html())
        <div><p><b>A &lt;b&gt;.</b></p>
        <p>Look.</p></div>
    """

    verdict: str
    tables: tuple[SmallTable, ...] = ()
    remarks: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        verdict: str,
        columns: Sequence[str] = (),
        rows: Iterable[Sequence[object]] = (),
        *,
        remarks: Iterable[str] = (),
    ) -> Summary:
        """One with a single table, or none."""
        return cls(verdict, (SmallTable(columns, list(rows)),), tuple(remarks))

    def text(self) -> str:
        """As plain text, as wide as the terminal."""
        tables = [part for table in self.tables if table.rows for part in (table.title, _text_table(table), table.more)]
        parts = (_cut(self.verdict), *tables, "\n".join(map(_cut, self.remarks)))
        return "\n\n".join(part for part in parts if part)

    def html(self) -> str:
        """As HTML; every word is escaped."""
        tables = [part for table in self.tables if table.rows for part in _html_table(table)]
        parts = [f"<p><b>{_html(self.verdict)}</b></p>", *tables, *map(_paragraph, self.remarks)]
        return f"<div>{chr(10).join(parts)}</div>"


class Summarised:
    """A result that `print` shows as text, and a notebook as HTML."""

    def _summary(self) -> Summary | None:
        """What it says in short; None where nobody registered how."""
        summary = _KNOWN.get(type(self).__name__)
        return None if summary is None else summary(self)

    def __str__(self) -> str:
        summary = self._summary()
        return repr(self) if summary is None else summary.text()

    def _repr_html_(self) -> str | None:
        summary = self._summary()
        return None if summary is None else summary.html()


def summarised_by(kind: str, summary: Callable[[Any], Summary]) -> None:
    """Register what results of a class, given by its name, say in short.

    Example:
        >>> class Count(Summarised):
        ...     total = 3
        >>> summarised_by("Count", lambda count: Summary(f"There are {count.total}."))
        >>> print(Count())
        There are 3.
    """
    _KNOWN[kind] = summary


def _cut(words: object) -> str:
    text = str(words)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _text_table(table: SmallTable) -> str:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table(*table.columns, box=None, pad_edge=False, padding=(0, 1), show_header=any(table.columns))
    for index, side in enumerate(table.sides):
        if not table.columns:
            grid.add_column()
        grid.columns[index].justify = "right" if side == RIGHT else "left"
    for row in table.shown:
        grid.add_row(*map(Text, row))
    width = shutil.get_terminal_size(WIDTH).columns
    console = Console(file=StringIO(), width=width, color_system=None, markup=False, highlight=False, emoji=False)
    with console.capture() as found:
        console.print(grid)
    return "\n".join(line.rstrip() for line in found.get().splitlines())


def _html_table(table: SmallTable) -> list[str]:
    def cells(row: Sequence[str], tag: str) -> str:
        placed = zip(row, table.sides, strict=True)
        return "".join(f'<{tag} style="text-align: {side}">{_html(cell)}</{tag}>' for cell, side in placed)

    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in table.shown)
    head = f"<thead><tr>{cells(table.columns, 'th')}</tr></thead>" if table.columns else ""
    parts = [_paragraph(table.title) if table.title else "", f"<table>{head}", f"<tbody>{body}</tbody></table>"]
    return [part for part in (*parts, _paragraph(table.more) if table.more else "") if part]


def _paragraph(words: str) -> str:
    return f"<p>{_html(words)}</p>"


def _html(words: object) -> str:
    return escape(_cut(words))
