"""What few groups of like articles do to an interval: how many they count for, and how much wider it must be.

Groups of unequal sizes count for fewer than there are: with n articles in all, for n² / Σ n² of their sizes (Kish,
Survey Sampling, 1965, section 11.7; the same number decides when cluster-robust tests break down in MacKinnon and Webb,
"Wild bootstrap inference for wildly different cluster sizes", Journal of Applied Econometrics 32, 2017). A variance
that rests on few of them is itself uncertain, so the normal quantile is too small for its interval: Student's t is the
right one (Cameron, Gelbach and Miller, "Bootstrap-based improvements for inference with clustered errors", Review of
Economics and Statistics 90, 2008).

With fewer than three such groups nothing can be said: no interval is given, and no verdict.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from classifier.arrays import Floats, Ints

FEWEST_EFFECTIVE = 3.0  # groups, below which there is no interval and no verdict
NEARLY = 1e-9  # by which a number of groups may be too small for being rounded


def effective_number(sizes: Sequence[int] | Ints | Floats) -> float:
    """How many groups of equal size these groups count for; 0 for none.

    Args:
        sizes: articles in each group.

    Example:
        >>> effective_number([10, 10, 10]), effective_number([98, 1, 1])
        (3.0, 1.041...)
    """
    weights = np.asarray(sizes, dtype=np.float64)
    total = float(weights.sum())
    return total**2 / float((weights**2).sum()) if total else 0.0


def effective_groups(groups: Ints) -> float:
    """`effective_number` of the groups that articles are in.

    Args:
        groups: which articles stand together, shape (n,), any numbers.

    Example:
        >>> effective_groups(np.array([7, 7, 9, 9]))
        2.0
    """
    return effective_number(np.unique(groups, return_counts=True)[1])


def stretch(effective: float, level: float = 0.95) -> float:
    """By how much a bootstrap interval over groups must be widened.

    Student's t takes the place of the normal quantile, and the variance of the bootstrap, which is too small by
    (n - 1) / (n + 1) for weights that are exponential, is raised. At least two groups are assumed.

    Args:
        effective: how many groups there are, by `effective_number`.
        level: of the interval.

    Example:
        >>> [round(stretch(groups), 2) for groups in (5, 20, 1000)]
        [1.73, 1.12, 1.0]
    """
    from scipy.special import ndtri, stdtrit

    groups, tail = max(2.0, effective), 0.5 + level / 2
    return float(stdtrit(groups - 1, tail) / ndtri(tail) * np.sqrt((groups + 1) / (groups - 1)))
