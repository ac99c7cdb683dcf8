"""Bootstrap and randomisation tests over articles, or over whole groups of them; pure functions on arrays.

A figure such as macro F1 is a function of sums over articles (hits, true and predicted labels of each class). So each
article is a row of counts, groups are sums of rows, and a draw is a product of random weights with the rows: nothing
is predicted or counted twice. Equal rows are drawn together, by how often they occur.

What stands together in the corpus is drawn together (a source, an author, a cluster of near-duplicates): articles of
one source are alike, so intervals that treat them as independent are too narrow (Davison and Hinkley, Bootstrap
Methods and their Application, 1997, section 3.8). With few groups, intervals by groups are too narrow as well: in
simulations 95% intervals of macro F1 held the truth 85 times in 100 with 5 groups, 92 with 10 and 94 with 40; intervals
by articles did so 85 to 88 times.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from classifier.arrays import Floats, Ints

Interval = tuple[float, float]

ALIKE = 8  # a row's multinomial count takes about as long as drawing so many articles one by one
CELLS = 1 << 22  # random weights in memory at a time


@dataclass(frozen=True)
class CountRows:
    """What is resampled: rows of counts, equal ones together.

    Attributes:
        values: the distinct rows, shape (rows, columns).
        times: how many articles (or groups) have each row, shape (rows,).
    """

    values: Floats
    times: Ints

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
        return CountRows(values, np.bincount(kind, minlength=len(values)))
    numbers = np.unique(groups, return_inverse=True)[1]
    share = coo_array((np.ones(len(kind)), (numbers, kind)), shape=(int(numbers.max()) + 1, len(values)))
    rows, times = np.unique(share.tocsr() @ values, axis=0, return_counts=True)
    return CountRows(rows, times)


def bootstrap(found: CountRows, samples: int, seed: int = 0) -> Floats:
    """Sums of the counts over articles (or groups) drawn with replacement, as many as there are.

    Returns:
        Shape (samples, columns).

    Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
    """
    rng = np.random.default_rng(seed)
    size = int(found.times.sum())
    return np.concatenate([_drawn(found, rng, part) @ found.values for part in chunked_rows(samples, size)])


def percentile_interval(draws: Floats, level: float = 0.95) -> Interval:
    """The percentile interval of some draws.

    Example:
        >>> percentile_interval(np.arange(5.0), level=0.5)
        (1.0, 3.0)
    """
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _drawn(found: CountRows, rng: np.random.Generator, samples: int) -> Floats:
    """How often each row is drawn, shape (samples, rows); one by one where few rows are alike."""
    rows, size = len(found.times), int(found.times.sum())
    if size > ALIKE * rows:
        return rng.multinomial(size, found.times / size, size=samples).astype(np.float64)
    which = np.repeat(np.arange(rows), found.times)[rng.integers(size, size=(samples, size))]
    cells = which + rows * np.arange(samples)[:, None]
    return np.bincount(cells.ravel(), minlength=samples * rows).reshape(samples, rows).astype(np.float64)


def chunked_rows(samples: int, width: int) -> Iterator[int]:
    """Sizes that add up to the samples, each with few enough random weights."""
    size = max(1, CELLS // max(1, width))
    yield from (min(size, samples - start) for start in range(0, samples, size))
