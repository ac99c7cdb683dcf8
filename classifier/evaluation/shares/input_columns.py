"""Which column of a file of predictions, or of labelled articles, holds what."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from classifier.articles.columns import ALIASES, meant_columns
from classifier.articles.dates import plain_day
from classifier.articles.predicted_by import BEST_GUESS, LABEL
from classifier.articles.source_names import Spellings
from classifier.articles.whole_numbers import whole
from classifier.dataset.duplicates import text_key

PERIODS: dict[str, Callable[[dt.date], str]] = {
    "year": lambda day: f"{day:%Y}",
    "quarter": lambda day: f"{day:%Y}-Q{(day.month + 2) // 3}",
    "month": lambda day: f"{day:%Y-%m}",
    "week": lambda day: f"{day:%G-W%V}",
    "day": lambda day: f"{day:%Y-%m-%d}",
}
NONE = "(none)"
Group = tuple[str, ...]


@dataclass(frozen=True)
class Written:
    """How files of predictions, and of labelled articles, are written.

    Attributes:
        columns: standard name -> the files' name for it: label (of articles labelled by hand), id, text, target,
            source, date, ….
        encoding: of text files.
        sheet: of workbooks, where several have rows.
        date_format: of dates, as `datetime.datetime.strptime` takes it; None = their column tells.
        usual: a format of dates that is tried where their column leaves doubt, such as that of training.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    encoding: str = "utf-8"
    sheet: str | None = None
    date_format: str | None = None
    usual: str | None = None


AS_USUAL = Written()


def plain_day_or_none(text: str | None) -> str | None:
    """The day of a date that can be read by itself."""
    return None if text is None else plain_day(text)


@dataclass(frozen=True)
class InputColumns:
    """Which column of a file holds what: standard name -> the file's name; the columns to group by; the predictions.

    Error rates are those of all labels, not of those that are left where a model abstains: the best guess is counted.

    Attributes:
        names: standard name -> the file's name, of the columns that it has.
        by: columns to group by, as they were named.
        grouped: the file's names of these: where it has no such column, that of the standard name.
        cut: those of them that are cut from the date.
        predicted: the column of predicted labels.
        day_of: reads a date that is written as text.
        spelt: column -> the spellings of its values: those of one source, or of one other name, are one group.
    """

    names: Mapping[str, str]
    by: tuple[str, ...]
    grouped: tuple[str, ...]
    cut: frozenset[str]
    predicted: str = LABEL
    day_of: Callable[[str | None], str | None] = plain_day_or_none
    spelt: Mapping[str, Spellings] = field(default_factory=lambda: defaultdict(Spellings), repr=False, compare=False)

    @classmethod
    def find(cls, present: Sequence[str], by: Sequence[str], columns: Mapping[str, str]) -> InputColumns:
        """Find the columns of a file.

        Args:
            present: its columns.
            by: columns to group by, also by their standard names, or year, quarter, month, week, day.
            columns: standard name -> the file's name, where it was given.

        Example:
            >>> InputColumns.find(["text", "Outlet"], ["source"], {}).grouped
            ('Outlet',)
        """
        named = {key: name for key, name in columns.items() if name in present}
        found = {key: named.get(key) or _recognised(key, present) for key in ALIASES}
        names = {key: name for key, name in found.items() if name}
        cut = frozenset(name for name in by if name in PERIODS and name not in present)
        abstained = any(pair == (LABEL, BEST_GUESS) for pair in pairwise(present))
        grouped = tuple(name if name in present else names.get(name, name) for name in by)
        return cls(names, tuple(by), grouped, cut, BEST_GUESS if abstained else LABEL)

    def group(self, values: Mapping[str, Any]) -> tuple[Group, bool]:
        """The values of the grouping columns, and whether a date was needed and there is none."""
        date = self._date(values) if self.cut else None
        dated = {name: NONE if date is None else PERIODS[name](date) for name in self.cut}
        group = tuple(dated.get(name) or self.spelt[name].of(plain_value(values.get(name))) for name in self.grouped)
        return group, bool(self.cut) and date is None

    def _date(self, values: Mapping[str, Any]) -> dt.date | None:
        value = self.value("date", values)
        if isinstance(value, dt.date):
            return value
        day = None if value is None else self.day_of(str(value))
        return None if day is None else dt.date.fromisoformat(day)

    def value(self, key: str, values: Mapping[str, Any]) -> Any:
        """The value of a standard column, None where there is none."""
        value = values.get(self.names[key]) if key in self.names else None
        return None if value == "" or value != value else value

    def identity(self, key: str, values: Mapping[str, Any]) -> Hashable | None:
        """An article's id; or the key of its text, with the claim where there is one."""
        value = self.value(key, values)
        if value is None or key == "id":
            return None if value is None else str(whole(value))
        return text_key(str(value)), text_key(str(self.value("target", values) or ""))


def group_reader(present: Sequence[str], by: Sequence[str]) -> Callable[[Mapping[str, Any]], Group] | None:
    """Read the values of grouping columns from the rows of another table; None where it does not have all of them.

    Args:
        present: columns of the table.
        by: as in `count_predictions`.

    Example:
        >>> read = group_reader(["date", "source"], ["source", "month"])
        >>> read({"date": "2024-05-07", "source": "Post"})
        ('Post', '2024-05')
        >>> group_reader(["date"], ["section"]) is None
        True
    """
    layout = InputColumns.find(present, by, {})
    known = {*present, *(layout.cut if "date" in layout.names else ())}
    return None if {*by} - known else lambda values: layout.group(values)[0]


def _recognised(key: str, present: Sequence[str]) -> str | None:
    return next((found[0] for alias in ALIASES[key] if (found := meant_columns(alias, present))), None)


def plain_value(value: Any) -> str:
    """A cell as text; `NONE` for an empty one."""
    return NONE if value is None or value == "" or value != value else str(value)
