"""Bootstrap over articles, or over whole groups of them, and intervals that hold with few groups; on arrays.

A figure such as macro F1 is a function of sums over articles (hits, true and predicted labels of each class). So each
article is a row of counts, groups are sums of rows, and a draw is a product of random weights with the rows: nothing
is predicted or counted twice. Equal rows are drawn together, by how often they occur.

What stands together in the corpus is drawn together (a source, an author, a cluster of near-duplicates): articles of
one source are alike, so intervals that treat them as independent are too narrow (Davison and Hinkley, Bootstrap
Methods and their Application, 1997, section 3.8).

The bootstrap is the Bayesian one (Rubin, Annals of Statistics 9, 1981): each article or group has an exponential
weight, so that no class is ever without an article. With few groups its intervals are too narrow; `interval` widens
them by Student's t for the effective number of groups, and gives none below three (`classifier.stats.few_groups`).
How often such intervals hold the truth is simulated in ``scripts/worlds/figures.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from classifier.arrays import Floats, Ints
from classifier.stats.few_groups import FEWEST_EFFECTIVE, effective_groups, stretch

Interval = tuple[float, float]

CELLS = 1 << 22  # random weights in memory at a time
ANYWHERE = (-np.inf, np.inf)


@dataclass(frozen=True)
class CountRows:
    """What is resampled: rows of counts, equal ones together.

    Attributes:
        values: the distinct rows, shape (rows, columns).
        times: how many articles (or groups) have each row, shape (rows,).
        effective: how many articles (or groups of equal size) they count for, as
            `classifier.stats.few_groups.effective_number` has it.
    """

    values: Floats
    times: Ints
    effective: float

    @property
    def sums(self) -> Floats:
        """The counts of all articles together, shape (columns,)."""
        return self.times @ self.values


def distinct(columns: Sequence[Ints]) -> tuple[Ints, Ints]:
    """The distinct rows of some columns.

    Args:
        columns: each of shape (n,) or (n, width), no value below 0.

    Returns:
        The position of one article for each distinct row, and the row's number for each article, shape (n,).

    Example:
        >>> distinct([np.array([0, 1, 0]), np.array([5, 5, 5])])
        (array([0, 1]), array([0, 1, 0]))
    """
    code = np.zeros(len(columns[0]), dtype=np.int64)
    first = np.zeros(min(1, len(code)), dtype=np.int64)
    for column in (part for whole in columns for part in whole.reshape(len(code), -1).T):
        _, first, code = np.unique(code * (int(column.max(initial=0)) + 1) + column, True, True)
    return first, code.astype(np.int64)


def count_rows(values: Floats, kind: Ints, groups: Ints | None = None) -> CountRows:
    """Rows of counts, ready to be resampled.

    Args:
        values: distinct rows of articles, shape (kinds, columns).
        kind: which row each article has, shape (n,), as `distinct` numbers them.
        groups: which articles stand together, shape (n,), any numbers; None = each stands for itself.
    """
    from scipy.sparse import coo_array

    if groups is None:
        return CountRows(values, np.bincount(kind, minlength=len(values)), float(len(kind)))
    numbers = np.unique(groups, return_inverse=True)[1]
    share = coo_array((np.ones(len(kind)), (numbers, kind)), shape=(int(numbers.max()) + 1, len(values)))
    rows, times = np.unique(share.tocsr() @ values, axis=0, return_counts=True)
    return CountRows(rows, times, effective_groups(groups))


def bootstrap(found: CountRows, samples: int, seed: int = 0) -> Floats:
    """Sums of the counts with an exponential weight on each article (or group).

    Returns:
        Shape (samples, columns).

    Source: Rubin, "The Bayesian Bootstrap", Annals of Statistics 9, 1981.
    """
    rng = np.random.default_rng(seed)
    parts = chunked_rows(samples, len(found.times))
    return np.concatenate(
        [rng.standard_gamma(found.times, size=(size, len(found.times))) @ found.values for size in parts]
    )


def interval(
    draws: Floats,
    effective: float,
    *,
    around: float | None = None,
    limits: tuple[float, float] = ANYWHERE,
    level: float = 0.95,
) -> Interval | None:
    """The interval of some draws of `bootstrap`, widened for few groups; None where there are too few for any.

    The quantiles are moved away from the median by `classifier.stats.few_groups.stretch`, and where they lie nearer to
    it than a normal distribution's would, as those of few groups do, by as much more.

    Args:
        draws: of the figure, shape (samples,).
        effective: of `CountRows`.
        around: a value that the interval is to hold, such as the figure itself.
        limits: the least and the greatest value that the figure can have.
        level: of the interval.

    Example:
        >>> draws = np.random.default_rng(0).normal(0.5, 0.1, 10_000)
        >>> [round(bound, 2) for bound in interval(draws, effective=1000)], [
        ...     round(bound, 2) for bound in interval(draws, effective=5)
        ... ]
        ([0.3, 0.7], [0.16, 0.84])
        >>> interval(np.linspace(0, 1, 101), effective=2.5) is None
        True
    """
    from scipy.special import ndtri

    if effective < FEWEST_EFFECTIVE - 1e-9:
        return None
    low, middle, high = np.quantile(draws, [(1 - level) / 2, 0.5, (1 + level) / 2])
    normal = float(ndtri((1 + level) / 2)) * float(draws.std())
    wider = stretch(effective, level) * (max(1.0, 2 * normal / (high - low)) if high > low else 1.0)
    bounds = middle - wider * (middle - low), middle + wider * (high - middle)
    held = bounds if around is None else (min(bounds[0], around), max(bounds[1], around))
    return max(limits[0], float(held[0])), min(limits[1], float(held[1]))


def within(bounds: Interval | None, limits: tuple[float, float]) -> Interval | None:
    """An interval without what no figure can be.

    Example:
        >>> within((-0.5, 1.4), (-1.0, 1.0)), within(None, (-1.0, 1.0))
        ((-0.5, 1.0), None)
    """
    return None if bounds is None else (max(limits[0], bounds[0]), min(limits[1], bounds[1]))


def chunked_rows(samples: int, width: int) -> Iterator[int]:
    """Sizes that add up to the samples, each with few enough random weights."""
    size = max(1, CELLS // max(1, width))
    yield from (min(size, samples - start) for start in range(0, samples, size))
