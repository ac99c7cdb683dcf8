"""A linear probe: logistic regression on the frozen encoder, where the head of a fine-tuning starts.

With few articles a random head needs epochs to become useful, and meanwhile distorts the encoder. Source: Kumar et al.,
2022, "Fine-Tuning can Distort Pretrained Features and Underperform Out-of-Distribution", arXiv:2202.10054 (LP-FT).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.arrays import Ints

ALWAYS = 1e4  # the logit of a class that all articles have; minus that of one that none has


def fit_rows(
    features: npt.NDArray[np.float32], y: Ints, *, balanced: bool
) -> dict[int, tuple[npt.NDArray[np.float32], float]]:
    """Logistic regression: class id -> (weights of shape (features,), bias), for the classes that can be fitted."""
    from sklearn.linear_model import LogisticRegression

    regression = LogisticRegression(C=1.0, class_weight="balanced" if balanced else None, max_iter=1000)
    if y.ndim == 2:
        mixed = np.flatnonzero(y.any(axis=0) & ~y.all(axis=0))
        fitted = {}
        for index in mixed:
            regression.fit(features, y[:, index])
            fitted[int(index)] = _row(regression)
        return fitted
    if len(np.unique(y)) < 2:
        return {}
    return _rows(regression.fit(features, y))


def _row(regression: Any) -> tuple[npt.NDArray[np.float32], float]:
    return regression.coef_[0].astype(np.float32), float(regression.intercept_[0])


def _rows(regression: Any) -> dict[int, tuple[npt.NDArray[np.float32], float]]:
    weights, bias = regression.coef_.astype(np.float32), regression.intercept_
    if len(bias) == 1:  # two classes: scikit-learn keeps one row, their difference
        weights, bias = np.vstack([-weights / 2, weights / 2]), np.array([-bias[0] / 2, bias[0] / 2])
    return {int(c): (weights[row], float(bias[row])) for row, c in enumerate(regression.classes_)}


def fit_taught_rows(
    features: npt.NDArray[np.float32], shares: npt.NDArray[np.float32], *, multi_label: bool
) -> dict[int, tuple[npt.NDArray[np.float32], float]]:
    """Logistic regression on shares of labels rather than labels; returns what `fit_rows` does.

    Args:
        features: vectors of the articles, shape (articles, features).
        shares: how much each class counts for an article, shape (articles, classes); for multi-label twice as many
            columns, first for and then against each class.
        multi_label: whether each class has a regression of its own.
    """
    from sklearn.linear_model import LogisticRegression

    classes = shares.shape[1] // 2 if multi_label else shares.shape[1]
    columns = [[k, classes + k] for k in range(classes)] if multi_label else [list(range(classes))]
    fitted: dict[int, tuple[npt.NDArray[np.float32], float]] = {}
    for number, chosen in enumerate(columns):
        weights = shares[:, chosen].ravel()
        y = np.tile(np.arange(len(chosen)) if not multi_label else np.array([1, 0]), len(features))
        counted = weights > 0
        if len(np.unique(y[counted])) < 2:
            continue
        rows = np.repeat(np.arange(len(features)), len(chosen))[counted]
        regression = LogisticRegression(C=1.0, max_iter=1000).fit(features[rows], y[counted], weights[counted])
        fitted |= {number: _row(regression)} if multi_label else _rows(regression)
    return fitted


@dataclass(frozen=True)
class Probe:
    """A fitted linear probe: one row per class, also for classes that could not be fitted.

    Attributes:
        weights: float32 of shape (classes, features).
        bias: float32 of shape (classes,).
    """

    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]

    def logits(self, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Logits of shape (articles, classes)."""
        return np.asarray(features @ self.weights.T + self.bias, dtype=np.float32)


def fit_probe(features: npt.NDArray[np.float32], y: Ints, classes: int, *, balanced: bool) -> Probe:
    """A probe on labelled articles. A class that no article has is never chosen, one that all have always.

    Args:
        features: vectors of the articles, shape (articles, features).
        y: label ids (articles,) or a 0/1 matrix (articles, classes).
        classes: how many there are.
        balanced: whether classes have the same weight.

    Example:
        >>> probe = fit_probe(np.array([[0.0], [1.0]], dtype=np.float32), np.array([0, 2]), 3, balanced=False)
        >>> int(probe.logits(np.array([[5.0]], dtype=np.float32)).argmax())
        2
    """
    weights = np.zeros((classes, features.shape[1]), dtype=np.float32)
    always = y.all(axis=0) if y.ndim == 2 else np.bincount(y, minlength=classes) == len(y)
    bias = np.where(always, ALWAYS, -ALWAYS).astype(np.float32)
    for index, row in fit_rows(features, y, balanced=balanced).items():
        weights[index], bias[index] = row
    return Probe(weights, bias)
