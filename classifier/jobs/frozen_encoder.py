"""Articles as vectors: the mean token vector of each, by the pre-trained encoder without any training.

Of pairs they are features of text and target, each read by itself, unless ``model.pairs`` says "together".

Learning curves, label audits and the choice of articles to label use them. Distances between such vectors say which
articles are alike; a logistic regression on them is called a probe.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

import numpy as np

from classifier.arrays import Floats32
from classifier.articles.article import Article
from classifier.config import Config, Layers
from classifier.dataset.folder import DatasetFolder
from classifier.errors import InputError
from classifier.models.device import choose_device, use_bf16
from classifier.models.layers import LayerProbe, LayerVectors, better_layers
from classifier.models.predictor import Predictor
from classifier.models.transformer.encoder_config import encoder_size, read_encoder_config
from classifier.models.transformer.forward import mean_vectors
from classifier.models.transformer.pair_features import VECTORS
from classifier.models.transformer.tokenizer import load_tokenizer
from classifier.models.transformer.windows import EncodedArticles
from classifier.models.weights import find_weights
from classifier.progress import Task
from classifier.training.auto import LEARNING_RATE, ChosenConfig, choose_settings, text_encoder
from classifier.training.folds import held_out_of
from classifier.training.head_articles import articles_read

logger = logging.getLogger(__name__)
MOST_BYTES = 256_000_000  # of vectors of all layers: those of 24,000 articles under a small encoder


def embed(articles: Iterable[Article], config: ChosenConfig, *, pair: bool, task: Task | None = None) -> LayerVectors:
    """The vectors of articles under the pre-trained encoder that the settings name.

    Args:
        articles: read once, encoded all together.
        config: ``[model]`` says how articles are read, ``[train]`` where and in which precision.
        pair: whether articles have targets.
        task: told of each batch.

    Returns:
        Those of the last layer, in the order of the articles; of pairs that are read apart their `pair_features`.

    Raises:
        InputError: the encoder or its tokenizer cannot be used.
    """
    return _read(articles, config, "last", pair=pair, task=task)


def _read(
    articles: Iterable[Article], config: ChosenConfig, layers: Layers, *, pair: bool, task: Task | None
) -> LayerVectors:
    from classifier.models.transformer.network import create_model, place  # loads torch

    weights = find_weights(config.model.name)
    encoder = text_encoder(config, pair, load_tokenizer(weights))
    model = create_model(weights, ("any",), multi_label=False, pooling="mean").eval()
    device = choose_device(config.train.device)
    place(model, device, bf16=use_bf16(config.train.bf16, device))
    encoded = encoder.encode(articles)
    values = mean_vectors(model, encoded, encoder, device=device, layers=layers, task=task)
    parts = VECTORS if encoder.apart else 1
    return LayerVectors(values, parts * model.width, parts)


def embed_layers(
    articles: Iterable[Article], config: ChosenConfig, *, pair: bool, count: int, task: Task | None = None
) -> LayerVectors:
    """The vectors of articles as `embed` has them, of all layers where ``[model]`` and their number allow it.

    Args:
        articles, config, pair, task: as there.
        count: how many articles there are.

    Raises:
        InputError: the encoder or its tokenizer cannot be used.
    """
    from classifier.models.transformer.packed_encoder import gives_all_layers  # loads torch

    kind, most = read_encoder_config(find_weights(config.model.name)), _most_in_memory(config)
    every = config.model.layers != "last" and config.model.pairs == "together" and gives_all_layers(kind)
    if every and count > most:
        logger.warning(
            "only the last layer of the encoder is looked at: vectors of all layers fit into memory for %s of these "
            "%s articles",
            f"{most:,}",
            f"{count:,}",
        )
    return _read(articles, config, "all" if every and count <= most else "last", pair=pair, task=task)


def _most_in_memory(config: ChosenConfig) -> int:
    """The most articles whose vectors of all layers are held at once."""
    layers, width = encoder_size(find_weights(config.model.name))
    return max(1, MOST_BYTES // (4 * (layers + 1) * width))


def probe_articles(
    probe: LayerProbe, articles: Sequence[Article], config: ChosenConfig, *, pair: bool, task: Task | None = None
) -> tuple[Floats32, Floats32]:
    """What a probe says of articles, however many.

    Args:
        probe: fitted on vectors that these settings gave.
        articles, config, pair, task: as in `embed`.

    Returns:
        Its logits, of shape (articles, classes), and the vectors of the last layer, (articles, hidden size).
    """
    logits, last, most = [], [], _most_in_memory(config)
    for start in range(0, len(articles), most):
        part = articles[start : start + most]
        vectors = _read(part, config, probe.layers, pair=pair, task=task)
        logits.append(probe.logits(vectors))
        last.append(vectors.last.copy())
    return np.concatenate(logits), np.concatenate(last)


def layers_for(vectors: LayerVectors, articles: Sequence[Article], dataset: DatasetFolder, config: Config) -> Layers:
    """Whose vectors a probe on labelled articles of a dataset reads, chosen as a training chooses them.

    Args:
        vectors: of the articles.
        articles: with their labels.
        dataset: knows what belongs together.
        config: its ``model.layers``, and whether classes have the same weight.
    """
    if config.model.layers != "auto" or vectors.depth == 1:
        return "last" if vectors.depth == 1 else "all"
    held_out = held_out_of(articles, dataset, balanced=config.train.balanced)
    y = dataset.info.label_set.encode(article.labels for article in articles)
    rows = articles_read(len(articles), 0, config.train.seed)
    return better_layers(vectors.take(rows), y[rows], held_out and held_out.take(rows))


def embed_with(predictor: Predictor, encoded: EncodedArticles) -> Floats32:
    """The vectors of articles under a trained model's own encoder; of an ensemble, the first member's.

    Raises:
        InputError: the model has ``pooling = "cls"``, whose encoder gives no mean vectors.
    """
    if predictor.model.head is None:
        raise InputError(
            'A model with pooling = "cls" gives no vectors of articles.', fix='Train one with model.pooling = "mean".'
        )
    return mean_vectors(predictor.model, encoded, predictor.encoder, device=predictor.device)


def frozen_settings(config: Config, *, pair: bool) -> ChosenConfig:
    """Settings under which the frozen encoder reads articles: the first window, unless ``model.windows`` says more."""
    values = config.model_dump()
    values["model"]["window_choice"] = config.model.choice(pair=pair)
    apart = pair and config.model.pairs != "together" and config.model.layers != "all"
    values["model"] |= {"pairs": "apart" if apart else "together", "pooling": "mean"}
    if config.model.windows == "auto":
        values["model"]["windows"] = 1
    values["model"]["max_length"] = config.model.most_tokens
    untrained = {"preset": "auto", "num_train_epochs": 0, "learning_rate": 1e-4, "freeze_layers": 0}
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
