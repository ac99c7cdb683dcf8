"""Articles as they are resampled: one by one, in whole groups, or where pairs are crossed, by groups of both sides."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from classifier.arrays import Floats, Ints
from classifier.stats.resampling import CountRows, bootstrap, count_rows
from classifier.stats.two_way import two_way_draws, two_way_effective


@dataclass(frozen=True)
class Sample:
    """Counts of articles, and which articles stand together.

    Attributes:
        values: distinct rows of counts, shape (kinds, columns), as in `classifier.stats.resampling.count_rows`.
        kind: which row each article has, shape (n,).
        groups: which articles stand together, shape (n,), any numbers; None = each stands for itself.
        crossed: a second grouping of the same shape, where articles of several groups stand together too, such as
            pairs of one target; None = there is none.
    """

    values: Floats
    kind: Ints
    groups: Ints | None = None
    crossed: Ints | None = None

    @cached_property
    def rows(self) -> CountRows:
        """The counts by groups."""
        return count_rows(self.values, self.kind, self.groups)

    @cached_property
    def sums(self) -> Floats:
        """The counts of all articles together, shape (columns,)."""
        return np.bincount(self.kind, minlength=len(self.values)) @ self.values

    @property
    def effective(self) -> float:
        """How many groups of equal size (or articles) they count for; of two sides, the one that has fewer."""
        if self.crossed is None:
            return self.rows.effective
        return two_way_effective(self._first, self.crossed)

    def draws(self, samples: int, seed: int = 0) -> Floats:
        """Resampled sums of the counts, shape (samples, columns).

        Example:
            >>> pairs = Sample(np.array([[1.0], [0.0]]), np.array([0, 1, 1]), np.array([0, 0, 1]), np.array([0, 1, 1]))
            >>> pairs.draws(10).shape, pairs.effective
            ((10, 1), 1.8)
        """
        if self.crossed is None:
            return bootstrap(self.rows, samples, seed)
        return two_way_draws(self.values, self.kind, self._first, self.crossed, samples, seed)

    @property
    def _first(self) -> Ints:
        return np.arange(len(self.kind)) if self.groups is None else self.groups
