"""Tests of differences: randomisation, Holm's correction, corrected t-test, score test; on arrays.

A difference has one verdict. It is sure where the randomisation test rejects that there is none, and the interval of
the bootstrap, widened for few groups, leaves it out too: each alone is wrong too often somewhere. So the p-value is the
greater one of the two (an intersection-union test: Berger, Technometrics 24, 1982), an interval holds 0 wherever that
p-value does not reject it, and the p-value is no lower than the level wherever the interval holds 0. So the two never
contradict one another. A p-value that is corrected for several tests widens its interval likewise (`holding_zero`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from classifier.arrays import Bools, Floats, Ints
from classifier.stats.few_groups import FEWEST_EFFECTIVE, NEARLY, stretch
from classifier.stats.resampling import CountRows, Interval, chunked_rows, interval, within
from classifier.stats.two_way import clustered_square, two_way_effective

EXACT = 14  # up to so many groups all 2 ** groups swaps are enumerated
Z = 1.959963984540054  # normal quantile of 95% intervals
LEVEL = 0.05  # of a p-value, below which a difference is sure


@dataclass(frozen=True)
class Gain:
    """How much higher a figure is than another, and how surely.

    Attributes:
        value: the difference.
        interval: 95%; None where there are too few groups for one.
        p: two-sided; None likewise.
        interval_90: 90%, for a claim that two are level.
    """

    value: float
    interval: Interval | None = None
    p: float | None = None
    interval_90: Interval | None = None

    @property
    def sure(self) -> bool:
        """Whether there surely is a difference."""
        return is_sure(self.interval, self.p)

    def within(self, limits: tuple[float, float]) -> Gain:
        """The same with intervals that hold no difference that cannot be."""
        return replace(self, interval=within(self.interval, limits), interval_90=within(self.interval_90, limits))


def is_sure(interval: Interval | None, p: float | None) -> bool:
    """Whether a difference with this interval and p-value surely is one.

    Example:
        >>> is_sure((0.01, 0.2), 0.03), is_sure((-0.01, 0.2), 0.07), is_sure(None, None)
        (True, False, False)
    """
    return interval is not None and p is not None and p < LEVEL and not interval[0] <= 0 <= interval[1]


def paired_gain(value: float, draws: Floats, p: float, effective: float) -> Gain:
    """A difference with its interval and p-value, from the bootstrap and a test together.

    Args:
        value: the difference.
        draws: of the bootstrap, shape (samples,).
        p: of the test, such as `p_value` after random swaps of the two.
        effective: how many articles, or groups of equal size, they rest on (`CountRows.effective`).

    Example:
        >>> draws = np.random.default_rng(0).normal(0.1, 0.03, 999)
        >>> paired_gain(0.1, draws, 0.01, effective=50).sure, paired_gain(0.1, draws, 0.06, effective=50).sure
        (True, False)
        >>> paired_gain(0.1, draws, 0.01, effective=2).interval is None
        True
    """
    bounds = interval(draws, effective, around=value)
    if bounds is None:
        return Gain(value)
    p = max(p, _beyond_zero(draws, effective))
    if bounds[0] <= 0 <= bounds[1]:
        p = max(p, LEVEL)
    return Gain(value, holding_zero(bounds, p), p, interval(draws, effective, around=value, level=0.9))


def holding_zero(bounds: Interval, p: float) -> Interval:
    """An interval that reaches to 0 where the p-value does not reject that there is no difference.

    Example:
        >>> holding_zero((0.01, 0.2), 0.125), holding_zero((0.01, 0.2), 0.03)
        ((0.0, 0.2), (0.01, 0.2))
    """
    return bounds if p < LEVEL else (min(bounds[0], 0.0), max(bounds[1], 0.0))


def _beyond_zero(draws: Floats, effective: float) -> float:
    """Two-sided p-value of the widened draws: twice the share of them on the rarer side of 0."""
    middle = float(np.median(draws))
    wide = middle + stretch(effective) * (draws - middle)
    return min(1.0, 2 * (min(int((wide <= 0).sum()), int((wide >= 0).sum())) + 1) / (len(draws) + 1))


def corrected_t_test(differences: Floats, ratio: float) -> tuple[float, Interval]:
    """Two-sided p-value and 95% interval of the mean of the folds' differences.

    Args:
        differences: one per fold.
        ratio: test articles per training article, of one fold.

    Source: Nadeau and Bengio, "Inference for the generalization error", Machine Learning 52, 2003.
    """
    from scipy.stats import t

    count, mean = len(differences), float(differences.mean())
    error = float(np.sqrt((1 / count + ratio) * differences.var(ddof=1)))
    half = error * float(t.ppf(0.975, count - 1))
    p = float(2 * t.sf(abs(mean) / error, count - 1)) if error > 0 else float(mean == 0)
    return p, (mean - half, mean + half)


def swaps(found: CountRows, parts: tuple[slice, slice], samples: int, seed: int = 0) -> tuple[Floats, bool]:
    """What moves between the counts of two predictions where a random half of the articles (or groups) is swapped.

    Args:
        found: the counts of two predictions side by side.
        parts: the columns of either.
        samples: how many halves to draw, unless there are few enough to enumerate.
        seed: of the draws.

    Returns:
        What is added to the first and taken from the second, shape (samples, columns), and whether these are all
        possible swaps, each once.

    Source: approximate randomisation (Noreen, Computer-intensive Methods for Testing Hypotheses, 1989; Yeh, "More
    accurate tests for the statistical significance of result differences", COLING 2000).
    """
    apart = found.values[:, parts[1]] - found.values[:, parts[0]]
    matter = apart.any(axis=1)
    values, times = apart[matter], found.times[matter]
    count = int(times.sum())
    if count <= EXACT:
        single = np.repeat(values, times, axis=0)
        return (np.arange(1 << count)[:, None] >> np.arange(count) & 1) @ single, True
    rng = np.random.default_rng(seed)
    drawn = [rng.binomial(times, 0.5, size=(size, len(times))) @ values for size in chunked_rows(samples, len(times))]
    return np.concatenate(drawn), False


def p_value(observed: float, draws: Floats, *, exact: bool) -> float:
    """Two-sided p-value: the share of draws at least as far from zero as the observed value.

    The observed value counts as one more draw, unless the draws are all possible ones (``exact``).

    Source: Phipson and Smyth, "Permutation p-values should never be zero", 2010.
    """
    extreme = int((np.abs(draws) >= abs(observed) - 1e-12).sum())
    return extreme / len(draws) if exact else (extreme + 1) / (len(draws) + 1)


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values corrected for several tests: the chance of any false alarm among them stays below the level.

    Source: Holm, "A simple sequentially rejective multiple test procedure", 1979. Valid for dependent tests too.

    Example:
        >>> holm([0.01, 0.04, 0.03])
        [0.03, 0.06, 0.06]
    """
    p = np.array(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    raised = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(1.0, raised)
    return [float(value) for value in corrected]


def score_test(right: Floats, inside: npt.NDArray[np.bool_], groups: Ints, crossed: Ints | None = None) -> float:
    """Two-sided p-value for the same share of right answers inside and outside, the variance taken from whole groups.

    The variance is that of the groups as they are, and at least that of independent articles: where all articles of a
    group are right, the groups alone would show hardly any variance. Where all articles of a few groups are wrong, the
    score grows only with the root of the number of groups, so a few groups prove little.

    Args:
        right: 0 or 1 per article, shape (n,).
        inside: which articles are in the slice, shape (n,).
        groups, crossed: which articles stand together, as in `share_interval`.
    """
    from scipy.stats import t

    score, spread, _ = score_parts(right, inside, groups, crossed)
    count = fewest_groups(groups, crossed)
    if spread == 0 or count < 2:
        return 1.0
    return float(2 * t.sf(abs(score) / spread, count - 1))


def score_parts(
    right: Floats, inside: npt.NDArray[np.bool_], groups: Ints, crossed: Ints | None = None
) -> tuple[float, float, Floats]:
    """The score of `score_test`, its standard error, and the weight of each article in it; arguments as there."""
    weights, share = inside - inside.mean(), right.mean()
    influence = weights * (right - share)
    square = clustered_square(influence, groups, crossed)
    spread = float(np.sqrt(max(square, share * (1 - share) * (weights**2).sum())))
    return float(influence.sum()), spread, weights


def fewest_groups(groups: Ints, crossed: Ints | None) -> int:
    """How many groups there are; of crossed pairs, on the side that has fewer."""
    return min(len(np.unique(side)) for side in (groups, crossed) if side is not None)


def share_of(right: Bools, groups: Ints, crossed: Ints | None = None) -> tuple[float | None, Interval | None]:
    """A share and its 95% interval (`share_interval`); None where there is nothing, or too little, to tell it from.

    Args:
        right: whether each is counted, shape (n,).
        groups, crossed: which stand together, as in `share_interval`.

    Example:
        >>> share_of(np.array([True, False]), np.array([0, 1]))
        (0.5, None)
    """
    if not len(right):
        return None, None
    share = float(right.mean())
    if two_way_effective(groups, crossed) < FEWEST_EFFECTIVE - NEARLY:
        return share, None
    return share, share_interval(right.astype(np.float64), groups, crossed)


def wilson(share: Floats | float, n: Ints | int) -> tuple[Floats | np.float64, Floats | np.float64]:
    """The ends of Wilson's 95% intervals (1927) for shares of n independent articles.

    Example:
        >>> [round(float(end), 2) for end in wilson(0.8, 100)]
        [0.71, 0.87]
    """
    middle = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    return middle - half, middle + half


def share_interval(right: Floats, groups: Ints, crossed: Ints | None = None) -> Interval:
    """The 95% interval of a share; groups of like articles count as fewer articles, by the effective number.

    Independent articles have Wilson's interval. Groups have that of Korn and Graubard: Clopper and Pearson's at the
    number of articles that a simple random sample with this variance would have. With one group it is nearly 0 to 1,
    since nothing is known about others.

    Args:
        right: 0 or 1 per article, shape (n,).
        groups: which articles stand together, shape (n,), any numbers.
        crossed: a second grouping of the same shape, where pairs are crossed; else None.

    Source: Korn and Graubard, "Confidence intervals for proportions with small expected number of positive counts
    estimated from survey data", Survey Methodology 24, 1998. Here the variance is that of whole groups, corrected for
    their shares (Bell and McCaffrey, "Bias reduction in standard errors for linear regression with multi-stage
    samples", Survey Methodology 28, 2002), and Student's t is that of the effective groups.

    Example:
        >>> right = np.repeat([1.0, 0.0], [80, 20])
        >>> [round(bound, 2) for bound in share_interval(right, np.arange(100))]
        [0.71, 0.87]
        >>> [round(bound, 2) for bound in share_interval(right, np.arange(100) // 10)]  # ten groups, all or nothing
        [0.36, 0.99]
    """
    from scipy.special import betaincinv, stdtrit

    n, share = len(right), float(right.mean())
    if fewest_groups(groups, crossed) == n:
        ends = wilson(share, n)
        return max(0.0, float(ends[0])), min(1.0, float(ends[1]))
    counted = effective = two_way_effective(groups, crossed)
    if 0 < share < 1 and fewest_groups(groups, crossed) > 1:
        variance = clustered_square(right - share, groups, crossed, corrected=True) / n**2
        effective = min(float(n), share * (1 - share) / variance) if variance > 0 else float(n)
    effective *= (Z / float(stdtrit(max(1.0, counted - 1), 0.975))) ** 2  # the variance comes from a few groups
    hits = share * effective
    low = float(betaincinv(hits, effective - hits + 1, 0.025)) if share > 0 else 0.0
    return low, float(betaincinv(hits + 1, effective - hits, 0.975)) if share < 1 else 1.0
