"""Which layers of a frozen encoder a head reads: the last one, or all.

The last layer of a sentence encoder knows what a text is about. How it is written, of which genres and stances are
made, stands in the layers below it (Jawahar et al., 2019, "What Does BERT Learn about the Structure of Language?", ACL
2019). Which of the two labels need is not known beforehand; training articles out of fold tell.
"""

from __future__ import annotations

import logging

import numpy as np

from classifier.arrays import Floats32, Ints
from classifier.config import Layers
from classifier.dataset.folder import DatasetFolder
from classifier.errors import counted
from classifier.models.linear_probe import fit_probe
from classifier.models.tfidf import HeldOut
from classifier.models.transformer.forward import probabilities
from classifier.progress import Progress
from classifier.stats.calibration import calibrated_loss
from classifier.training.baselines import folds_of
from classifier.training.head import articles_read, of_layers
from classifier.training.prepare import Fitting, frozen_vectors

logger = logging.getLogger(__name__)


def choose_layers(fitting: Fitting, dataset: DatasetFolder, progress: Progress) -> Layers:
    """Those that ``model.layers`` names; for "auto" those whose heads score articles out of fold better.

    Better is the lower log-loss of scores that are calibrated on these articles. What the split keeps together is in
    one fold, and copies too.

    Args:
        fitting: a head alone has a choice; where layers are trained it is the last one.
        dataset: that it is trained on, in its fold.
        progress: told of the articles that are read.
    """
    asked, model = fitting.config.model.layers, fitting.learner.model
    if model.layers == "last" or asked != "auto":
        return model.layers
    labelled = fitting.labelled
    rows = articles_read(len(labelled), 0, fitting.config.train.seed)
    fold = folds_of(list(dataset.articles("train")), dataset)
    if fold is None:
        return "last"
    balanced = fitting.config.train.class_weight == "balanced"
    held_out, y = HeldOut(fold[rows], balanced), labelled.y[rows]
    if not held_out.usable(y).any():
        return "last"
    part = type(labelled)(labelled.encoded.take(rows), y)
    with progress.task("choosing between the last layer and all", len(part)) as task:
        vectors = frozen_vectors(fitting, part, task)
    kinds: tuple[Layers, ...] = ("last", "all")  # the first wins a draw
    loss = {layers: _loss(*of_layers(vectors, layers, model.width), y, held_out) for layers in kinds}
    best = min(kinds, key=lambda layers: loss[layers])
    logger.info(
        "chosen: model.layers = %s (log-loss of %s out of fold: %.3f with the last layer, %.3f with all)",
        best,
        counted(int(held_out.usable(y).sum()), "training article"),
        loss["last"],
        loss["all"],
    )
    return best


def logits_out_of_fold(vectors: Floats32, layers: int, y: Ints, classes: int, held_out: HeldOut) -> Floats32:
    """What heads say of articles that they did not learn from.

    Args:
        vectors: of the articles, shape (articles, features).
        layers: how many layers' vectors stand in one of them, side by side.
        y: label ids (articles,), or a 0/1 matrix (articles, classes).
        classes: how many there are.
        held_out: which head scores which article.

    Returns:
        Logits of shape (articles, classes).

    Example:
        >>> vectors = np.array([[-2], [2], [-1], [1]], dtype=np.float32)
        >>> held_out = HeldOut(np.array([0, 0, 1, 1]), balanced=True)
        >>> logits_out_of_fold(vectors, 1, np.array([0, 1, 0, 1]), 2, held_out).argmax(axis=1)
        array([0, 1, 0, 1])
    """
    logits = np.zeros((len(y), classes), dtype=np.float32)
    for part in np.unique(held_out.fold):
        own = held_out.fold == part
        probe = fit_probe(vectors[~own], y[~own], classes, balanced=held_out.balanced, layers=layers)
        logits[own] = probe.logits(vectors[own])
    return logits


def _loss(vectors: Floats32, layers: int, y: Ints, held_out: HeldOut) -> float:
    """The mean log-loss of the articles out of fold, calibrated."""
    classes = y.shape[1] if y.ndim == 2 else int(y.max()) + 1
    rows = held_out.usable(y)
    logits = logits_out_of_fold(vectors, layers, y, classes, held_out)[rows]
    return calibrated_loss(probabilities(logits, y.ndim == 2), y[rows])
