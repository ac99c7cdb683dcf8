"""The fine-tuned model and TF-IDF together: a weighted sum of their scores, the weights fitted on validation.

The two err on different articles; TF-IDF is best where a site or a topic always uses the same words. Each of the two
gets a weight of its own, so fitting the weights calibrates the sum as well (Platt scaling of a sum; the weights are
those of a "stacking" of two models: Wolpert, 1992, "Stacked generalization", Neural Networks 5).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.arrays import Floats32, Ints

USUAL = (1.0, 2.0)  # weights before any validation article is seen
SPREAD = (0.5, 0.5)  # standard deviations of the prior of their logarithms


@dataclass(frozen=True)
class Blend:
    """Weights of the two scores in ``model × logits + tfidf × decision values``.

    Attributes:
        model: of the fine-tuned model's logits.
        tfidf: of the decision values of the TF-IDF support vector machine.
    """

    model: float
    tfidf: float

    def apply(self, logits: Floats32, scores: Floats32) -> Floats32:
        """Blended logits of shape (articles, classes).

        Example:
            >>> Blend(1.0, 2.0).apply(np.array([[1.0, 0.0]]), np.array([[-1.0, 1.0]]))
            array([[-1.,  2.]], dtype=float32)
        """
        return np.asarray(self.model * logits + self.tfidf * scores, dtype=np.float32)

    @property
    def share(self) -> float:
        """The share of TF-IDF in the weight, from 0 to 1, as `fixed_blend` takes it: the two scores differ in scale.

        Example:
            >>> round(fixed_blend(0.3).share, 6), round(Blend(0.46, 1.28).share, 2)
            (0.3, 0.58)
        """
        model, tfidf = self.model / USUAL[0], self.tfidf / USUAL[1]
        return tfidf / (model + tfidf) if model + tfidf else 0.0


def fixed_blend(share: float) -> Blend:
    """The blend in which TF-IDF has this share of the weight, from 0 to 1."""
    return Blend(USUAL[0] * 2 * (1 - share), USUAL[1] * 2 * share)


def fit_blend(logits: Floats32, scores: Floats32, y: Ints, *, balanced: bool) -> Blend:
    """Find the weights under which labelled articles are most likely.

    With few articles the weights stay near the usual ones: their logarithms have a normal prior.

    Args:
        logits: of the fine-tuned model, shape (articles, classes), on articles that neither was trained on.
        scores: decision values of TF-IDF, the same shape.
        y: label ids (articles,), or a 0/1 matrix (articles, classes).
        balanced: whether every class has the same weight, as in training.

    Returns:
        The weights with the highest posterior density.
    """
    from scipy.optimize import minimize

    weights = _article_weights(y, balanced)

    def cost(log_weights: npt.NDArray[np.float64]) -> float:
        model, tfidf = np.exp(log_weights)
        blended = model * logits.astype(np.float64) + tfidf * scores.astype(np.float64)
        prior = ((log_weights - np.log(USUAL)) / np.array(SPREAD)) ** 2 / 2
        return float((weights * losses(blended, y)).sum() + prior.sum())

    found = minimize(cost, np.log(USUAL), method="L-BFGS-B", bounds=[(-5, 5)] * 2)
    return Blend(*np.exp(found.x).tolist())


def _article_weights(y: Ints, balanced: bool) -> npt.NDArray[np.float64]:
    """Weights of articles, which add up to the number of articles; for multi-label all are 1."""
    if not balanced or y.ndim == 2:
        return np.ones(len(y))
    counts = np.bincount(y)
    weights = 1 / counts[y]
    return np.asarray(weights * len(y) / weights.sum())


def losses(logits: npt.NDArray[np.float64], y: Ints) -> npt.NDArray[np.float64]:
    """Negative log-likelihood of each article, shape (articles,): of its label, or of all labels that it may have."""
    from scipy.special import log_expit, log_softmax

    if y.ndim == 1:
        return np.asarray(-log_softmax(logits, axis=1)[np.arange(len(y)), y])
    return np.asarray(-np.where(y == 1, log_expit(logits), log_expit(-logits)).sum(axis=1))
