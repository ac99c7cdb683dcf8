"""Several seeds of one training, evaluated on the same articles: intervals that hold new seeds and new articles.

A mean over seeds varies for two reasons: other articles, and other seeds. The variance of the first is that of a
bootstrap of the articles (of whole groups of them), the seeds as they are; that of the second is the seeds' own,
divided by their number. Their sum is the variance of the mean, a little too large, since what a seed does on single
articles is in both. Few seeds give a variance that is itself uncertain: the degrees of freedom of such a sum are those
of Satterthwaite ("An approximate distribution of estimates of variance components", Biometrics Bulletin 2, 1946), and
the interval and the p-value are both those of Student's t with them, so they never contradict one another.

Why not the percentiles of a bootstrap over both (Sellam et al., "The MultiBERTs", ICLR 2022): with two or three seeds
its intervals are too narrow, however the seeds' weights are spread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from classifier.arrays import Floats
from classifier.stats.few_groups import FEWEST_EFFECTIVE
from classifier.stats.resampling import ANYWHERE, Interval

FEWEST_SEEDS = 3  # of a side: two hardly tell how much seeds differ, and are called surely better too often
TINY = 1e-18  # a variance that only rounding makes more than nothing


@dataclass(frozen=True)
class SeedFigures:
    """One figure of each of several seeds.

    Attributes:
        values: on the articles, shape (seeds,).
        draws: on articles that `classifier.stats.resampling.bootstrap` has drawn, shape (draws, seeds); the same
            articles for all seeds in each draw.
    """

    values: Floats
    draws: Floats

    @property
    def mean(self) -> float:
        """Over the seeds."""
        return float(self.values.mean())


def interval_of_mean(
    one: SeedFigures, groups: float, fewest: int = FEWEST_SEEDS, limits: tuple[float, float] = ANYWHERE
) -> Interval | None:
    """The 95% interval of a figure's mean over seeds, for new seeds and new articles.

    Args:
        one: the figure; of a single seed, the interval is about new articles alone.
        groups: how many groups the articles count for (`classifier.stats.few_groups.effective_groups`).
        fewest: seeds, unless there is only one.
        limits: the least and the greatest value that the figure can have.

    Returns:
        None where there are fewer than three groups, or too few seeds.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> found = SeedFigures(np.array([0.80, 0.82, 0.81]), 0.81 + 0.02 * rng.normal(size=(1000, 3)))
        >>> low, high = interval_of_mean(found, groups=40)
        >>> round(low, 2), round(high, 2)
        (0.78, 0.84)
    """
    if 1 < len(one.values) < fewest:
        return None
    found = _student(one.mean, one.draws.mean(axis=1), [_of_seeds(one)], groups)
    return None if found is None else (max(limits[0], found[1][0]), min(limits[1], found[1][1]))


def difference_of_means(
    a: SeedFigures, b: SeedFigures, groups: float, fewest: int = FEWEST_SEEDS
) -> tuple[float, Interval] | None:
    """Two-sided p-value and 95% interval of the difference between two figures' means over seeds.

    Args:
        a, b: on the same draws of articles. Where one side has a single seed, that one varies as the seeds of the
            other side do; where both have one, seeds do not count.
        groups, fewest: as in `interval_of_mean`.

    Returns:
        None where there are fewer than three groups, or a side has too few seeds.
    """
    if any(1 < len(side.values) < fewest for side in (a, b)):
        return None
    seeds = [_of_seeds(a), _of_seeds(b)]
    if len(a.values) == 1 or len(b.values) == 1:  # what is known of one side stands for both
        known = max((a, b), key=lambda side: len(side.values))
        variance, freedom = _of_seeds(known)
        seeds = [(variance * (1 + len(known.values)), freedom)]
    return _student(a.mean - b.mean, a.draws.mean(axis=1) - b.draws.mean(axis=1), seeds, groups)


def _of_seeds(one: SeedFigures) -> tuple[float, float]:
    """The variance of the mean that comes from the seeds, and its degrees of freedom."""
    count = len(one.values)
    return (float(one.values.var(ddof=1)) / count, count - 1.0) if count > 1 else (0.0, 1.0)


def _student(
    value: float, draws: Floats, seeds: Sequence[tuple[float, float]], groups: float
) -> tuple[float, Interval] | None:
    """P-value of the value against 0, and its interval."""
    from scipy.stats import t

    if groups < FEWEST_EFFECTIVE - 1e-9:
        return None
    parts = [(float(draws.var()) * (groups + 1) / (groups - 1), groups - 1), *seeds]
    variance = sum(part for part, _ in parts)
    if variance < TINY:
        return float(abs(value) < TINY), (value, value)
    freedom = variance**2 / sum(part**2 / each for part, each in parts)
    error = float(np.sqrt(variance))
    half = error * float(t.ppf(0.975, freedom))
    return float(2 * t.sf(abs(value) / error, freedom)), (value - half, value + half)
