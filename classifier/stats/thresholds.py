"""Which classes probabilities give: the highest, or, for multi-label, all from a threshold on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from classifier.arrays import Floats32, Ints

LEAST_F1 = 0.2  # on validation, below which a threshold chosen by F1 is of no use


def decide(proba: Floats32, multi_label: bool, thresholds: Sequence[float] | None = None) -> Ints:
    """Label ids of the highest probability; for multi-label a 0/1 matrix of those that reach their threshold.

    Args:
        proba: shape (articles, classes).
        multi_label: whether an article may have several classes.
        thresholds: of each class, for multi-label; None = 0.5 for all.

    Returns:
        Int64 of shape (articles,), or (articles, classes).

    Example:
        >>> scores = np.array([[0.2, 0.5, 0.3], [0.6, 0.1, 0.3]], dtype=np.float32)
        >>> decide(scores, multi_label=False).tolist()
        [1, 0]
        >>> decide(scores, multi_label=True, thresholds=[0.2, 0.9, 0.3]).tolist()
        [[1, 0, 1], [1, 0, 1]]
    """
    if not multi_label:
        return np.asarray(proba.argmax(axis=1), dtype=np.int64)
    return (proba >= np.array(thresholds if thresholds is not None else 0.5)).astype(np.int64)


def best_thresholds(y_true: Ints, y_proba: npt.NDArray[np.float32]) -> list[float]:
    """For each class of a multi-label task, the threshold with the best F1; fit it on validation only.

    Args:
        y_true: 0/1 matrix (n, classes).
        y_proba: probabilities of the same shape.

    Returns:
        A threshold between two neighbouring probabilities; 0.5 for a class without a positive article. Where even the
        best F1 is below `LEAST_F1`, the highest probability: the best one would give the label to nearly all articles
        ("SCutFBR.1", Yang 2001, *A study of thresholding strategies for text categorization*).
    """
    return [_best_threshold(y_true[:, index], y_proba[:, index]) for index in range(y_true.shape[1])]


def _best_threshold(truth: Ints, proba: npt.NDArray[np.float32]) -> float:
    if not truth.any():
        return 0.5
    order = np.argsort(-proba, kind="stable")
    hits = np.cumsum(truth[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + truth.sum())
    f1[:-1][proba[order][:-1] == proba[order][1:]] = 0  # equal probabilities cannot be parted
    best = int(f1.argmax())
    if f1[best] < LEAST_F1:
        return float(proba[order][0])
    following = float(proba[order][best + 1]) if best + 1 < len(order) else 0.0
    return (float(proba[order][best]) + following) / 2
