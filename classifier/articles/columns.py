"""Which column of a table holds what: standard names, their aliases, and the names that the user gives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from classifier.articles.readers.row import Row
from classifier.errors import Fault, InputError, did_you_mean, names

ALIASES: dict[str, tuple[str, ...]] = {
    "id": ("id",),
    "text": ("text",),
    "label": ("label", "labels"),
    "title": ("title",),
    "target": ("target", "text_pair", "claim", "headline"),
    "source": ("source",),
    "author": ("author",),
    "date": ("date",),
    "language": ("language",),
    "url": ("url",),
}
ROWS_FOR_COLUMNS = 1000  # rows that are read to find the columns of a table


@dataclass(frozen=True, slots=True)
class Schema:
    """Which column of a table holds what, and how labels are written.

    Attributes:
        columns: standard name -> name in the table.
        multi_label: whether an article may have none or several labels.
        label_separator: separates the labels in one cell, such as ``;``.
    """

    columns: Mapping[str, str]
    multi_label: bool = False
    label_separator: str | None = None

    @property
    def pair(self) -> bool:
        """Whether the input is a (target, text) pair."""
        return "target" in self.columns


def find_columns(
    present: Sequence[str], named: Mapping[str, str | None], *, pair: bool | None, labelled: bool, file: str
) -> dict[str, str]:
    """Match a table's columns to the standard names: the named ones first, then those recognised by name.

    Args:
        present: the table's columns.
        named: standard name -> the user's name for it, or None.
        pair: True demands a target, False ignores it, None takes it if it is there.
        labelled: whether a label column is needed.
        file: name of the table, for messages.

    Raises:
        InputError: a needed or named column is missing; the message names the columns that are there.

    Example:
        >>> find_columns(["Body", "label"], {"text": "Body"}, pair=None, labelled=True, file="a.csv")
        {'text': 'Body', 'label': 'label'}
    """
    faults = [_missing(key, name, present, file) for key, name in named.items() if name and name not in present]
    found = {key: named.get(key) or _recognised(key, present, named) for key in ALIASES}
    if pair is False:
        if not found["title"] and found["target"] in ("headline", "Headline"):
            found["title"] = found["target"]
        found["target"] = None
    needed = ["text", *(["label"] if labelled else []), *(["target"] if pair else [])]
    faults += [_missing(key, key, present, file) for key in needed if not found[key]]
    if faults:
        missing = [key for key, name in found.items() if (name and name not in present) or (key in needed and not name)]
        raise InputError(
            "A needed column is missing." if len(faults) == 1 else f"{len(faults)} needed columns are missing.",
            faults=faults,
            fix="Name your own: " + " ".join(f"--set data.columns.{key}=NAME" for key in missing),
        )
    return {key: name for key, name in found.items() if name}


def columns_of(rows: Iterable[Row | Fault]) -> tuple[list[str], Iterator[Row | Fault]]:
    """The columns of the first 1,000 rows, and all rows; JSON records need not all have the same keys."""
    rows = iter(rows)
    first = list(islice(rows, ROWS_FOR_COLUMNS))
    present = dict.fromkeys(name for row in first if isinstance(row, Row) for name in row.values)
    return list(present), chain(first, rows)


def _recognised(key: str, present: Sequence[str], named: Mapping[str, str | None]) -> str | None:
    taken = {name for name in named.values() if name}
    free = {name.lower(): name for name in reversed(present) if name not in taken}
    return next((free[alias] for alias in ALIASES[key] if alias in free), None)


def _missing(key: str, name: str, present: Sequence[str], file: str) -> Fault:
    hint = did_you_mean(name, present)
    aliases = f" (nor {', '.join(ALIASES[key][1:])})" if name == key and ALIASES[key][1:] else ""
    return Fault(file, f"there is no column '{name}'{aliases} for the {key}.{hint} It has {names(present)}")
