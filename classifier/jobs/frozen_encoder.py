"""Articles as vectors: the mean token vector of each, by the pre-trained encoder without any training.

Learning curves, label audits and the choice of articles to label use them. Distances between such vectors say which
articles are alike; a logistic regression on them is called a probe.
"""

from __future__ import annotations

from collections.abc import Iterable

from classifier.arrays import Floats32
from classifier.articles.article import Article
from classifier.config import Config
from classifier.dataset.folder import DatasetFolder
from classifier.errors import InputError
from classifier.models.classifier import Classifier
from classifier.models.device import choose_device, use_bf16
from classifier.models.transformer.forward import mean_vectors
from classifier.models.transformer.pretrained import find_weights, load_tokenizer
from classifier.models.transformer.windows import EncodedArticles, TextEncoder
from classifier.progress import Task
from classifier.training.auto import LEARNING_RATE, ChosenConfig, choose_settings


def embed(articles: Iterable[Article], config: ChosenConfig, *, pair: bool, task: Task | None = None) -> Floats32:
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
    from classifier.models.transformer.network import create_model, place  # loads torch

    weights, settings = find_weights(config.model.name), config.model
    encoder = TextEncoder(
        load_tokenizer(weights),
        settings.max_length,
        settings.windows,
        settings.stride,
        settings.window_choice,
        pair,
        config.data.strip,
    )
    model = create_model(weights, ("any",), multi_label=False, pooling="mean").eval()
    device = choose_device(config.train.device)
    place(model, device, bf16=use_bf16(config.train.bf16, device))
    return mean_vectors(model, encoder.encode(articles), encoder, device=device, task=task)


def embed_with(classifier: Classifier, encoded: EncodedArticles, task: Task | None = None) -> Floats32:
    """The vectors of articles under a trained model's own encoder; of an ensemble, the first member's.

    Raises:
        InputError: the model has ``pooling = "cls"``, whose encoder gives no mean vectors.
    """
    if classifier.model.head is None:
        raise InputError(
            'A model with pooling = "cls" gives no vectors of articles.', fix='Train one with model.pooling = "mean".'
        )
    return mean_vectors(classifier.model, encoded, classifier.encoder, device=classifier.device, task=task)


def frozen_settings(config: Config, *, pair: bool) -> ChosenConfig:
    """Settings under which the frozen encoder reads articles: the first window, unless ``model.windows`` says more."""
    values = config.model_dump()
    values["model"]["window_choice"] = config.model.choice(pair=pair)
    if config.model.windows == "auto":
        values["model"]["windows"] = 1
    values["model"]["max_length"] = config.model.most_tokens
    untrained = {"preset": "auto", "num_train_epochs": 1, "learning_rate": 1e-4, "freeze_layers": 0}
    untrained |= {"batch_size": 16, "most_frequent_share": 1.0, "average_last": 0.0, "refit": False}
    return ChosenConfig.model_validate({**values, "train": {**values["train"], **untrained}})


def probe_settings(config: Config, dataset: DatasetFolder) -> ChosenConfig:
    """The settings of a probe: of what is "auto", only how much of an article is read is chosen from the corpus.

    Raises:
        InputError: the encoder or its tokenizer cannot be used.
    """
    values = config.model_dump()
    values["model"] |= {"pooling": "mean"}
    values["train"] |= {"preset": "probe", "num_train_epochs": 0, "freeze_layers": 0, "learning_rate": LEARNING_RATE}
    return choose_settings(Config.model_validate(values), dataset)
