"""Which articles to label by hand, and how many: a stratified sample for shares of a wanted width; on arrays.

Articles with the same predicted labels (of the same group) are a stratum. Where the classifier errs often, more of them
are labelled: Neyman, On the two different aspects of the representative method, Journal of the Royal Statistical
Society 97, 1934; Cochran, Sampling Techniques, 1977, chapter 5. How often it errs is only known from test articles, so
no stratum gets less than half of what a simple random sample would give it: no article then counts for more than twice
as much as in such a sample, whatever the errors turn out to be.
"""

from __future__ import annotations

import numpy as np

from classifier.arrays import Floats, Ints
from classifier.stats.prevalence import PSEUDO_COUNT

LEAST = 5  # articles of a stratum, or all where it has fewer
LEAST_SHARE = 0.5  # of what a simple random sample would give a stratum
QUANTILE = 1.96
ROOM = 1.1  # until all are labelled: error rates are those of other articles, and the interval has Student's t


def label_chances(counts: Floats, shares: Floats) -> Floats:
    """How likely each true label is where each label is predicted (predicted, true), by Bayes' rule.

    Args:
        counts: test articles, rows true, columns predicted.
        shares: of the true labels in the corpus, as they are estimated.

    Example:
        >>> label_chances(np.array([[90.0, 10.0], [20.0, 80.0]]), np.array([0.5, 0.5])).round(1).tolist()
        [[0.8, 0.2], [0.1, 0.9]]
    """
    rates = counts + PSEUDO_COUNT
    rates = rates / rates.sum(axis=1, keepdims=True)
    joint = rates * np.maximum(shares, 1e-3)[:, None]
    chances: Floats = (joint / joint.sum(axis=0)).T
    return chances


def plan_group(sizes: Ints, chances: Floats, width: float, fewest: int) -> Ints:
    """How many articles of each stratum to label, so that the interval of every label is the share ± the width.

    Args:
        sizes: articles in each stratum (strata,).
        chances: of each label to be true there (strata, labels).
        width: half of the interval's.
        fewest: articles to label in all.

    Returns:
        The fewest that do (strata,), or all articles where nothing less does.

    Example:
        Errors are frequent in the second stratum; it is labelled more often than its size alone would have it.

        >>> plan_group(np.array([900, 100]), np.array([[0.02], [0.5]]), 0.03, 30)
        array([144,  57])
    """
    low, high = min(fewest, int(sizes.sum())), int(sizes.sum())
    while low < high:
        middle = (low + high) // 2
        if half_widths(sizes, chances, allocate(sizes, chances, middle)).max() <= width:
            high = middle
        else:
            low = middle + 1
    return allocate(sizes, chances, low)


def allocate(sizes: Ints, chances: Floats, total: int) -> Ints:
    """Divide a number of labelled articles among strata, by their size and by how uncertain their labels are."""
    need = np.maximum(sizes * np.sqrt((chances * (1 - chances)).mean(axis=1)), 1e-9)
    least = np.minimum(sizes, np.maximum(LEAST, np.ceil(LEAST_SHARE * total * sizes / sizes.sum())))
    low, high = 0.0, float((sizes / need).max())
    for _ in range(60):  # each stratum between its least and all of it, else in proportion to its need
        middle = (low + high) / 2
        if np.clip(middle * need, least, sizes).sum() < total:
            low = middle
        else:
            high = middle
    counts: Ints = np.round(np.clip(high * need, least, sizes)).astype(np.int64)
    return counts


def half_widths(sizes: Ints, chances: Floats, labelled: Ints) -> Floats:
    """What is expected of the interval of each label: half its width (labels,).

    Args:
        sizes: articles in each stratum (strata,).
        chances: of each label to be true there (strata, labels).
        labelled: articles to label in each stratum (strata,), at least 1.
    """
    weights, number = sizes / sizes.sum(), np.maximum(labelled, 1)[:, None]
    seen = (chances * number + PSEUDO_COUNT) / (number + 2 * PSEUDO_COUNT)  # few articles may err more than expected
    error = (weights[:, None] ** 2 * seen * (1 - seen) / number).sum(axis=0)
    between = (weights[:, None] * (chances - weights @ chances) ** 2).sum(axis=0) / sizes.sum()
    room = 1.0 if (labelled >= sizes).all() else ROOM
    found: Floats = room * QUANTILE * np.sqrt(error + between)
    return found
