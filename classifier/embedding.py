"""Articles as vectors: the mean token vector of each, by the encoder as it is, worked out once.

What `learning_curve`, `pool` and `probe` share. Distances between such vectors say which articles are alike; a
logistic regression on them is the probe.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from classifier.articles import Article
from classifier.device import choose_device, use_bf16
from classifier.encoding import EncodedArticles, TextEncoder
from classifier.errors import InputError
from classifier.inference import Classifier, article_logits
from classifier.model import ArticleClassifier, create_model, load_tokenizer, place
from classifier.presets import ChosenConfig
from classifier.progress import Task
from classifier.weights import find_weights

Vectors = npt.NDArray[np.float32]


def mean_vectors(
    model: ArticleClassifier,
    encoded: EncodedArticles,
    encoder: TextEncoder,
    *,
    device: torch.device,
    hidden: torch.Tensor | None = None,
    task: Task | None = None,
) -> Vectors:
    """The mean vector of each article under a model's encoder, float32 of shape (articles, hidden size).

    Args:
        model: with mean pooling; its head is not used.
        encoded: the articles' windows.
        encoder: made them.
        device: of the model.
        hidden: what frozen layers made of the tokens, where that is kept.
        task: told of each batch.
    """
    vectors = ArticleClassifier(model.encoder, nn.Identity())
    vectors.packed, vectors.frozen_layers = model.packed, model.frozen_layers
    return article_logits(vectors, encoded, encoder, device=device, hidden=hidden, task=task)


def embed(articles: Iterable[Article], config: ChosenConfig, *, pair: bool, task: Task | None = None) -> Vectors:
    """The vectors of articles under the pre-trained encoder that the settings name.

    Args:
        articles: read once, encoded all together.
        config: ``[model]`` says how articles are read, ``[train]`` where and in which precision.
        pair: whether articles have targets.
        task: told of each batch.

    Returns:
        float32 of shape (articles, hidden size), in the order of the articles.

    Raises:
        InputError: the encoder or its tokenizer cannot be used.
    """
    weights, settings = find_weights(config.model.name), config.model
    encoder = TextEncoder(
        load_tokenizer(weights), settings.max_length, settings.windows, settings.stride, settings.window_choice, pair,
        config.data.strip,
    )  # fmt: skip
    model = create_model(weights, ("any",), multi_label=False, pooling="mean").eval()
    device = choose_device(config.train.device)
    place(model, device, bf16=use_bf16(config.train.bf16, device))
    return mean_vectors(model, encoder.encode(articles), encoder, device=device, task=task)


def embed_with(classifier: Classifier, encoded: EncodedArticles, task: Task | None = None) -> Vectors:
    """The vectors of articles under a trained model's own encoder; of an ensemble, the first member's.

    Raises:
        InputError: the model has ``pooling = "cls"``, whose encoder gives no mean vectors.
    """
    if classifier.model.head is None:
        raise InputError(
            'A model with pooling = "cls" gives no vectors of articles.', fix='Train one with model.pooling = "mean".'
        )
    return mean_vectors(classifier.model, encoded, classifier.encoder, device=classifier.device, task=task)
