"""Whether new articles differ from known ones in some trait: a number, and the threshold above which they surely do.

The threshold is the higher of two. Chance alone exceeds the first as rarely as asked: the articles of both sides are
mixed and divided anew, many times (a permutation test). Articles of one source are alike, so sources are divided, not
articles; else a new archive of few sources would differ for no other reason. The second is the least difference that
matters, because of very many articles every difference is beyond chance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from classifier.arrays import Bools, Floats, Floats32, Ints

DIVISIONS = 999
POINTS = 100  # at which two distributions are compared
NEARLY = 1e-9


@dataclass(frozen=True)
class Difference:
    """How new articles differ from known ones in a trait.

    Attributes:
        number: of the new articles.
        threshold: above which they differ surely, and by enough to matter.
        expected: what the number would be if they were like the known ones: 0 for a distance between distributions,
            0.5 for a probability, else the mean of the known articles.
    """

    number: float
    threshold: float
    expected: float

    @property
    def found(self) -> bool:
        """Whether the number is above its threshold."""
        return self.number > self.threshold


@dataclass(frozen=True)
class Divisions:
    """Ways to divide known and new articles into two sides; the first is as they are.

    Attributes:
        inside: which blocks are on the side of the new articles, 0 or 1, shape (1 + `DIVISIONS`, blocks).
        block: of each article, the known ones first, shape (articles,).
        known: how many known articles there are.
    """

    inside: Floats32
    block: Ints
    known: int

    def can_show(self, chance: float) -> bool:
        """Whether there are enough ways to divide the blocks: of few, each is drawn more often than that by chance.

        Args:
            chance: how often chance alone may be above a threshold.

        Example:
            >>> found = [make_divisions(np.arange(10), np.arange(new)) for new in (2, 6)]  # of 66 and of 8,008
            >>> [one.can_show(0.002) for one in found]
            [False, True]
        """
        blocks = self.inside[0]
        return math.comb(len(blocks), int(blocks.sum())) >= 1 / chance

    def sums(self, columns: Floats) -> tuple[Floats, Floats]:
        """Sums of columns over the new side and over the known side, each of shape (divisions, 1 + columns).

        The first column counts the articles.

        Args:
            columns: of the known articles, then of the new ones, shape (articles, columns).
        """
        rows = np.zeros((self.inside.shape[1], 1 + columns.shape[1]))
        np.add.at(rows, self.block, np.column_stack([np.ones(len(columns)), columns]))
        new = self.inside.astype(np.float64) @ rows
        return new, rows.sum(axis=0) - new


def make_divisions(known: Ints, new: Ints, seed: int = 0) -> Divisions:
    """Divisions in which as many blocks are on the side of the new articles as there are of them.

    Args:
        known, new: which articles stand together on each side, a number for each; at least one on each.
        seed: of the draws.

    Example:
        >>> found = make_divisions(np.array([7, 7, 8]), np.array([7, 9]))
        >>> found.block.tolist(), found.inside[0].tolist(), set(found.inside.sum(axis=1).tolist())
        ([0, 0, 1, 2, 3], [0.0, 0.0, 1.0, 1.0], {2.0})
    """
    first = np.unique(known, return_inverse=True)[1]
    second = np.unique(new, return_inverse=True)[1]
    count, of_new = int(first.max()) + 1, int(second.max()) + 1
    drawn = np.random.default_rng(seed).random((DIVISIONS, count + of_new), dtype=np.float32)
    inside = np.zeros((1 + DIVISIONS, count + of_new), dtype=np.float32)
    inside[0, count:] = 1
    np.put_along_axis(inside[1:], np.argpartition(drawn, of_new - 1, axis=1)[:, :of_new], 1, axis=1)
    return Divisions(inside, np.concatenate([first, count + second]), len(known))


def difference_of_distributions(values: Floats, divisions: Divisions, chance: float, least: float) -> Difference:
    """The Kolmogorov-Smirnov distance of a trait: the largest difference between the two cumulated distributions.

    Args:
        values: of the known articles, then of the new ones, shape (articles,).
        divisions: of these articles.
        chance: how often chance alone may be above the threshold.
        least: distance that matters.
    """
    points = np.unique(values)
    if len(points) > POINTS:
        points = np.unique(np.quantile(points if len(points) < len(values) / 2 else values, np.linspace(0, 1, POINTS)))
    below: Bools = values[:, None] <= points
    new, known = divisions.sums(below.astype(np.float64))
    distances = np.abs(new[:, 1:] / new[:, :1] - known[:, 1:] / known[:, :1]).max(axis=1)
    return Difference(float(distances[0]), max(least, _highest(distances, chance)), 0.0)


def difference_of_means(values: Floats, divisions: Divisions, chance: float, least: float) -> Difference:
    """The mean of a trait, which is higher in new articles than in known ones.

    Args:
        values, divisions, chance: as in `difference_of_distributions`.
        least: difference that matters.
    """
    new, known = divisions.sums(values[:, None])
    above = new[:, 1] / new[:, 0] - known[:, 1] / known[:, 0]
    expected = float(known[0, 1] / known[0, 0])
    return Difference(float(new[0, 1] / new[0, 0]), expected + max(least, _highest(above, chance)), expected)


def difference_of_ranks(values: Floats, divisions: Divisions, chance: float, least: float) -> Difference:
    """The probability that a new article has more of a trait than a known one (the area under the ROC curve).

    Args:
        values, divisions, chance: as in `difference_of_distributions`; values may be infinite.
        least: difference to one half that matters.
    """
    new, known = divisions.sums(_ranks(values)[:, None])
    above = (new[:, 1] - new[:, 0] * (new[:, 0] + 1) / 2) / (new[:, 0] * known[:, 0])
    return Difference(float(above[0]), max(0.5 + least, _highest(above, chance)), 0.5)


def _ranks(values: Floats) -> Floats:
    """From 1 on; equal values share the mean of theirs."""
    number, times = np.unique(values, return_inverse=True, return_counts=True)[1:]
    return np.asarray((np.cumsum(times) - (times - 1) / 2)[number])


def _highest(drawn: Floats, chance: float) -> float:
    """What the first value must be above, so that chance alone puts it there at most so often."""
    allowed = int(chance * len(drawn) + NEARLY) - 1
    return float(np.sort(drawn[1:])[-1 - max(0, allowed)])
