"""Draws for articles that are crossed: pairs that share their texts with some pairs and their targets with others.

Pairs of one text are alike, and so are pairs of one target. To resample either alone leaves the variance of the other
out. Here texts and targets get random weights independently, and a pair the product of its two: the Bayesian pigeonhole
bootstrap (Owen, "The pigeonhole bootstrap", Annals of Applied Statistics 1, 2007; Owen and Eckles, "Bootstrapping data
arrays of arbitrary order", Annals of Applied Statistics 6, 2012). What belongs to a single pair counts three times in
its variance, so it is too wide where most texts and targets have few pairs. Therefore the draws are contracted to the
covariance of two-way clusters: by texts, plus by targets, minus by both (Cameron, Gelbach and Miller, "Robust inference
with multiway clustering", Journal of Business & Economic Statistics 29, 2011). Two corrections are those of MacKinnon,
Nielsen and Webb, "Jackknife inference with two-way clustering", arXiv:2406.08880, 2024, in a milder form: what a side
adds to the variance of single pairs counts only where it is positive, and a large group is measured against the others.
"""

from __future__ import annotations

import numpy as np

from classifier.arrays import Floats, Ints
from classifier.stats.few_groups import effective_groups, effective_number
from classifier.stats.resampling import chunked_rows

SMALLEST = 1e-9  # share of the largest variance, below which a direction has none


def two_way_draws(values: Floats, kind: Ints, first: Ints, second: Ints, samples: int, seed: int = 0) -> Floats:
    """Sums of the counts as they would be for other groups on both sides, over as many articles as there are.

    Few groups leave the draws too narrow: widen them by `classifier.stats.few_groups.stretch` of `two_way_effective`.

    Args:
        values: distinct rows of articles, shape (kinds, columns), as in `classifier.stats.resampling.count_rows`.
        kind: which row each article has, shape (n,).
        first, second: the group of each article on either side, such as its text and its target; shape (n,), any
            numbers.
        samples: how many draws.
        seed: of the weights.

    Returns:
        Shape (samples, columns).

    Example:
        >>> values, kind = np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([0, 1, 1, 1])
        >>> draws = two_way_draws(values, kind, np.array([5, 5, 6, 6]), np.array([1, 2, 1, 2]), samples=100)
        >>> draws[:, 0].round(6).tolist() == [4.0] * 100, bool(2 < draws[:, 1].mean() < 4)
        (True, True)
    """
    rows, columns = (np.unique(groups, return_inverse=True)[1].reshape(-1) for groups in (first, second))
    cells, times = np.unique(np.stack([rows, columns, kind]), axis=1, return_counts=True)
    rows, columns, kinds = cells
    sums = times @ values[kinds]
    centred = values[kinds] - sums / len(kind)
    rng, found = np.random.default_rng(seed), []
    for size in chunked_rows(samples, len(times)):
        by_row, by_column = (rng.exponential(size=(size, int(side.max()) + 1)) for side in (rows, columns))
        weights = by_row[:, rows] * by_column[:, columns] * times
        found.append(weights @ centred / weights.sum(axis=1, keepdims=True))
    drawn = _contracted(np.concatenate(found), centred * times[:, None], times, rows, columns)
    return np.asarray(sums + len(kind) * drawn)


def two_way_effective(groups: Ints, crossed: Ints | None) -> float:
    """How many groups of equal size articles count for; where pairs are crossed, on the side that has fewer.

    Args:
        groups: which articles stand together, shape (n,), any numbers.
        crossed: a second grouping of the same shape; None = there is none.

    Example:
        >>> two_way_effective(np.array([0, 0, 1, 1]), np.array([0, 1, 2, 3]))
        2.0
    """
    return min(effective_groups(side) for side in (groups, crossed) if side is not None)


def clustered_square(values: Floats, groups: Ints, crossed: Ints | None = None, *, corrected: bool = False) -> float:
    """The square of a sum of deviations that is to be expected by chance, from the sums of whole groups.

    Args:
        values: the deviation of each article, shape (n,).
        groups: which articles stand together, shape (n,), any numbers.
        crossed: a second grouping, where pairs are crossed; else None.
        corrected: whether each group is corrected for its share of the articles (Bell and McCaffrey, "Bias reduction in
            standard errors for linear regression with multi-stage samples", Survey Methodology 28, 2002).

    Example:
        >>> values, texts, targets = np.array([1.0, 1.0, -1.0, -1.0]), np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
        >>> [clustered_square(values, side) for side in (texts, targets)], clustered_square(values, texts, targets)
        ([8.0, 0.0], 6.0)
    """
    if crossed is None:
        numbers = np.unique(groups, return_inverse=True)[1].reshape(-1)
        sums, shares = np.bincount(numbers, values), np.bincount(numbers) / max(1, len(numbers))
        return float((sums**2 / np.where(corrected & (shares < 1), 1 - shares, 1)).sum())
    one, other = (clustered_square(values, side, corrected=corrected) for side in (groups, crossed))
    both = clustered_square(values, np.unique(np.stack([groups, crossed]), axis=1, return_inverse=True)[1].reshape(-1))
    return (one + max(other - both, 0.0) + other + max(one - both, 0.0)) / 2


def two_way_p(observed: float, draws: Floats, effective: float) -> float:
    """Two-sided p-value of a difference, from its draws, by Student's t.

    Swapping whole groups is no test here: no swap leaves both the texts' and the targets' likeness as they are.

    Args:
        observed: the difference.
        draws: the same difference in each of the draws, shape (samples,).
        effective: of `two_way_effective`, more than one.

    Example:
        >>> two_way_p(0.0, np.array([-0.1, 0.1]), 8.0), two_way_p(0.3, np.array([-0.1, 0.1]), 8.0) < 0.05
        (1.0, True)
    """
    from scipy.stats import t

    error = float(draws.std()) * np.sqrt((effective + 1) / (effective - 1))
    return float(2 * t.sf(abs(observed) / error, effective - 1)) if error > 0 else float(observed == 0)


def _contracted(draws: Floats, centred: Floats, times: Ints, rows: Ints, columns: Ints) -> Floats:
    """Draws of the pigeonhole bootstrap with the covariance of two-way clusters.

    It works in the coordinates in which the pigeonhole bootstrap has the covariance one, so a direction in which all
    counts are equal (such as hits and true labels, where all are right) stays so. As with the exponential weights of
    one side, the variance is too small by n / (n + 1).

    Args:
        draws: means of the counts, less their mean over all articles; shape (samples, columns).
        centred: sums of the counts of each cell, less their mean over all articles; shape (cells, columns).
        times: articles of each cell, shape (cells,).
        rows, columns: the groups of each cell, from 0.
    """
    one, other = _group_sums(centred, rows), _group_sums(centred, columns)
    cells = _group_sums(centred, rows * (int(columns.max()) + 1) + columns)
    root, inverse = _powers(one.T @ one + other.T @ other + cells.T @ cells)
    (one, groups), (other, others) = _against_others(one, times, rows), _against_others(other, times, columns)
    by_one, by_other, by_both = ((part @ inverse).T @ (part @ inverse) for part in (one, other, cells))
    # all of one side, and what the other adds to single pairs: the mean, as neither side comes first
    wanted = (by_one + _positive(by_other - by_both) + by_other + _positive(by_one - by_both)) / 2
    variances, vectors = np.linalg.eigh(wanted)
    sds = np.sqrt(np.maximum(variances, 0.0) / (1 + 1 / min(groups, others))) / times.sum()
    apart = (draws - draws.mean(axis=0)) @ inverse @ vectors
    have = apart.std(axis=0)
    scale = np.divide(sds, have, out=np.zeros_like(sds), where=have > SMALLEST * sds)
    return np.asarray((apart * scale) @ vectors.T @ root)


def _group_sums(centred: Floats, groups: Ints) -> Floats:
    """The sums of each group's cells, shape (groups, columns); groups without a cell are left out."""
    from scipy.sparse import coo_array

    numbers = np.unique(groups, return_inverse=True)[1].reshape(-1)
    return np.asarray(coo_array((np.ones(len(numbers)), (numbers, np.arange(len(numbers))))).tocsr() @ centred)


def _against_others(sums: Floats, times: Ints, groups: Ints) -> tuple[Floats, float]:
    """Group sums measured against the mean of the other groups, and how many groups count.

    Equally large groups stay as they are.
    """
    sizes = np.bincount(groups, times)
    rest, effective = 1 - sizes / sizes.sum(), effective_number(sizes)
    scale = np.divide(1 - 1 / effective, rest, out=np.zeros_like(rest), where=rest > 0)
    return np.asarray(sums * scale[:, None]), effective


def _positive(matrix: Floats) -> Floats:
    """A symmetric matrix without its negative variances."""
    found, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.maximum(found, 0.0)) @ vectors.T)


def _powers(matrix: Floats) -> tuple[Floats, Floats]:
    """The symmetric root of a covariance, and the inverse of the root where there is any variance."""
    found, vectors = np.linalg.eigh(matrix)
    roots = np.sqrt(np.where(found > SMALLEST * max(float(found.max(initial=0.0)), 0.0), found, 0.0))
    inverse = np.divide(1.0, roots, out=np.zeros_like(roots), where=roots > 0)
    return (vectors * roots) @ vectors.T, (vectors * inverse) @ vectors.T
