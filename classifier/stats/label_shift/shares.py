"""The shares under which the scores of a corpus are most likely, and scores that take these for granted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from classifier.arrays import Floats, Floats32
from classifier.stats.calibration import LEAST, Calibration

STRENGTH = 20.0  # made-up articles with the shares of validation that join, were validation as certain as it is large
LEAST_SHARE = 1e-6  # a label of share 0 would have a score of exactly 0
STEPS, NEAR = 1000, 1e-7


def estimate(
    proba: Floats | Floats32,
    base: Sequence[float] | Floats,
    *,
    multi_label: bool = False,
    strength: float = STRENGTH,
    weights: Floats | None = None,
) -> Floats:
    """The shares under which the scores of a corpus are most likely, shape (classes,).

    Args:
        proba: calibrated, shape (articles, classes).
        base: shares that they take for granted.
        multi_label: whether each class has a share of its own.
        strength: made-up articles with the shares of ``base`` that join.
        weights: of the articles; None = 1.

    Example:
        Half of the articles surely are of a label that one in ten was of.

        >>> proba = np.repeat([[1.0, 0.0], [0.0, 1.0]], 500, axis=0)
        >>> estimate(proba, (0.9, 0.1), strength=0).round(3).tolist()
        [0.5, 0.5]
        >>> estimate(proba[490:510], (0.9, 0.1), strength=20).round(3).tolist()
        [0.7, 0.3]
    """
    given = np.ones(len(proba)) if weights is None else weights
    prior = np.asarray(base, dtype=np.float64)
    if not multi_label:
        return em(proba.astype(np.float64), prior, given, strength)
    each = zip(proba.T, prior, strict=True)
    pairs = [(two_columns(column), np.array([share, 1 - share])) for column, share in each]
    return np.array([em(*pair, given, strength)[0] for pair in pairs])


def two_columns(column: Floats | Floats32) -> Floats:
    """The scores of one of several labels, and those of not having it, shape (articles, 2)."""
    scores = column.astype(np.float64)
    return np.column_stack([scores, 1 - scores])


def em(proba: Floats, base: Floats, weights: Floats, strength: float) -> Floats:
    """`em_of_draws` of one draw, shape (classes,)."""
    found: Floats = em_of_draws(proba, base[None], weights[None], strength)[0]
    return found


def em_of_draws(proba: Floats, bases: Floats, weights: Floats, strength: float) -> Floats:
    """Expectation: scores under the present shares; maximisation: their weighted mean, with the made-up articles.

    Args:
        proba: shape (articles, classes).
        bases: of each draw, shape (draws, classes).
        weights: of the articles in each draw, shape (draws, articles).
        strength: made-up articles with the shares of ``bases`` that join.

    Returns:
        Shares of shape (draws, classes); each goes on until all are done.
    """
    least = np.maximum(bases, LEAST_SHARE)
    shares, whole = least, weights.sum(axis=1, keepdims=True) + strength
    for _ in range(STEPS):
        ratios = shares / least
        seen = ratios * ((weights / np.maximum(ratios @ proba.T, LEAST)) @ proba)
        new = (seen + strength * bases) / whole
        moved, shares = float(np.abs(new - shares).max()), new
        if moved < NEAR:
            break
    found: Floats = shares / shares.sum(axis=1, keepdims=True)
    return found


def with_shares(
    proba: Floats32, base: Sequence[float], shares: Sequence[float], *, multi_label: bool = False
) -> Floats32:
    """Scores that take other shares for granted, of the same shape.

    Args:
        proba: calibrated, shape (articles, classes).
        base: shares that they take for granted.
        shares: that the new ones shall.
        multi_label: whether an article may have several labels.

    Example:
        The odds of the first label were 9 to 1, and its share was as large as that of the other. Now it is a third.

        >>> with_shares(np.array([[0.9, 0.1]], dtype=np.float32), (0.5, 0.5), (0.25, 0.75)).round(2)
        array([[0.75, 0.25]], dtype=float32)
    """
    offsets = tuple(_log_ratio(np.asarray(base), np.asarray(shares), multi_label).tolist())
    return Calibration((1.0,) * (len(base) if multi_label else 1), offsets, multi_label).apply(proba)


def adapted(calibration: Calibration, base: Sequence[float], shares: Sequence[float]) -> Calibration:
    """The calibration whose scores take other shares for granted: `with_shares` of those of the given one.

    Args:
        calibration: of the model.
        base: shares that its scores take for granted.
        shares: that they shall.
    """
    moves = _log_ratio(np.asarray(base), np.asarray(shares), calibration.multi_label)
    return replace(calibration, offsets=tuple((np.array(calibration.offsets) + moves).tolist()))


def _log_ratio(base: Floats, shares: Floats, multi_label: bool) -> Floats:
    """What is added to the log of a score, or to its log-odds for multi-label."""
    old, new = (np.clip(one, LEAST_SHARE, 1 - LEAST_SHARE if multi_label else None) for one in (base, shares))
    moves: Floats = np.log(new / old)
    if multi_label:
        moves -= np.log1p(-new) - np.log1p(-old)
    return moves
