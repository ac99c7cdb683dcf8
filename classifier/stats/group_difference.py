"""Whether a rate is the same in all groups of articles: one test for many rates, by the signs of whole clusters.

Each rate is compared, in each group, with that of all other articles. The articles of a cluster (a source) are alike,
so it is the clusters' sums that count. Were a rate the same everywhere, each of these sums could as well have the other
sign: signs are drawn at random, the same for all rates, and the largest contrast of a draw is what chance alone would
show (the wild bootstrap of scores: Kline and Santos, "A score based approach to wild bootstrap inference", Journal of
Econometric Methods 1, 2012; the largest of all contrasts: Westfall and Young, Resampling-Based Multiple Testing, 1993).
So the chance of any false alarm among the rates stays near the level, however they hang together.

What should not count as a difference is taken out by strata: with the true label as stratum, groups whose labels are
mixed otherwise, and whose errors are the same, do not differ.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from classifier.arrays import Bools, Floats, Ints
from classifier.stats.resampling import chunked_rows


@dataclass(frozen=True)
class Contrasts:
    """What articles say of differences: a column for each rate in each group.

    Attributes:
        parts: shape (articles, contrasts); their sums are 0 on average where there is no difference.
        least: the variance of each sum, were articles independent, shape (contrasts,).
    """

    parts: Floats
    least: Floats


def contrast(outcome: Floats, inside: Bools, strata: Ints, counted: Bools) -> Contrasts:
    """A rate in one group against that of all other articles.

    Args:
        outcome: of each article, shape (n,); the rate is its mean.
        inside: whether each is in the group, the same shape.
        strata: articles are compared with those of the same number only, the same shape.
        counted: which articles have the rate, the same shape.
    """
    parts, least = np.zeros(len(outcome)), 0.0
    for stratum in np.unique(strata[counted]):
        rows = np.flatnonzero(counted & (strata == stratum))
        weights = inside[rows] - inside[rows].mean()
        rest = outcome[rows] - outcome[rows].mean()
        parts[rows] = weights * rest
        least += float((weights**2).sum() * (rest**2).mean())
    return Contrasts(parts[:, None], np.array([least]))


def together(found: list[Contrasts]) -> Contrasts:
    """Several contrasts of the same articles, to be tested as one."""
    return Contrasts(np.hstack([one.parts for one in found]), np.concatenate([one.least for one in found]))


def largest_test(found: Contrasts, clusters: Ints, samples: int = 2000, seed: int = 0) -> Floats:
    """P-value of each contrast, corrected for all of them; the smallest is that of no difference anywhere.

    The variance is that of the clusters, and at least that of independent articles: where all articles of a cluster are
    right, clusters alone would show hardly any.

    Args:
        found: of the articles.
        clusters: which articles stand together, shape (articles,), any numbers.
        samples: draws of signs.
        seed: of the draws.

    Returns:
        Shape (contrasts,).

    Example:
        >>> outcome, inside = np.repeat([1.0, 0.0], 20), np.repeat([True, False], 20)
        >>> found = contrast(outcome, inside, np.zeros(40, dtype=np.int64), np.ones(40, dtype=bool))
        >>> bool(largest_test(found, np.arange(40))[0] < 0.01), float(largest_test(found, np.arange(40) // 20)[0]) > 0.4
        (True, True)
    """
    numbers, count = np.unique(clusters, return_inverse=True)[1], len(np.unique(clusters))
    sums = np.zeros((count, found.parts.shape[1]))
    np.add.at(sums, numbers, found.parts)
    variance = (sums**2).sum(axis=0)
    seen = variance > 0
    observed = np.zeros(len(variance))
    observed[seen] = np.abs(sums.sum(axis=0)[seen]) / np.sqrt(np.maximum(variance, found.least)[seen])
    scaled, rng = sums[:, seen] / np.sqrt(variance[seen]), np.random.default_rng(seed)
    drawn = [
        np.abs((2.0 * rng.integers(2, size=(size, count)) - 1) @ scaled).max(axis=1, initial=0.0)
        for size in chunked_rows(samples, count)
    ]
    largest = np.sort(np.concatenate(drawn))
    beyond = samples - np.searchsorted(largest, observed - 1e-12, side="left")
    return np.asarray((beyond + 1) / (samples + 1))
