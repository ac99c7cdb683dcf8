"""Tests of differences: randomisation, Holm's correction, corrected t-test, score test; on arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from classifier.arrays import Floats, Ints
from classifier.stats.resampling import CountRows, Interval, chunked_rows

EXACT = 14  # up to so many groups all 2 ** groups swaps are enumerated


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


def swaps(found: CountRows, samples: int, seed: int = 0) -> tuple[Floats, bool]:
    """Sums of the counts of a random half of the articles (or groups): each is taken with probability one half.

    Args:
        found: the counts of the second prediction minus those of the first; rows of zeros change nothing.
        samples: how many halves to draw, unless there are few enough to enumerate.
        seed: of the draws.

    Returns:
        Sums, shape (samples, columns), and whether they are all possible ones, each once.

    Source: approximate randomisation (Noreen, Computer-intensive Methods for Testing Hypotheses, 1989; Yeh, "More
    accurate tests for the statistical significance of result differences", COLING 2000).
    """
    matter = found.values.any(axis=1)
    values, times = found.values[matter], found.times[matter]
    count = int(times.sum())
    if count <= EXACT:
        single = np.repeat(values, times, axis=0)
        return (np.arange(1 << count)[:, None] >> np.arange(count) & 1) @ single, True
    rng = np.random.default_rng(seed)
    parts = [rng.binomial(times, 0.5, size=(size, len(times))) @ values for size in chunked_rows(samples, len(times))]
    return np.concatenate(parts), False


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


def score_test(right: Floats, inside: npt.NDArray[np.bool_], groups: Ints) -> float:
    """Two-sided p-value for the same share of right answers inside and outside, the variance taken from whole groups.

    The variance is that of the groups as they are, and at least that of independent articles: where all articles of a
    group are right, the groups alone would show hardly any variance. Where all articles of a few groups are wrong, the
    score grows only with the root of the number of groups, so a few groups prove little.

    Args:
        right: 0 or 1 per article, shape (n,).
        inside: which articles are in the slice, shape (n,).
        groups: from 0, shape (n,).
    """
    from scipy.stats import t

    weights, share = inside - inside.mean(), right.mean()
    influence = np.bincount(groups, weights * (right - share))
    spread = float(np.sqrt(max((influence**2).sum(), share * (1 - share) * (weights**2).sum())))
    count = len(np.unique(groups))
    if spread == 0 or count < 2:
        return 1.0
    return float(2 * t.sf(abs(influence.sum()) / spread, count - 1))


def wilson(right: Floats, groups: Ints) -> Interval:
    """Wilson's 95% interval of a share; groups of like articles count as fewer articles, by the effective number.

    Args:
        right: 0 or 1 per article, shape (n,).
        groups: which articles stand together, shape (n,), any numbers.
    """
    from scipy.stats import norm, t

    n, share = len(right), float(right.mean())
    sums = np.bincount(np.unique(groups, return_inverse=True)[1], right - share)
    count, z = len(sums), float(norm.ppf(0.975))
    effective = float(min(n, count))
    if 0 < share < 1 and count > 1:
        variance = float((sums**2).sum()) / n**2 * count / (count - 1)
        effective = min(n, share * (1 - share) / variance) if variance > 0 else n
    if count < n:  # the variance itself comes from a few groups
        effective *= (z / float(t.ppf(0.975, max(1, count - 1)))) ** 2
    middle = (share + z**2 / (2 * effective)) / (1 + z**2 / effective)
    half = z / (1 + z**2 / effective) * np.sqrt(share * (1 - share) / effective + z**2 / (4 * effective**2))
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))
