"""The input of a split: the kept articles with their columns, dates and given splits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from classifier.arrays import Ints
from classifier.articles.article import is_date
from classifier.articles.split_names import SPLITS
from classifier.config import SplitConfig
from classifier.dataset.consistency import ConsistentCorpus
from classifier.dataset.units import OPEN, encode, join_units
from classifier.errors import Fault, InputError


@dataclass(frozen=True)
class OlderAssignment:
    """The assignment of a dataset that is extended; the first articles of the corpus are its own.

    Attributes:
        split: split of each of those articles, shape (old,).
        folds: split in each fold, shape (old, folds), or None.
        cuts: first dates of the splits, for a temporal split.
        validation_by: the column that its validation was cut by, as in `Assignment`.
    """

    split: Ints
    folds: Ints | None
    cuts: Mapping[str, str] | None
    validation_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class KeptArticles:
    """The kept articles: their columns, and their given splits (`OPEN` if none is given)."""

    consistent: ConsistentCorpus
    split: SplitConfig
    rows: Ints
    columns: Mapping[str, Sequence[str | None]]
    fixed: Ints
    validation_by: tuple[str, ...] = ()

    @property
    def group_by(self) -> tuple[str, ...]:
        """Columns of which each value stays together among the open articles."""
        return (*self.split.group_by, *self.validation_by)

    @property
    def labels(self) -> list[tuple[str, ...]]:
        """Labels of the kept articles."""
        return take(self.consistent.corpus.index.labels, self.rows)

    @property
    def cluster(self) -> Ints:
        """Clusters of the kept articles."""
        return self.consistent.cluster[self.rows]

    @property
    def given(self) -> list[str]:
        """The splits that are given."""
        read = {code for code in (1, 2) if SPLITS[code] in self.consistent.corpus.parts}
        return [SPLITS[code] for code in sorted({*self.fixed.tolist(), *read}) if code >= 0]

    def groups(self) -> dict[str, Ints]:
        """Column -> code of the value that each open article has; a group does not bind what is given."""
        return {c: np.where(self.fixed == OPEN, encode(self.columns[c]), -1) for c in self.group_by}

    def units(self, among: Ints) -> Ints:
        """Units among some of the kept articles (positions)."""
        return join_units(len(among), [self.cluster[among], *(codes[among] for codes in self.groups().values())])

    def shares(self) -> dict[str, float]:
        """The share of the open articles that each split should have."""
        cuts = {"validation": self.split.validation_size, "test": self.split.test_size}
        cuts = {name: size for name, size in cuts.items() if size > 0 and name not in self.given}
        return {"train": 1 - sum(cuts.values()), **cuts}


def dates_of(part: KeptArticles, among: Ints) -> list[str]:
    """The dates of some articles.

    Raises:
        InputError: some are not ISO dates; all of these are listed.
    """
    dates = [value or "" for value in take(part.columns["date"], among)]
    undated = {int(part.rows[row]): date for row, date in zip(among, dates, strict=True) if not is_date(date)}
    if undated:
        where = part.consistent.corpus.places(undated)
        wrong = {
            row: f"the date '{date[:40]}' cannot be read" if date else "has no date" for row, date in undated.items()
        }
        faults = [Fault(where[row], what, "no date") for row, what in wrong.items()]
        raise InputError(
            f'split.method = "temporal" needs a date for every article; {len(undated):,} have none.',
            faults=faults,
            fix="Write the dates as 2024-05-31, or choose another method.",
        )
    return dates


def intended_shares(part: KeptArticles) -> dict[str, float]:
    """The share of the articles that each split, or each fold, should have."""
    folds = part.split.folds
    return part.shares() if folds is None else {f"fold {k + 1}": 1 / folds for k in range(folds)}


def take(values: Sequence[Any], rows: Ints) -> list[Any]:
    """The values at these positions."""
    return [values[row] for row in rows]
