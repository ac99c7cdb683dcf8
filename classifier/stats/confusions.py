"""Which classes a model takes for one another more often than by chance.

The errors of a class must fall on some other label. By chance they fall on each as often as the model gives it: a label
that is given to a third of all articles gets about that share of them. A pair is listed only where it surely has more.
The test is one-sided and binomial, given how many errors the class has; the groups of like articles take off what they
raise the variance by (`classifier.stats.abstention.chance`; Korn and Graubard, Survey Methodology 24, 1998). It is the
test of single cells under quasi-independence (Goodman, "The analysis of cross-classified data: independence,
quasi-independence, and interactions in contingency tables with or without missing entries", JASA 63, 1968), with the
frequencies of the labels in the place of fitted ones. Its level of 5% is shared among all pairs (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from classifier.arrays import Ints
from classifier.stats.abstention import chance

LEVEL = 0.05  # of all pairs together
FEWEST = 2  # articles of a pair: one alone is no habit


@dataclass(frozen=True)
class ConfusedPair:
    """A label that is given in the place of another one more often than by chance.

    Attributes:
        true, given: the labels.
        articles: that have the one and are given the other.
        expected: how many of them chance would give.
        p: one-sided, corrected for the number of pairs.
    """

    true: str
    given: str
    articles: int
    expected: float
    p: float


def confused_pairs(
    y_true: Ints, y_pred: Ints, labels: Sequence[str], groups: Ints | None = None, crossed: Ints | None = None
) -> tuple[ConfusedPair, ...]:
    """The pairs that are confused more often than by chance, the one with most articles first.

    Args:
        y_true, y_pred: label ids, shape (n,).
        labels: names.
        groups: which articles stand together, shape (n,), any numbers; None = each stands for itself.
        crossed: a second grouping of the same shape, where pairs are crossed; the larger p-value of the two counts.

    Returns:
        Nothing for two labels: an error can then fall on one other label only.

    Example:
        >>> true = np.repeat([0, 1, 2], 40)
        >>> given = true.copy()
        >>> given[:12] = 1  # of 40 articles of "a", twelve are taken for "b", none for "c"
        >>> [(pair.true, pair.given, pair.articles) for pair in confused_pairs(true, given, ["a", "b", "c"])]
        [('a', 'b', 12)]
    """
    often = np.bincount(y_pred, minlength=len(labels)).astype(np.float64)
    sides = [side for side in (np.arange(len(y_true)) if groups is None else groups, crossed) if side is not None]
    wrong = {k: np.flatnonzero((y_true == k) & (y_pred != k)) for k in range(len(labels))}
    tried = [
        (k, other)
        for k, rows in wrong.items()
        for other in np.flatnonzero(often)
        if len(rows) and other != k and often[other] < often.sum() - often[k]
    ]
    found = []
    for k, other in tried:
        hits, share = y_pred[wrong[k]] == other, float(often[other] / (often.sum() - often[k]))
        if hits.sum() < FEWEST or hits.mean() <= share:
            continue
        together = [np.unique(side[wrong[k]], return_inverse=True)[1] for side in sides]
        p = len(tried) * max(chance(hits, side, share, LEVEL / len(tried)) for side in together)
        if p <= LEVEL:
            expected = share * len(hits)
            found.append(ConfusedPair(labels[k], labels[int(other)], int(hits.sum()), expected, p))
    return tuple(sorted(found, key=lambda pair: (-pair.articles, pair.p, pair.true, pair.given)))
