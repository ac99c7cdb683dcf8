"""A linear probe: logistic regression on the frozen encoder, where the head of a fine-tuning starts.

With few articles a random head needs epochs to become useful, and drags the encoder about. Source: Kumar et al.,
2022, "Fine-Tuning can Distort Pretrained Features and Underperform Out-of-Distribution", arXiv:2202.10054 (LP-FT).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from classifier.encoding import EncodedArticles, TextEncoder
from classifier.inference import article_logits
from classifier.model import ArticleClassifier

MOST_ARTICLES = 2000
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
) -> None:
    """Set the linear head of a mean-pooling model to a logistic regression on the articles' mean vectors.

    Args:
        model: its head is changed in place; a model without one is left alone.
        encoded: training articles; 2,000 of them at most are used, drawn at random.
        y: label ids (n,) or a 0/1 matrix (n, classes). A class without articles keeps its random weights.
        encoder: made the windows.
        balanced: whether classes weigh alike.
        seed: of the draw.
        device: of the model.
        hidden: what frozen layers made of the articles' tokens, where that is kept.
    """
    if not isinstance(model.head, nn.Linear):
        return
    chosen = np.sort(np.random.default_rng(seed).permutation(len(encoded))[:MOST_ARTICLES])
    if len(chosen) < len(encoded):
        encoded, hidden = encoded.take(chosen), None
    vectors = ArticleClassifier(model.encoder, nn.Identity())
    vectors.packed, vectors.frozen_layers = model.packed, model.frozen_layers
    features = article_logits(vectors, encoded, encoder, device=device, hidden=hidden)
    for index, (weight, bias) in fit_rows(features, y[chosen], balanced=balanced).items():
        with torch.no_grad():
            model.head.weight[index] = torch.from_numpy(weight).to(model.head.weight)
            model.head.bias[index] = bias


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
