"""Whether a classifier errs in one group of articles otherwise than in the rest; a permutation test on arrays."""

from __future__ import annotations

import numpy as np

from classifier.arrays import Floats, Ints
from classifier.stats.significance import holm

SAMPLES, MOST_SAMPLES = 999, 4999


def unequal_rates(
    truth: Ints, guess: Ints, groups: Ints, within: Ints | None = None, *, samples: int = SAMPLES, seed: int = 0
) -> list[float]:
    """Test each group: is an article of a label predicted there as elsewhere? P-values, corrected by Holm.

    If so, articles of one label can change their groups: these are permuted among the articles of each label. The
    statistic is Pearson's: squared differences between counts of (label, prediction) in the group and what is expected
    of it, divided by the latter. Shares of labels may differ; they stay as they are. Where other things decide of
    errors too, such as the source where groups are months, articles are permuted within these alone (conditional
    permutation: Good, Permutation, Parametric and Bootstrap Tests of Hypotheses, 2005, chapter 3).

    Args:
        truth, guess: true and predicted labels, any numbers (articles,).
        groups: from 0 (articles,).
        within: articles are permuted within these (articles,), or among all.
        samples: permutations; more where there are many groups.
        seed: of the permutations.

    Example:
        In the last of three groups all of one label are predicted wrongly.

        >>> truth, groups = np.tile([0, 1], 90), np.repeat([0, 1, 2], 60)
        >>> guess = np.where(groups == 2, 0, truth)
        >>> [p < 0.05 for p in unequal_rates(truth, guess, groups)]
        [True, True, True]
        >>> [p < 0.05 for p in unequal_rates(truth, truth, groups)]
        [False, False, False]
    """
    number = int(groups.max()) + 1
    cells = np.unique(np.stack([truth, guess]), axis=1, return_inverse=True)[1].ravel()
    strata = truth if within is None else np.stack([truth, within])
    strata = np.unique(np.atleast_2d(strata), axis=1, return_inverse=True)[1].ravel()
    expected = _expected(strata, cells, groups, number)
    order = np.argsort(strata, kind="stable")
    sorted_strata, cells = strata[order], cells[order]
    seen = _distance(cells, groups[order], expected)
    rng = np.random.default_rng(seed)
    samples = min(MOST_SAMPLES, max(samples, 20 * number))
    above = np.ones(number)
    for _ in range(samples):
        moved = order[np.lexsort((rng.random(len(order)), sorted_strata))]
        above += _distance(cells, groups[moved], expected) >= seen - 1e-9
    return list(holm((above / (samples + 1)).tolist()))


def _expected(strata: Ints, cells: Ints, groups: Ints, number: int) -> Floats:
    """How many articles of each group would be in each cell (groups, cells)."""
    in_group = np.zeros((int(strata.max()) + 1, number))
    in_cell = np.zeros((len(in_group), int(cells.max()) + 1))
    np.add.at(in_group, (strata, groups), 1)
    np.add.at(in_cell, (strata, cells), 1)
    found: Floats = (in_group / in_group.sum(axis=1, keepdims=True)).T @ in_cell
    return found


def _distance(cells: Ints, groups: Ints, expected: Floats) -> Floats:
    counts = np.bincount(groups * expected.shape[1] + cells, minlength=expected.size).reshape(expected.shape)
    distance: Floats = ((counts - expected) ** 2 / np.maximum(expected, 1e-12)).sum(axis=1)
    return distance
