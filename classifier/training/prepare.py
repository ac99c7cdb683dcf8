"""What a fine-tuning begins with: encoded articles, the encoder with a head on it, an optimizer."""

from __future__ import annotations

import logging
from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from torch import nn

from classifier import distributed
from classifier.arrays import Floats32
from classifier.config import Config, Layers, ModelConfig
from classifier.dataset.folder import DatasetFolder
from classifier.dataset.info import DatasetInfo
from classifier.errors import InputError
from classifier.models.device import choose_device, use_bf16
from classifier.models.layers import LayerVectors
from classifier.models.model_folder import MODEL_FILE
from classifier.models.run_folder import RunFolder
from classifier.models.transformer.encoder_config import read_encoder_config
from classifier.models.transformer.forward import article_logits
from classifier.models.transformer.network import ArticleNetwork, create_model, place
from classifier.models.transformer.packed_encoder import gives_all_layers
from classifier.models.transformer.pair_features import VECTORS
from classifier.models.transformer.tokenizer import load_tokenizer
from classifier.models.transformer.windows import EncodedArticles, TextEncoder
from classifier.models.weights import find_weights
from classifier.progress import SILENT, Progress, Task
from classifier.training.auto import LARGEST_ARTICLE, ChosenConfig, text_encoder
from classifier.training.frozen_layers import lower_outputs
from classifier.training.head import kept_vectors, start_head, which_encoder
from classifier.training.loop import Learner, TrainingSet, set_seed, steps_per_epoch
from classifier.training.teacher import read_pool, taught_by
from classifier.training.undersampling import epoch_size

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fitting:
    """What the functions of a fine-tuning share.

    Attributes:
        run: where it is written.
        config, info: the settings, and the dataset's labels and columns.
        encoder: cuts articles into windows.
        learner: the model and its optimizer.
        train: encoded articles; those without labels, which a teacher scored, come last.
        validation: encoded articles; None without a validation split.
        device: where the model works.
        bf16: whether it computes in bf16.
        stops_after: the step after which it ends; None = the last one of the last epoch.
        validated: step -> the logits of the validation articles under the best weights so far, which are those of this
            step; empty where this process has not worked them out.
    """

    run: RunFolder
    config: ChosenConfig
    info: DatasetInfo
    encoder: TextEncoder
    learner: Learner
    train: TrainingSet
    validation: TrainingSet | None
    device: torch.device
    bf16: bool
    stops_after: int | None = None
    validated: dict[int, Floats32] = field(default_factory=dict)

    def until(self, epochs: float | None) -> Fitting:
        """The same, ending after so many epochs; None = as many as there are."""
        if epochs is None:
            return self
        per_epoch = steps_per_epoch(self.per_epoch, self.config.train.batch_size)
        return replace(self, stops_after=max(1, min(self.total_steps, round(epochs * per_epoch))))

    @property
    def last_step(self) -> int:
        """The step after which the training ends."""
        return self.total_steps if self.stops_after is None else self.stops_after

    @property
    def total_steps(self) -> int:
        """Optimizer steps of all epochs, over which the learning rate falls."""
        settings = self.config.train
        return steps_per_epoch(self.per_epoch, settings.batch_size) * settings.num_train_epochs

    @property
    def labelled(self) -> TrainingSet:
        """The training articles that have true labels."""
        train = self.train
        if train.taught is None or train.taught.labelled == len(train):
            return replace(train, taught=None)
        chosen = np.arange(train.taught.labelled)
        encoded = train.encoded.take(chosen)
        hidden = None if train.hidden is None else train.hidden[: len(encoded.tokens)]
        return TrainingSet(encoded, train.y[: len(chosen)], hidden)

    @property
    def per_epoch(self) -> int:
        """Articles in an epoch."""
        return epoch_size(self.train.y, self.config.train.most_frequent_share)

    def logits(self, data: TrainingSet, task: Task | None = None) -> Floats32:
        """Logits of articles under the model as it is now, float32 of shape (articles, classes).

        Args:
            data: the articles.
            task: told of each batch.
        """
        model = self.learner.model
        return article_logits(model, data.encoded, self.encoder, device=self.device, hidden=data.hidden, task=task)


def prepare(run: RunFolder, config: ChosenConfig, dataset: DatasetFolder, progress: Progress) -> Fitting:
    """Encode the articles, load the encoder and make the optimizer.

    Raises:
        InputError: the weights or windows cannot be used.
    """
    settings, info = config.train, dataset.info
    weights = find_weights(config.model.name)
    encoder = text_encoder(config, info.pair, load_tokenizer(weights))
    if config.has_teacher:
        train = _with_teacher(run, config, dataset, encoder, progress)
    else:
        train = _training_set(encoder, dataset, "train", progress)
    validation = _training_set(encoder, dataset, "validation", progress) if "validation" in dataset.splits else None
    _log_windows(train.encoded, config.model)
    if settings.num_train_epochs:
        _check_size(train.encoded, config)
    if validation is None and (settings.early_stopping_patience or settings.eval_steps):
        logger.warning("there is no validation: early_stopping_patience and eval_steps have no effect")
    set_seed(settings.seed)
    device = choose_device(settings.device)
    model = create_network(weights, config, info)
    model.freeze(settings.freeze_layers, embeddings=settings.freeze_embeddings)
    if settings.gradient_checkpointing:
        model.recompute(device)
    bf16 = use_bf16(settings.bf16, device)
    learner = Learner(model.to(device), settings)
    place(model, device, bf16=bf16)
    if settings.num_train_epochs:
        with progress.task("reading with the frozen layers", len(train)) as task:
            train = _read_once(train, model, encoder, settings.token_budget, task)
        if validation and train.hidden is not None and distributed.is_main():  # the others are not asked for it
            with progress.task("reading validation with the frozen layers", len(validation)) as task:
                beside = train.hidden.nbytes
                validation = _read_once(validation, model, encoder, settings.token_budget, task, beside)
    return Fitting(run, config, info, encoder, learner, train, validation, device, bf16)


def create_network(weights: Path, config: ChosenConfig, info: DatasetInfo) -> ArticleNetwork:
    """The encoder with a new head for the labels of a dataset."""
    model = create_model(
        weights,
        info.labels,
        multi_label=info.multi_label,
        pooling=config.model.pooling,
        dropout=config.model.dropout,
        attention_dropout=config.model.attention_dropout,
        layers=_layers_at_hand(weights, config),
        parts=VECTORS if config.model.pairs == "apart" else 1,
    )
    if config.model.pooling == "cls" and (weights / MODEL_FILE).exists():
        _renew_head(model)
    return model


def _layers_at_hand(weights: Path, config: ChosenConfig) -> Layers:
    """Whose vectors a new head is given: those of all layers where it may read them."""
    if config.train.num_train_epochs or config.model.layers == "last" or config.model.pairs == "apart":
        return "last"
    return "all" if config.model.layers == "all" or gives_all_layers(read_encoder_config(weights)) else "last"


def _renew_head(model: ArticleNetwork) -> None:
    """Make a head anew that a trained model brought along: it tells the labels of that model."""
    beside = [part for name, part in model.encoder.named_children() if name != model.encoder.base_model_prefix]
    for layer in (layer for part in beside for layer in part.modules() if isinstance(layer, nn.Linear)):
        nn.init.normal_(layer.weight, std=0.02)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


def start_from_regression(fitting: Fitting, layers: Layers = "last", progress: Progress = SILENT) -> None:
    """Start the head from a logistic regression on the encoder as it is, with the same weights in every process.

    Args:
        fitting: its model's head is changed.
        layers: whose vectors it gives weight to.
        progress: told of each batch.
    """
    settings = fitting.config.train
    start_head(
        fitting.learner.model,
        fitting.labelled if settings.num_train_epochs else fitting.train,
        fitting.encoder,
        balanced=settings.balanced,
        seed=settings.seed,
        passes=fitting.per_epoch * settings.num_train_epochs,
        frozen=None if settings.num_train_epochs else _which_encoder(fitting),
        layers=layers,
        progress=progress,
    )
    optimizer = fitting.learner.optimizer
    optimizer.copy_from_model()
    distributed.copy_from_main(optimizer.flat)
    optimizer.copy_to_model()


def frozen_vectors(fitting: Fitting, data: TrainingSet, task: Task) -> LayerVectors:
    """The mean vectors of articles under the encoder of a head alone, of all layers that the head is given."""
    model = fitting.learner.model
    values = kept_vectors(model, data.encoded, fitting.encoder, _which_encoder(fitting), task)
    return LayerVectors(values, model.width, model.parts)


def _which_encoder(fitting: Fitting) -> Hashable:
    return which_encoder(find_weights(fitting.config.model.name), fitting.device, bf16=fitting.bf16)


def _training_set(encoder: TextEncoder, dataset: DatasetFolder, split: str, progress: Progress) -> TrainingSet:
    with progress.task(f"cutting the articles of {split} into tokens", dataset.counts()[split].articles) as task:
        encoded = encoder.encode(dataset.articles(split), task.advance)
    return TrainingSet(encoded, dataset.info.label_set.encode(dataset.labels(split)))


def _read_once(
    data: TrainingSet, model: ArticleNetwork, encoder: TextEncoder, token_budget: int, task: Task, beside: int = 0
) -> TrainingSet:
    """Articles with the outputs of the frozen layers, where they are kept (`lower_outputs`)."""
    return replace(data, hidden=lower_outputs(model, data.encoded, encoder, token_budget, task, beside=beside))


def _with_teacher(
    run: RunFolder, config: ChosenConfig, dataset: DatasetFolder, encoder: TextEncoder, progress: Progress
) -> TrainingSet:
    """The training articles and, after them, the unlabelled ones, with what a teacher says of both."""
    taught = taught_by(run, config, dataset.column("train", "id"), multi_label=dataset.info.multi_label)
    with progress.task("cutting the articles to learn from into tokens", len(taught.scores)) as task:
        encoded = encoder.encode(chain(dataset.articles("train"), read_pool(run)), task.advance)
    y = dataset.info.label_set.encode(dataset.labels("train"))
    said = taught.scores[taught.labelled :]
    guessed = (said >= 0.5).astype(y.dtype) if dataset.info.multi_label else said.argmax(axis=1).astype(y.dtype)
    return TrainingSet(encoded, np.concatenate([y, guessed]), taught=taught)


def _log_windows(encoded: EncodedArticles, model: ModelConfig) -> None:
    logger.info(
        "windows: at most %s of %s tokens per article; %.1f%% of all tokens are dropped, %.0f%% of articles are cut",
        model.windows,
        model.max_length,
        100 * encoded.share_dropped,
        100 * encoded.share_cut,
    )


def _check_size(encoded: EncodedArticles, config: Config) -> None:
    """All windows of an article are trained on at once: refuse what would not fit into memory."""
    longest = int((encoded.window_counts * encoded.window_lengths).max())
    limit = LARGEST_ARTICLE * config.train.token_budget
    if longest > limit:
        raise InputError(
            f"The longest article has {longest:,} tokens in its windows; at most {limit:,} can be trained on at once.",
            fix=f"--set model.windows={max(1, limit // config.model.most_tokens)}, or raise train.token_budget",
        )
