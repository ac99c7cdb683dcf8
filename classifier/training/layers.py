"""Which layers of the frozen encoder the head of a run reads, where ``model.layers`` leaves it open."""

from __future__ import annotations

import logging

from classifier.config import Layers
from classifier.dataset.folder import DatasetFolder
from classifier.errors import counted
from classifier.models.layers import better_of, losses_of_layers
from classifier.progress import Progress
from classifier.training.folds import held_out_of
from classifier.training.head_articles import articles_read
from classifier.training.loop import TrainingSet
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
    found = held_out_of(list(dataset.articles("train")), dataset, balanced=fitting.config.train.balanced)
    if found is None:
        return "last"
    rows = articles_read(len(labelled), 0, fitting.config.train.seed)
    held_out, y = found.take(rows), labelled.y[rows]
    part = TrainingSet(labelled.encoded.take(rows), y)
    with progress.task("choosing between the last layer and all", len(part)) as task:
        losses = losses_of_layers(frozen_vectors(fitting, part, task), y, held_out)
    if not losses:
        return "last"
    best = better_of(losses)
    logger.info(
        "chosen: model.layers = %s (log-loss of %s out of fold: %.3f with the last layer, %.3f with all)",
        best,
        counted(int(held_out.usable(y).sum()), "training article"),
        losses["last"],
        losses["all"],
    )
    return best
