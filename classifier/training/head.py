"""Where the head starts: a logistic regression on some of the training articles."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path

import numpy as np
import torch
from torch import nn

from classifier.arrays import Floats32, Ints
from classifier.config import Layers
from classifier.models.layers import LayerVectors
from classifier.models.linear_probe import bias_of_unfitted, fit_rows, fit_taught_rows
from classifier.models.transformer.forward import mean_vectors
from classifier.models.transformer.network import ArticleNetwork
from classifier.models.transformer.windows import EncodedArticles, TextEncoder
from classifier.progress import SILENT, Progress, Task
from classifier.training.head_articles import articles_read
from classifier.training.loop import Taught, TrainingSet, balanced_weights
from classifier.training.vector_memory import READ


def start_head(
    model: ArticleNetwork,
    train: TrainingSet,
    encoder: TextEncoder,
    *,
    balanced: bool,
    seed: int,
    passes: int = 0,
    frozen: Hashable = None,
    layers: Layers = "last",
    progress: Progress = SILENT,
) -> None:
    """Set the linear head of a mean-pooling model to a logistic regression on the articles' mean vectors.

    Args:
        model: its head is changed in place; a model without one is left alone.
        train: the training articles; `articles_read` of them are used, drawn at random. A class that none of those
            has keeps its random weights where a training follows, and is never chosen where none does.
        encoder: made the windows.
        balanced: whether classes have the same weight.
        seed: of the draw.
        passes: articles that the training that follows reads, again in each epoch; 0 where none follows: what a teacher
            says of them is then learnt here.
        frozen: what tells the encoder from others, where it stays as it is and its vectors are to be kept for other
            trainings of this process; None = they are not.
        layers: whose vectors are given weight, of those that the head is given.
        progress: told of each batch.
    """
    if not isinstance(model.head, nn.Linear):
        return
    encoded, hidden, taught = train.encoded, train.hidden, train.taught
    chosen = articles_read(len(encoded), passes, seed) if taught is None else _taught_articles(taught, seed)
    if len(chosen) < len(encoded):
        hidden = None if hidden is None else hidden[torch.from_numpy(encoded.tokens_of(chosen))]
        encoded = encoded.take(chosen)
    with progress.task("fitting the head on the frozen encoder", len(chosen)) as task:
        if frozen is None:
            device = model.head.weight.device
            features = mean_vectors(
                model, encoded, encoder, device=device, hidden=hidden, layers=model.layers, task=task
            )
        else:
            features = kept_vectors(model, encoded, encoder, frozen, task)
        vectors = LayerVectors(features, model.width, model.parts).of(layers)
        if taught is None:
            fitted = fit_rows(vectors.values, train.y[chosen], balanced=balanced, vectors=vectors.side_by_side)
        else:
            shares = _shares(taught, train.y, balanced=balanced)[chosen]
            many = train.y.ndim == 2
            fitted = fit_taught_rows(vectors.values, shares, multi_label=many, vectors=vectors.side_by_side)
    with torch.no_grad():
        model.head.weight[:, : -vectors.values.shape[1]] = 0
        if not passes:
            model.head.weight[:] = 0
            model.head.bias[:] = torch.from_numpy(bias_of_unfitted(train.y[chosen], model.head.out_features))
        for index, (weight, bias) in fitted.items():
            model.head.weight[index, -len(weight) :] = torch.from_numpy(weight).to(model.head.weight)
            model.head.bias[index] = bias


def kept_vectors(
    model: ArticleNetwork, encoded: EncodedArticles, encoder: TextEncoder, frozen: Hashable, task: Task
) -> Floats32:
    """The mean vectors of articles under an encoder that stays as it is, each read once in this process.

    Args:
        model: has the encoder, and says of which layers.
        encoded: the articles.
        encoder: made the windows.
        frozen: what tells the encoder from others.
        task: told of each batch.

    Returns:
        float32 of shape (articles, features): as `mean_vectors` has them.
    """
    device = next(model.parameters()).device

    def read(rows: Ints) -> Floats32:
        return mean_vectors(model, encoded.take(rows), encoder, device=device, layers=model.layers, task=task)

    return READ.read((frozen, model.layers, encoder.apart), encoded, read, skip=task.advance)


def which_encoder(weights: Path, device: torch.device, *, bf16: bool) -> Hashable:
    """What tells an encoder that stays as it is from others: its files, where it runs and in which precision."""
    files = sorted(weights.glob("*.safetensors"))
    stats = [(file.resolve(), *(file.stat().st_size, file.stat().st_mtime_ns)) for file in files]
    return (*stats, str(device), bf16)


def _taught_articles(taught: Taught, seed: int) -> Ints:
    """Which articles are read where a teacher is heard: so many of those with labels, and so many of the others."""
    pool = articles_read(len(taught.scores) - taught.labelled, 0, seed)
    return np.concatenate([articles_read(taught.labelled, 0, seed), taught.labelled + pool])


def _shares(taught: Taught, y: Ints, *, balanced: bool) -> Floats32:
    """How much each class counts for each article: by its labels where it has some, and by what the teacher says.

    For multi-label twice as many columns: for and against each class.
    """
    scores, classes = taught.softened, taught.scores.shape[1]
    labelled = np.arange(len(y)) < taught.labelled
    if y.ndim == 2:
        true, said = np.hstack([y, 1 - y]).astype(np.float32), np.hstack([scores, 1 - scores])
    else:
        true, said = np.eye(classes, dtype=np.float32)[y], scores
    own = (1 - taught.weight) * labelled
    shares = own[:, None] * true + taught.weight * said
    if balanced:
        weights = balanced_weights(y[: taught.labelled], classes)
        shares[:, :classes] *= weights
    return np.asarray(shares, dtype=np.float32)
