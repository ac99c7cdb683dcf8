"""Epochs that leave out a part of the most frequent class, another part each time; the rest of it counts more.

In FNC-1 three of four pairs are unrelated, and most of those are easy: leaving some of them out of an epoch saves
half of the steps. The expected loss stays the same, since the weight of the articles that are kept makes up for those
left out (importance weighting). ``RandomUnderSampler`` of imbalanced-learn draws once; here each epoch draws anew.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from classifier.arrays import Ints


def epoch_size(y: Ints, share: float) -> int:
    """Articles in an epoch.

    Args:
        y: label ids (articles,), or a 0/1 matrix (articles, classes), of which nothing is ever left out.
        share: of an epoch that the most frequent class may have, at least .5; 1 leaves nothing out.

    Example:
        >>> epoch_size(np.array([0] * 90 + [1] * 10), 0.5)
        20
    """
    return len(y) if y.ndim == 2 else len(y) - int(np.bincount(y).max()) + _kept_of(y, share)


def epoch_articles(y: Ints, share: float, *, seed: int, epoch: int) -> Ints:
    """The articles of an epoch, ascending, shape (`epoch_size`,); which ones depends on the arguments alone.

    Args:
        y, share: as in `epoch_size`.
        seed, epoch: of the draw.
    """
    if epoch_size(y, share) == len(y):
        return np.arange(len(y))
    frequent = np.flatnonzero(y == np.bincount(y).argmax())
    rng = np.random.default_rng([seed, epoch, len(y)])
    left_out = rng.permutation(frequent)[_kept_of(y, share) :]
    return np.delete(np.arange(len(y)), left_out)


def epoch_weights(y: Ints, share: float, classes: int) -> npt.NDArray[np.float32]:
    """Class weights that make up for the articles left out, shape (classes,); their mean over an epoch is 1.

    Args:
        y, share: as in `epoch_size`.
        classes: how many there are.

    Example:
        >>> epoch_weights(np.array([0] * 90 + [1] * 10), 0.5, classes=2).round(2)
        array([1.8, 0.2], dtype=float32)
    """
    weights = np.ones(classes, dtype=np.float32)
    if epoch_size(y, share) < len(y):
        counts = np.bincount(y)
        weights[counts.argmax()] = counts.max() / _kept_of(y, share)
        weights *= epoch_size(y, share) / len(y)
    return weights


def kept(frequent: int, others: int, share: float) -> int:
    """How many articles of the most frequent class an epoch has.

    Args:
        frequent, others: articles of that class, and of all others.
        share: as in `epoch_size`.

    Example:
        >>> kept(90, 10, 0.5), kept(90, 10, 0.8), kept(90, 10, 1)
        (10, 40, 90)
    """
    return frequent if share == 1 or others == 0 else min(frequent, max(1, int(others * share / (1 - share) + 1e-9)))


def _kept_of(y: Ints, share: float) -> int:
    frequent = int(np.bincount(y).max())
    return kept(frequent, len(y) - frequent, share)
