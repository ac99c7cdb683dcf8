"""Which articles are worth a label: uncertain ones that are unlike one another; on arrays.

The most uncertain articles are often alike, and a person would answer the same question many times. So several times as
many candidates as are wanted are grouped by likeness, and one article is taken from each group. Source: Zhdanov, 2019,
"Diverse mini-batch Active Learning", arXiv:1901.05954; the uncertainty is the margin of Scheffer et al., 2001, "Active
Hidden Markov Models for Information Extraction". Other methods that were tried stand in ``scripts/simulate_next.py``.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from classifier.arrays import Floats32, Ints

CANDIDATES = 20  # for each article that is wanted


@dataclass(frozen=True)
class Selection:
    """Articles to label, the most uncertain first.

    Attributes:
        rows: their positions, shape (n,).
        alike: for each, how many of the candidates are in its group, itself included; shape (n,).
    """

    rows: Ints
    alike: Ints


def uncertainty(proba: Floats32, multi_label: bool, thresholds: Sequence[float] | None = None) -> Floats32:
    """How unsure a model is of each article, from 0 (sure) to 1 (torn), shape (articles,).

    For one label per article, 1 less the margin between the two most likely labels. For several, that of the label
    that is nearest to its threshold.

    Args:
        proba: shape (articles, classes).
        multi_label: whether an article may have none or several labels.
        thresholds: per class, for multi-label; 0.5 where there are none.

    Example:
        >>> uncertainty(np.array([[0.5, 0.45, 0.05], [0.9, 0.1, 0.0]]), multi_label=False).round(2)
        array([0.95, 0.2 ], dtype=float32)
    """
    if not multi_label:
        if proba.shape[1] < 2:
            return np.zeros(len(proba), dtype=np.float32)
        two = np.sort(proba, axis=1)[:, -2:]
        return np.asarray(1 - (two[:, 1] - two[:, 0]), dtype=np.float32)
    limits = np.array(thresholds if thresholds is not None else [0.5] * proba.shape[1])
    room = np.where(proba < limits, limits, 1 - limits)
    return np.asarray((1 - np.abs(proba - limits) / np.maximum(room, 1e-9)).max(axis=1), dtype=np.float32)


def candidates(scores: Floats32, n: int, factor: int = CANDIDATES) -> Ints:
    """Positions of the ``factor × n`` most uncertain articles, the most uncertain first."""
    return np.argsort(-scores, kind="stable")[: factor * n].astype(np.int64)


def select_diverse(scores: Floats32, vectors: Floats32, n: int, seed: int) -> Selection:
    """Choose n of the candidates, unlike one another.

    They are put into n groups by k-means, each weighing as much as it is uncertain; of each group the one next to the
    centre is taken.

    Args:
        scores: uncertainty of each candidate, shape (candidates,).
        vectors: of the candidates, shape (candidates, size); only their directions from the mean count.
        n: how many; all candidates where there are not more.
        seed: of the groups.

    Returns:
        The batch, the most uncertain article first.
    """
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    if len(scores) <= n:
        return Selection(candidates(scores, n, 1), np.ones(len(scores), dtype=np.int64))
    unit = _directions(vectors)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct vectors than groups: `_fill` sees to that
        groups = KMeans(n, n_init=1, random_state=seed).fit(unit, sample_weight=np.maximum(scores, 1e-6))
    far = ((unit - groups.cluster_centers_[groups.labels_]) ** 2).sum(axis=1)
    order = np.lexsort((far, groups.labels_))
    _, first, alike = np.unique(groups.labels_[order], return_index=True, return_counts=True)
    rows, alike = _fill(order[first], alike, n, scores)
    ranked = np.argsort(-scores[rows], kind="stable")
    return Selection(rows[ranked], alike[ranked].astype(np.int64))


def _directions(vectors: Floats32) -> Floats32:
    """The vectors less their mean, at length 1: encoders give all texts much the same mean direction."""
    centred = vectors - vectors.mean(axis=0)
    return np.asarray(centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9), dtype=np.float32)


def _fill(chosen: Ints, alike: Ints, n: int, scores: Floats32) -> tuple[Ints, Ints]:
    """Add the most uncertain other candidates where k-means left groups empty (equal vectors)."""
    rest = np.setdiff1d(candidates(scores, len(scores), 1), chosen, assume_unique=True)[: n - len(chosen)]
    return np.concatenate([chosen, rest]), np.concatenate([alike, np.ones(len(rest), dtype=alike.dtype)])
