"""The test that label shift is contradicted: scores are no mixture of those of validation's labels."""

from __future__ import annotations

import numpy as np

from classifier.arrays import Floats, Ints
from classifier.stats.label_shift.shares import LEAST_SHARE, em_of_draws
from classifier.stats.label_shift.sources import DRAWS, article_weights

RANK = 1e-6


def mixture_p(
    proba: Floats, held: Floats, truth: Floats, blocks: tuple[Ints, Ints] | None, rng: np.random.Generator
) -> float:
    """The p-value that a corpus's scores are a mixture of those of validation's labels.

    Args:
        proba, held, truth, blocks, rng: as in `classifier.stats.label_shift.draws.share_draws`.
    """
    from scipy.special import fdtrc

    moments = [_moments(scores) for scores in (proba, held)]
    labels = truth / np.maximum(truth.sum(axis=1, keepdims=True), 1)

    def off(weights: Floats, given: Floats) -> Floats:
        whole = weights.sum(axis=1, keepdims=True)
        shares = em_of_draws(proba, weights @ held / whole, given, 0)
        ratios = shares / np.maximum(weights @ labels / whole, LEAST_SHARE)
        mixed = weights * (ratios @ labels.T)
        there = given @ moments[0] / given.sum(axis=1, keepdims=True)
        return np.asarray(there - mixed @ moments[1] / mixed.sum(axis=1, keepdims=True))

    one, two = (None, None) if blocks is None else blocks
    sizes = (len(held), 1, one), (len(proba), 1, two)
    held_weights, given_weights = (article_weights(rng, DRAWS, *size) for size in sizes)
    spread = np.cov(off(held_weights, given_weights), rowvar=False)
    here = off(np.ones((1, len(held))), np.ones((1, len(proba))))[0]
    rank = int(np.linalg.matrix_rank(spread, tol=RANK * float(np.trace(spread)), hermitian=True))
    far = here @ np.linalg.pinv(spread, rcond=RANK, hermitian=True) @ here
    rank = max(1, rank)
    known = max(1.0, min(DRAWS - rank, float(labels.sum(axis=0).min())))
    return float(fdtrc(rank, known, far / rank * (DRAWS - rank) / (DRAWS - 1)))


def _moments(scores: Floats) -> Floats:
    """Scores and their squares; of many labels the highest score and the sum of squares, which are fewer to compare."""
    squares = scores**2
    if 2 * scores.shape[1] > DRAWS / 4:
        return np.column_stack([scores.max(axis=1), squares.sum(axis=1)])
    return np.column_stack([scores[:, :-1], squares])
