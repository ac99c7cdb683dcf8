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
from classifier.stats.resampling import Interval
from classifier.stats.significance import corrected_t_test

FEWEST_FOLDS = 3  # below that there is no interval: two folds hardly tell how much folds vary


def interval_over_folds(
    figures: Floats, around: float | None = None, limits: tuple[float, float] = (-np.inf, np.inf)
) -> Interval | None:
    """The 95% interval of a figure, for new articles and other training articles, as many as a fold's model had.

    Args:
        figures: one per fold, of the articles that the fold's model did not see.
        around: the figure, such as that of all folds together; the mean of the folds when None.
        limits: the least and the greatest value that the figure can have.

    Returns:
        None for fewer than three folds.

    Example:
        >>> low, high = interval_over_folds(np.array([0.7, 0.8, 0.75, 0.75]))
        >>> round(low, 2), round(high, 2)
        (0.65, 0.85)
    """
    count = len(figures)
    if count < FEWEST_FOLDS:
        return None
    low, high = corrected_t_test(figures, 1 / (count - 1))[1]
    shift = 0.0 if around is None else around - float(figures.mean())
    return max(limits[0], low + shift), min(limits[1], high + shift)
