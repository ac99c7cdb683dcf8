"""Intervals of a cross-validation: from how much a figure varies over its folds.

The folds' models share most of their training articles, and what tests one of them trains the others. So neither a
bootstrap of the pooled predictions, which takes the models as given, nor the plain spread of the folds says how far the
figure may be off: their intervals are too narrow (Bengio and Grandvalet, "No unbiased estimator of the variance of
k-fold cross-validation", JMLR 5, 2004; Bates, Hastie and Tibshirani, "Cross-validation: what does it estimate and how
well does it do it?", JASA 119, 2024). The nested cross-validation of the latter needs hundreds of trainings. Here the
variance of the folds is raised for the training articles that they share (Nadeau and Bengio, "Inference for the
generalization error", Machine Learning 52, 2003): such intervals are rather too wide. ``scripts/worlds/folds.py``
counts how often each kind holds the truth.
"""

from __future__ import annotations

import numpy as np

from classifier.arrays import Floats
from classifier.stats.resampling import ANYWHERE, Interval
from classifier.stats.significance import Gain

FEWEST_FOLDS = 3  # below that there is no interval: two folds hardly tell how much folds vary


def interval_over_folds(
    figures: Floats,
    around: float | None = None,
    limits: tuple[float, float] = ANYWHERE,
    ratio: float | None = None,
) -> Interval | None:
    """The 95% interval of a figure, for new articles and other training articles, as many as a fold's model had.

    Args:
        figures: one per fold, of the articles that the fold's model did not see.
        around: the figure, such as that of all folds together; the mean of the folds when None.
        limits: the least and the greatest value that the figure can have.
        ratio: test articles per training article of a fold; None = all that is not tested trains.

    Returns:
        None for fewer than three folds.

    Example:
        >>> low, high = interval_over_folds(np.array([0.7, 0.8, 0.75, 0.75]))
        >>> round(low, 2), round(high, 2)
        (0.65, 0.85)
    """
    from scipy.stats import t

    if len(figures) < FEWEST_FOLDS:
        return None
    half = _error(figures, ratio) * float(t.ppf(0.975, len(figures) - 1))
    middle = float(figures.mean()) if around is None else around
    return max(limits[0], middle - half), min(limits[1], middle + half)


def gain_over_folds(differences: Floats, value: float, ratio: float | None = None) -> Gain:
    """A difference with its intervals and p-value, from how much it varies over the folds.

    Args:
        differences: one per fold.
        value: the difference, such as that of all folds together.
        ratio: as in `interval_over_folds`.

    Example:
        >>> gain_over_folds(np.array([0.1, 0.12, 0.09, 0.11]), 0.105).sure
        True
        >>> gain_over_folds(np.array([0.1, 0.12]), 0.11).interval is None
        True
    """
    from scipy.stats import t

    freedom = len(differences) - 1
    if len(differences) < FEWEST_FOLDS:
        return Gain(value)
    error = _error(differences, ratio)
    p = float(2 * t.sf(abs(value) / error, freedom)) if error > 0 else float(value == 0)
    wide, narrow = (error * float(t.ppf(tail, freedom)) for tail in (0.975, 0.95))
    return Gain(value, (value - wide, value + wide), p, (value - narrow, value + narrow))


def _error(figures: Floats, ratio: float | None) -> float:
    """The standard error of the mean over folds."""
    count = len(figures)
    shared = 1 / (count - 1) if ratio is None else ratio
    return float(np.sqrt((1 / count + shared) * figures.var(ddof=1)))
