"""Shares of a corpus with its articles, validation and the calibration drawn again: their intervals."""

from __future__ import annotations

import numpy as np

from classifier.arrays import Floats, Ints
from classifier.stats.calibration import LEAST, SPREAD
from classifier.stats.label_shift.shares import em
from classifier.stats.label_shift.sources import DRAWS, article_weights
from classifier.stats.label_shift.validation import LEAST_STORED


def share_draws(
    proba: Floats,
    held: Floats,
    truth: Floats,
    shares: Floats,
    sizes: tuple[int, int],
    blocks: tuple[Ints, Ints] | None,
    rng: np.random.Generator,
) -> Floats:
    """Shares with both sets of articles drawn again, shape (draws, classes).

    An article that stands for several has a weight that varies by as much less. Articles of a source have one weight.

    Args:
        proba: of the part of the corpus that is drawn, shape (articles, classes).
        held, truth: of some validation articles, the same width.
        shares: mean scores of all of them.
        sizes: articles of the whole corpus, and of all of validation.
        blocks: a number for the source of each article in ``held``, and in ``proba``; None = each is drawn by itself.
        rng: draws.
    """
    times, held_times = sizes[0] / len(proba), sizes[1] / len(held)
    weights = article_weights(rng, DRAWS, len(held), held_times, None if blocks is None else blocks[0])
    logs, held_logs = np.log(np.maximum(proba, LEAST)), np.log(np.maximum(held, LEAST_STORED))
    found = np.empty((DRAWS, held.shape[1]))
    for row, drawn, step in zip(found, weights, _steps(held, held_logs, truth, weights, held_times, rng), strict=True):
        base: Floats = shares / np.maximum(held.mean(axis=0), LEAST_STORED) * (drawn @ _moved(held_logs, step))
        given = article_weights(rng, 1, len(proba), times, None if blocks is None else blocks[1])[0]
        row[:] = em(_moved(logs, step), base / base.sum(), given, 0)
    return found


def _steps(
    held: Floats, logs: Floats, truth: Floats, weights: Floats, times: float, rng: np.random.Generator
) -> Floats:
    """By how much the log of the temperature, and the offsets, move with the weights, shape (draws, 1 + classes).

    Their prior is drawn again too, so that they vary as their posterior does.
    """
    classes = held.shape[1]
    off = truth - held
    gradients = np.column_stack([-(off * logs).sum(axis=1), off])
    slopes = np.concatenate(
        [-logs[:, :, None], np.broadcast_to(np.eye(classes), (len(held), classes, classes))], axis=2
    )
    weighted = held[:, :, None] * slopes
    means = weighted.sum(axis=1)
    curvature = times * (np.einsum("nkp,nkq->pq", weighted, slopes) - means.T @ means) + np.eye(1 + classes) / SPREAD**2
    pulls = times * (weights - 1) @ gradients + rng.normal(scale=1 / SPREAD, size=(len(weights), 1 + classes))
    moves: Floats = pulls @ np.linalg.inv(curvature)
    return moves


def _moved(logs: Floats, step: Floats) -> Floats:
    """Probabilities with another temperature and other offsets."""
    from scipy.special import softmax

    return np.asarray(softmax(logs * np.exp(-step[0]) + step[1:], axis=1))
