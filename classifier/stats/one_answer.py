"""How much better predictions are than one answer for all articles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from classifier.arrays import Ints
from classifier.stats.metrics import MCC, Figures, counted, limits_of, limits_of_difference
from classifier.stats.resampling import interval
from classifier.stats.significance import Gain


def above_one_answer(
    y_true: Ints,
    y_pred: Ints,
    y_one: Ints,
    labels: Sequence[str],
    *,
    groups: Ints | None = None,
    crossed: Ints | None = None,
    samples: int = 1000,
    seed: int = 0,
) -> dict[str, Gain]:
    """How much higher each headline figure is than that of one answer for all articles, with the paired 95% interval.

    There is no p-value: what is asked is whether the interval lies above 0, and with few groups no swap of two
    predictions could ever be sure. MCC, which is 0 for one answer, is a figure for multi-label too.

    Args:
        y_true, y_pred: ids (n,) or 0/1 matrices.
        y_one: the one answer, of the same shape.
        labels, groups, crossed, samples, seed: as in `intervals`.

    Example:
        >>> y = np.tile([0, 1], 50)
        >>> found = above_one_answer(y, y, np.zeros(100, dtype=int), ["a", "b"])["accuracy"]
        >>> found.value, found.interval[0] > 0.3
        (0.5, True)
    """
    found, parts = counted(y_true, (y_pred, y_one), labels, groups, crossed)
    figures = Figures.of_articles(y_true, labels, correlated=True)
    ours, theirs = (figures.of(found.sums[part]) for part in parts)
    draws, rng = found.draws(samples, seed), np.random.default_rng([seed, 1])
    a, b = (figures.drawn(draws[:, part], rng) for part in parts)
    gains = {}
    for name, value in ours.items():
        if name == MCC and figures.classes.sum() < 2:
            continue  # with one true class it is not defined
        if name == MCC:  # 0 for one answer in every sample, so this is the interval of the figure itself
            bounds = interval(a[name], found.effective, around=float(value), limits=limits_above_one_answer(name))
            gains[name] = Gain(float(value), bounds)
            continue
        apart = float(value - theirs[name])
        bounds = interval(a[name] - b[name], found.effective, around=apart, limits=limits_above_one_answer(name))
        gains[name] = Gain(apart, bounds)
    return gains


def limits_above_one_answer(figure: str) -> tuple[float, float]:
    """The least and the greatest value that a headline figure can have above that of one answer, whose MCC is 0.

    Example:
        >>> limits_above_one_answer("accuracy"), limits_above_one_answer(MCC)
        ((-1.0, 1.0), (-1.0, 1.0))
    """
    return limits_of(figure) if figure == MCC else limits_of_difference(figure)
