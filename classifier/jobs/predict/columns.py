"""The columns of what is labelled, with their kinds of values: found chunk by chunk, and named when all are known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from classifier.articles.arrow import LONGEST, Instant, Long
from classifier.articles.new_articles import ADDED, ERROR, SCORE_OF, free_name
from classifier.articles.plain_values import ForeignValue, GivenLabels
from classifier.articles.predicted_by import BEST_GUESS, PREDICTED_BY, SCORED_BY
from classifier.articles.readers.row import Row
from classifier.jobs.predict.added import EVIDENCE, SETS

ORIGINAL = "original_"
NAMES = frozenset({*ADDED, BEST_GUESS, SETS, EVIDENCE, PREDICTED_BY, SCORED_BY, ERROR})  # of columns that may be added
TYPES = (
    *(type(None), bool, int, Long, float, str, list, dict, tuple, bytes),
    *(Instant, dt.datetime, dt.date, dt.time, Decimal, GivenLabels, ForeignValue),
)
BY_NAME = {kind.__name__: kind for kind in TYPES}
Key = tuple[str, tuple[str, ...]]  # a column, and all columns of its row that are named as those that may be added


@dataclass
class Columns:
    """The columns of some rows.

    Which name a column has beside those that are added depends on what else its row has, and on what is added.

    Attributes:
        kinds: column -> the names of the kinds of its values, in the order in which columns occur.

    Example:
        >>> columns = Columns()
        >>> columns.add([Row("a:1", {"label": "x", "n": 1}), Row("a:2", {"label": None, "n": 0.5})])
        >>> [(name, len(kinds)) for name, kinds in columns.beside(("label", "score")).items()]
        [('original_label', 2), ('n', 2)]
    """

    kinds: dict[Key, set[str]] = field(default_factory=dict)

    def add(self, rows: Iterable[Row]) -> None:
        """Note the columns of more rows."""
        kinds = self.kinds
        for row in rows:
            clash = tuple(filter(_may_clash, row.values))
            for name, value in row.values.items():
                key = (name, clash if name in clash else ())
                kind = _kind(value)
                if key not in kinds:
                    kinds[key] = {kind}
                elif kind not in kinds[key]:
                    kinds[key].add(kind)

    def merge(self, other: Columns) -> None:
        """Note the columns of rows that come after these."""
        for key, kinds in other.kinds.items():
            self.kinds.setdefault(key, set()).update(kinds)

    def beside(self, added: Sequence[str]) -> dict[str, Set[type]]:
        """The columns by the names that they have beside added ones, with the kinds of their values."""
        found: dict[str, set[type]] = {}
        for (name, clash), kinds in self.kinds.items():
            new = free_name(name, {*clash, *added}) if name in added else name
            found.setdefault(new, set()).update(BY_NAME[kind] for kind in kinds)
        return dict(found)

    def stored(self) -> list[Any]:
        """As JSON holds them."""
        return [[name, list(clash), sorted(kinds)] for (name, clash), kinds in self.kinds.items()]

    @classmethod
    def of(cls, stored: Iterable[Sequence[Any]]) -> Columns:
        """What `stored` gave."""
        return cls({(name, tuple(clash)): set(kinds) for name, clash, kinds in stored})


def kept(found: Mapping[str, Set[type]]) -> list[str]:
    """The columns that have another name than in the input, because one that is added has theirs."""
    return [name for name in found if name.startswith(ORIGINAL)]


def _may_clash(name: str) -> bool:
    return name in NAMES or name.startswith((SCORE_OF, ORIGINAL))


def _kind(value: Any) -> str:
    """The name of a value's kind; not-a-number counts as missing, and a number beyond 64 bits as text.

    Whole numbers that no float holds are a kind of their own: a column that has floats too must not change them.
    """
    if value != value:
        return "NoneType"
    if type(value) is int and not -LONGEST <= value <= LONGEST:
        return Long.__name__ if -(2**63) <= value < 2**63 else "str"
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return Instant.__name__
    name = type(value).__name__
    return name if name in BY_NAME else ForeignValue.__name__
