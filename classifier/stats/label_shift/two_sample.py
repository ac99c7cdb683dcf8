"""The test that a shift is found: scores of a corpus differ from those of validation."""

from __future__ import annotations

import numpy as np

from classifier.arrays import Floats, Floats32, Ints
from classifier.stats.label_shift.validation import DIGITS

PERMUTATIONS = 999
PERMUTED = 20_000  # articles of a corpus that are tested
NEAR = 1e-7


def two_sample_p(held: Floats, proba: Floats32, blocks: tuple[Ints, Ints], rng: np.random.Generator) -> float:
    """The p-value that both sets of scores are drawn from the same articles, or from the same sources.

    Args:
        held, proba: scores of validation, and of the corpus.
        blocks: which of them stand together, a number for each.
        rng: draws.
    """
    chosen = rng.permutation(len(proba))[:PERMUTED]
    parts = [
        _block_sums(held, blocks[0]),
        _block_sums(proba[chosen].round(DIGITS).astype(np.float64), blocks[1][chosen]),
    ]
    fewer, more = sorted(parts, key=len)
    sums, count = np.concatenate([fewer, more]), len(fewer)
    whole = sums.sum(axis=0)

    def apart(rows: Floats) -> Floats:
        inside = rows.sum(axis=0)
        rest = whole - inside
        return np.asarray(inside[1:] / inside[0] - rest[1:] / rest[0])

    drawn = [apart(sums[rng.choice(len(sums), count, replace=False, shuffle=False)]) for _ in range(PERMUTATIONS)]
    every = np.array([apart(fewer), *drawn])
    inverse = np.linalg.pinv(every.T @ every / len(every), rcond=NEAR, hermitian=True)
    far = np.einsum("ij,jk,ik->i", every, inverse, every)
    return float((far >= far[0] * (1 - NEAR)).mean())


def _block_sums(scores: Floats, blocks: Ints) -> Floats:
    """For each block, how many articles it has, and the sums of their scores; shape (blocks, 1 + classes)."""
    numbers = np.unique(blocks, return_inverse=True)[1]
    sums = np.zeros((int(numbers.max(initial=-1)) + 1, 1 + scores.shape[1]))
    np.add.at(sums, numbers, np.column_stack([np.ones(len(scores)), scores]))
    return sums
