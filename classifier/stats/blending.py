"""The fine-tuned model and TF-IDF together: a weighted sum of their scores, the weights fitted on held-out articles.

The two err on different articles; TF-IDF is best where a site or a topic always uses the same words. Each of the two
gets a weight of its own, so fitting the weights calibrates the sum as well (Platt scaling of a sum; the weights are
those of a "stacking" of two models: Wolpert, 1992, "Stacked generalization", Neural Networks 5).

Validation is often 60 articles, too few for two weights. What TF-IDF's scores are worth is known better: TF-IDF is
fitted in seconds, so each training article can be scored by one that did not learn from it (out of fold, as in
stacking). A good weight beside the model is about the same part of the weight of these scores alone (`fit_scale`), in
corpora whose scales differ by a factor of fifty. So TF-IDF's weight begins there, and validation moves it.

A model that has read its training articles for several epochs is too sure of others: on held-out articles of three
small corpora (twelve folds) its best weight was .07 to .34, that of a head on the frozen encoder .6 to 1.9. For a head
with validation the usual prior is as good (80 folds of four corpora), and is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.arrays import Floats, Floats32, Ints

USUAL = (1.0, 2.0)  # weights before any article is seen
SPREAD = 0.5  # standard deviation of the prior of a weight's logarithm
OF_SCALE = 0.8  # TF-IDF's weight beside the model, as a part of its weight alone
OF_TUNED = 0.3  # a fine-tuned model's weight: it has seen its articles several times, and is too sure of others
LOGARITHMS = (-5.0, 5.0)  # of weights
SPREAD_ALONE = 2.0  # of the weight of scores that stand alone: they are many


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


def fixed_blend(share: float) -> Blend:
    """The blend in which TF-IDF has this share of the weight, from 0 to 1."""
    return Blend(USUAL[0] * 2 * (1 - share), USUAL[1] * 2 * share)


@dataclass(frozen=True)
class Prior:
    """What is thought of the two weights before validation is seen: their logarithms are normally distributed.

    Attributes:
        blend: the weights in the middle.
        spreads: standard deviations of the logarithms, of the model's weight and of TF-IDF's.
    """

    blend: Blend = Blend(*USUAL)
    spreads: tuple[float, float] = (SPREAD, SPREAD)


def prior_of(scale: float | None, *, tuned: bool) -> Prior:
    """The prior where TF-IDF's weight alone is known.

    Args:
        scale: that weight (`fit_scale`); None = it is not known.
        tuned: whether the model is fine-tuned, and not a head on an encoder as it is.

    Example:
        >>> prior_of(10.0, tuned=True).blend, prior_of(10.0, tuned=False).blend
        (Blend(model=0.3, tfidf=8.0), Blend(model=1.0, tfidf=8.0))
    """
    if scale is None:
        return Prior()
    return Prior(Blend(OF_TUNED if tuned else USUAL[0], OF_SCALE * scale))


def fit_blend(logits: Floats32, scores: Floats32, y: Ints, *, balanced: bool, prior: Prior = Prior()) -> Blend:
    """Find the weights under which labelled articles are most likely.

    With few articles the weights stay near those of the prior.

    Args:
        logits: of the fine-tuned model, shape (articles, classes), on articles that neither was trained on.
        scores: decision values of TF-IDF, the same shape.
        y: label ids (articles,), or a 0/1 matrix (articles, classes).
        balanced: whether every class has the same weight, as in training.
        prior: of the weights.

    Returns:
        The weights with the highest posterior density.
    """
    middle = (prior.blend.model, prior.blend.tfidf)
    return Blend(*fit_weights((logits, scores), y, middle, prior.spreads, balanced=balanced))


def fit_scale(scores: Floats32, y: Ints, *, balanced: bool) -> float:
    """The weight under which labelled articles are most likely by these scores alone.

    Args:
        scores: decision values of shape (articles, classes), on articles that were not trained on.
        y, balanced: as in `fit_blend`.

    Example:
        >>> right, wrong = [1.0, -1.0], [-1.0, 1.0]
        >>> three_of_four = np.array([right, right, right, wrong] * 100, dtype=np.float32)
        >>> round(fit_scale(three_of_four, np.zeros(400, dtype=np.int64), balanced=False), 2)  # half of log 3
        0.55
    """
    return fit_weights((scores,), y, (USUAL[1],), (SPREAD_ALONE,), balanced=balanced)[0]


def fit_weights(
    parts: Sequence[Floats32], y: Ints, middle: Sequence[float], spreads: Sequence[float], *, balanced: bool
) -> list[float]:
    """A weight for each of some scores, of highest posterior density in their weighted sum.

    Args:
        parts: scores of shape (articles, classes), on articles that none of them learned from.
        y, balanced: as in `fit_blend`.
        middle, spreads: of the weights' prior, for each part (`Prior`).

    Example:
        >>> scores = np.array([[1.0, -1.0]] * 8, dtype=np.float32)
        >>> once, again = fit_weights((scores, scores), np.zeros(8, dtype=np.int64), (1, 1), (0.5, 0.5), balanced=False)
        >>> once > 1, abs(once - again) < 1e-3
        (True, True)
    """
    from scipy.optimize import minimize

    weights, scores = _article_weights(y, balanced), np.stack(parts).astype(np.float64)

    def cost(log_weights: Floats) -> float:
        prior = ((log_weights - np.log(middle)) / np.array(spreads)) ** 2 / 2
        return float((weights * losses(np.tensordot(np.exp(log_weights), scores, 1), y)).sum() + prior.sum())

    found = minimize(cost, np.log(middle), method="L-BFGS-B", bounds=[LOGARITHMS] * len(parts))
    return [float(weight) for weight in np.exp(found.x)]


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
