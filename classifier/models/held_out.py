"""Which training articles are scored by models that did not learn from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.arrays import Ints

LEARNT = -1  # the fold of articles that are not scored


@dataclass(frozen=True)
class HeldOut:
    """How training articles are scored by machines that did not learn from them.

    Attributes:
        fold: of each article, shape (n,); a machine for each fold learns from the others. ``LEARNT`` = every machine
            learns from it, and none scores it.
        balanced: whether every class has the same weight in the ``scale``.
    """

    fold: Ints
    balanced: bool

    def take(self, rows: Ints) -> HeldOut:
        """Some of the articles alone."""
        return HeldOut(self.fold[rows], self.balanced)

    def usable(self, y: Ints) -> npt.NDArray[np.bool_]:
        """Which articles have only labels that another fold has too, shape (n,): other labels cannot be learnt."""
        given = y.astype(bool) if y.ndim == 2 else np.eye(classes_of(y), dtype=bool)[y]
        usable: npt.NDArray[np.bool_] = self.fold != LEARNT
        for own in (self.fold == part for part in np.unique(self.fold[usable])):
            usable[own] = ~(given[own] & ~given[~own].any(axis=0)).any(axis=1)
        return usable


def classes_of(y: Ints) -> int:
    """How many classes label ids (n,) or a 0/1 matrix (n, classes) tell of.

    Example:
        >>> classes_of(np.array([0, 2])), classes_of(np.array([[0, 1, 1]]))
        (3, 3)
    """
    return int(y.shape[1]) if y.ndim == 2 else int(y.max()) + 1
