"""Thresholds of a multi-label task: from which probability on each class is given."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from classifier.arrays import Ints

LEAST_F1 = 0.2  # on validation, below which a threshold chosen by F1 is of no use


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
