"""A linear probe: logistic regression on the frozen encoder, where the head of a fine-tuning starts.

With few articles a random head needs epochs to become useful, and drags the encoder about. Source: Kumar et al.,
2022, "Fine-Tuning can Distort Pretrained Features and Underperform Out-of-Distribution", arXiv:2202.10054 (LP-FT).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from classifier.embedding import mean_vectors
from classifier.encoding import EncodedArticles, TextEncoder
from classifier.model import ArticleClassifier

MOST_ARTICLES = 2000
FEWEST_ARTICLES = 200
SHARE = 0.2  # of the passes of the training that follows: forward alone they are a third of it, so 7% of its time
ALWAYS = 1e4  # the logit of a class that all articles have; minus that of one that none has
Ids = npt.NDArray[np.int64]


def start_head(
    model: ArticleClassifier,
    encoded: EncodedArticles,
    y: Ids,
    encoder: TextEncoder,
    *,
    balanced: bool,
    seed: int,
    device: torch.device,
    hidden: torch.Tensor | None = None,
    passes: int = 0,
) -> None:
    """Set the linear head of a mean-pooling model to a logistic regression on the articles' mean vectors.

    Args:
        model: its head is changed in place; a model without one is left alone.
        encoded: training articles; `articles_read` of them are used, drawn at random.
        y: label ids (n,) or a 0/1 matrix (n, classes). A class that none of those read has keeps its random
            weights.
        encoder: made the windows.
        balanced: whether classes weigh alike.
        seed: of the draw.
        device: of the model.
        hidden: what frozen layers made of the articles' tokens, where that is kept.
        passes: articles that the training that follows reads, again in each epoch; 0 where none follows.
    """
    if not isinstance(model.head, nn.Linear):
        return
    chosen = articles_read(len(encoded), passes, seed)
    if len(chosen) < len(encoded):
        hidden = None if hidden is None else hidden[torch.from_numpy(encoded.tokens_of(chosen))]
        encoded = encoded.take(chosen)
    features = mean_vectors(model, encoded, encoder, device=device, hidden=hidden)
    for index, (weight, bias) in fit_rows(features, y[chosen], balanced=balanced).items():
        with torch.no_grad():
            model.head.weight[index] = torch.from_numpy(weight).to(model.head.weight)
            model.head.bias[index] = bias


def articles_read(articles: int, passes: int, seed: int) -> Ids:
    """Which of the training articles `start_head` reads, ascending.

    Example:
        >>> len(articles_read(480, passes=960, seed=13)), len(articles_read(50_000, passes=150_000, seed=13))
        (200, 2000)
    """
    most = min(MOST_ARTICLES, max(FEWEST_ARTICLES, math.ceil(SHARE * passes))) if passes else MOST_ARTICLES
    return np.sort(np.random.default_rng(seed).permutation(articles)[:most])


def fit_rows(
    features: npt.NDArray[np.float32], y: Ids, *, balanced: bool
) -> dict[int, tuple[npt.NDArray[np.float32], float]]:
    """Logistic regression: class id -> (weights of shape (features,), bias), for the classes that can be fitted."""
    from sklearn.linear_model import LogisticRegression

    regression = LogisticRegression(C=1.0, class_weight="balanced" if balanced else None, max_iter=1000)
    if y.ndim == 2:
        mixed = np.flatnonzero(y.any(axis=0) & ~y.all(axis=0))
        fitted = {}
        for index in mixed:
            regression.fit(features, y[:, index])
            fitted[int(index)] = (regression.coef_[0].astype(np.float32), float(regression.intercept_[0]))
        return fitted
    if len(np.unique(y)) < 2:
        return {}
    regression.fit(features, y)
    weights, bias = regression.coef_.astype(np.float32), regression.intercept_
    if len(bias) == 1:  # two classes: scikit-learn keeps one row, their difference
        weights, bias = np.vstack([-weights / 2, weights / 2]), np.array([-bias[0] / 2, bias[0] / 2])
    return {int(c): (weights[row], float(bias[row])) for row, c in enumerate(regression.classes_)}


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


def fit_probe(features: npt.NDArray[np.float32], y: Ids, classes: int, *, balanced: bool) -> Probe:
    """A probe on labelled articles. A class that no article has is never chosen, one that all have always.

    Args:
        features: vectors of the articles, shape (articles, features).
        y: label ids (articles,) or a 0/1 matrix (articles, classes).
        classes: how many there are.
        balanced: whether classes weigh alike.

    Example:
        >>> probe = fit_probe(np.array([[0.0], [1.0]], dtype=np.float32), np.array([0, 2]), 3, balanced=False)
        >>> probe.logits(np.array([[5.0]], dtype=np.float32)).argmax()
        2
    """
    weights = np.zeros((classes, features.shape[1]), dtype=np.float32)
    always = y.all(axis=0) if y.ndim == 2 else np.bincount(y, minlength=classes) == len(y)
    bias = np.where(always, ALWAYS, -ALWAYS).astype(np.float32)
    for index, row in fit_rows(features, y, balanced=balanced).items():
        weights[index], bias[index] = row
    return Probe(weights, bias)
