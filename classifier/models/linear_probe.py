"""A linear probe: logistic regression on the frozen encoder, where the head of a fine-tuning starts.

With few articles a random head needs epochs to become useful, and meanwhile distorts the encoder. Source: Kumar et al.,
2022, "Fine-Tuning can Distort Pretrained Features and Underperform Out-of-Distribution", arXiv:2202.10054 (LP-FT).

A probe reads the vectors of the encoder's last layer, or those of every layer side by side: lower layers know more of
how a text is written, the last one of what it is about (Jawahar et al., 2019, "What Does BERT Learn about the Structure
of Language?", ACL 2019). Layers differ in scale, so each of their features is standardised; the weights that come out
are for the features as they are. So are those of one layer in which few features are far larger than all others, as in
language models: these would hide what the others tell (Timkey and van Schijndel, 2021, "All Bark and No Bite: Rogue
Dimensions in Transformer Language Models Obscure Representational Quality", arXiv:2109.04404).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.arrays import Ints
from classifier.one_thread import one_thread

ALWAYS = 1e4  # the logit of a class that all articles have; minus that of one that none has
PENALTY, PENALTY_OF_STANDARDISED = 1.0, 0.1  # C of scikit-learn: of one layer as it is, and of standardised features
ROGUE = 10.0  # a feature's spread over that of the middle one; of all-MiniLM-L6-v2 1.8 at most, of Gemma 3 270M 40
FLAT = 1e-4  # a feature whose standard deviation is smaller tells nothing
LOOKED_AT = 5_000  # articles, spread evenly, whose vectors tell whether there are rogue features
Rows = dict[int, tuple[npt.NDArray[np.float32], float]]


def fit_rows(features: npt.NDArray[np.float32], y: Ints, *, balanced: bool, vectors: int = 1) -> Rows:
    """Logistic regression: class id -> (weights of shape (features,), bias), for the classes that can be fitted.

    Args:
        features: vectors of the articles, shape (articles, features).
        y: label ids (articles,) or a 0/1 matrix (articles, classes).
        balanced: whether classes have the same weight.
        vectors: how many stand side by side in one of them: those of several layers, or of pairs that are read apart.
    """
    scale = _Scale.of(features, vectors)
    regression = _regression(scale.penalty, class_weight="balanced" if balanced else None)
    scaled = scale.apply(features)
    with one_thread():
        if y.ndim == 2:
            mixed = np.flatnonzero(y.any(axis=0) & ~y.all(axis=0))
            return scale.undone({int(index): _row(regression.fit(scaled, y[:, index])) for index in mixed})
        if len(np.unique(y)) < 2:
            return {}
        return scale.undone(_rows(regression.fit(scaled, y)))


def has_rogue_features(features: npt.NDArray[np.float32]) -> bool:
    """Whether few features spread so far that they would hide what all others tell.

    Example:
        >>> has_rogue_features(np.array([[1.0, 2, 3, 4, 100], [2, 1, 4, 3, -100]], dtype=np.float32))
        True
    """
    spread = features[:: max(1, len(features) // LOOKED_AT)].std(axis=0, dtype=np.float64)
    telling = spread[spread > FLAT]
    return len(telling) > 0 and bool(telling.max() > ROGUE * np.median(telling))


def for_regression(features: npt.NDArray[np.float32], vectors: int) -> tuple[npt.NDArray[np.float32], float]:
    """Features as a regression takes them, and its C.

    Args:
        features: vectors of articles, shape (articles, features).
        vectors: as in `fit_rows`.

    Returns:
        Those of several vectors, or with rogue ones among them, with mean 0 and, all together, the spread of one;
        others as they are.

    Example:
        >>> for_regression(np.array([[1, 300], [3, 500]], dtype=np.float32), 4)
        (array([[-0.5, -0.5],
               [ 0.5,  0.5]], dtype=float32), 0.1)
    """
    scale = _Scale.of(features, vectors)
    return scale.apply(features), scale.penalty


def _regression(penalty: float, class_weight: str | None = None) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=penalty, class_weight=class_weight, max_iter=1000)


@dataclass(frozen=True)
class _Scale:
    """How features are standardised: ``(features - middle) * factor``, each of shape (features,); and their C."""

    middle: npt.NDArray[np.float32]
    factor: npt.NDArray[np.float32]
    penalty: float

    @classmethod
    def of(cls, features: npt.NDArray[np.float32], vectors: int) -> _Scale:
        """Of one vector as they are; of several with mean 0, and together with the spread of a single one."""
        if vectors == 1 and not has_rogue_features(features):
            return cls(np.zeros(features.shape[1], np.float32), np.ones(features.shape[1], np.float32), PENALTY)
        middle, spread = features.mean(axis=0, dtype=np.float64), features.std(axis=0, dtype=np.float64)
        factor = np.where(spread > FLAT, 1 / np.maximum(spread, FLAT), 0) / vectors**0.5
        return cls(middle.astype(np.float32), factor.astype(np.float32), PENALTY_OF_STANDARDISED)

    def apply(self, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return (features - self.middle) * self.factor

    def undone(self, rows: Rows) -> Rows:
        """Weights and biases for the features as they are."""
        plain = {index: (weights * self.factor, bias) for index, (weights, bias) in rows.items()}
        return {index: (weights, bias - float(weights @ self.middle)) for index, (weights, bias) in plain.items()}


def _row(regression: Any) -> tuple[npt.NDArray[np.float32], float]:
    return regression.coef_[0].astype(np.float32), float(regression.intercept_[0])


def _rows(regression: Any) -> Rows:
    weights, bias = regression.coef_.astype(np.float32), regression.intercept_
    if len(bias) == 1:  # two classes: scikit-learn keeps one row, their difference
        weights, bias = np.vstack([-weights / 2, weights / 2]), np.array([-bias[0] / 2, bias[0] / 2])
    return {int(c): (weights[row], float(bias[row])) for row, c in enumerate(regression.classes_)}


def fit_taught_rows(
    features: npt.NDArray[np.float32], shares: npt.NDArray[np.float32], *, multi_label: bool, vectors: int = 1
) -> Rows:
    """Logistic regression on shares of labels rather than labels; returns what `fit_rows` does.

    Args:
        features: vectors of the articles, shape (articles, features).
        shares: how much each class counts for an article, shape (articles, classes); for multi-label twice as many
            columns, first for and then against each class.
        multi_label: whether each class has a regression of its own.
        vectors: as in `fit_rows`.
    """
    scale = _Scale.of(features, vectors)
    scaled = scale.apply(features)
    classes = shares.shape[1] // 2 if multi_label else shares.shape[1]
    columns = [[k, classes + k] for k in range(classes)] if multi_label else [list(range(classes))]
    fitted: Rows = {}
    for number, chosen in enumerate(columns):
        weights = shares[:, chosen].ravel()
        y = np.tile(np.arange(len(chosen)) if not multi_label else np.array([1, 0]), len(features))
        counted = weights > 0
        if len(np.unique(y[counted])) < 2:
            continue
        rows = np.repeat(np.arange(len(features)), len(chosen))[counted]
        with one_thread():
            regression = _regression(scale.penalty).fit(scaled[rows], y[counted], weights[counted])
        fitted |= {number: _row(regression)} if multi_label else _rows(regression)
    return scale.undone(fitted)


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


def fit_probe(features: npt.NDArray[np.float32], y: Ints, classes: int, *, balanced: bool, vectors: int = 1) -> Probe:
    """A probe on labelled articles. A class that no article has is never chosen, one that all have always.

    Args:
        features: vectors of the articles, shape (articles, features).
        y: label ids (articles,) or a 0/1 matrix (articles, classes).
        classes: how many there are.
        balanced: whether classes have the same weight.
        vectors: as in `fit_rows`.

    Example:
        >>> probe = fit_probe(np.array([[0.0], [1.0]], dtype=np.float32), np.array([0, 2]), 3, balanced=False)
        >>> int(probe.logits(np.array([[5.0]], dtype=np.float32)).argmax())
        2
    """
    weights, bias = np.zeros((classes, features.shape[1]), dtype=np.float32), bias_of_unfitted(y, classes)
    for index, row in fit_rows(features, y, balanced=balanced, vectors=vectors).items():
        weights[index], bias[index] = row
    return Probe(weights, bias)


def bias_of_unfitted(y: Ints, classes: int) -> npt.NDArray[np.float32]:
    """The logit of each class that has no row: it is never chosen, or always where all articles have it.

    Args:
        y: label ids (articles,) or a 0/1 matrix (articles, classes).
        classes: how many there are.

    Example:
        >>> bias_of_unfitted(np.array([1, 1]), 3)
        array([-10000.,  10000., -10000.], dtype=float32)
    """
    always = y.all(axis=0) if y.ndim == 2 else np.bincount(y, minlength=classes) == len(y)
    return np.where(always, ALWAYS, -ALWAYS).astype(np.float32)
