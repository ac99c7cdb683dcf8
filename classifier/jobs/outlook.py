"""What a training will do, and about how long it will take: said before it begins."""

from __future__ import annotations

import logging

from classifier import distributed
from classifier.config import Config
from classifier.dataset.folder import DatasetFolder
from classifier.durations import time_words
from classifier.errors import InputError, counted
from classifier.models.run_folder import RunFolder
from classifier.progress import Progress
from classifier.training.auto import ChosenConfig
from classifier.training.budget import Budget, keep_to_budget
from classifier.training.outlook import Outlook, about_seconds

logger = logging.getLogger(__name__)


def say_outlook(
    run: RunFolder, config: ChosenConfig, dataset: DatasetFolder, progress: Progress, *, trainings: int = 1
) -> None:
    """Say how much is trained, and about how long it takes, after two steps on the real model.

    Args:
        run: of the training.
        config, dataset: what is trained, and on what.
        progress: told that it is measured.
        trainings: how many like this one there are in all.
    """
    if not trainings:
        return
    with progress.task("measuring how long the training will take", None):
        seconds = None if distributed.world_size() > 1 else about_seconds(run, config, dataset)
    what = what_is_trained(config, dataset.counts()["train"].articles)
    if seconds is None:
        logger.info("training: %s", what)
    elif trainings == 1:
        logger.info("training: %s: about %s on this machine", what, time_words(seconds))
    else:
        logger.info(
            "%s trainings, each of %s: about %s each on this machine, %s in all",
            *(trainings, what, time_words(seconds), time_words(seconds * trainings)),
        )


def what_is_trained(config: ChosenConfig, articles: int) -> str:
    """How much is trained, in words."""
    model, epochs = config.model, config.train.num_train_epochs
    tokens = f"of {model.max_length:,} tokens"
    read = f"all windows {tokens}" if model.windows == "all" else f"{counted(int(model.windows), 'window')} {tokens}"
    done = counted(epochs, "epoch") if epochs else "a head on the frozen encoder"
    return f"{counted(articles, 'article')}, {read}, {done}"


def plan_in_time(
    run: RunFolder, given: Config, chosen: ChosenConfig, dataset: DatasetFolder, budget: Budget, progress: Progress
) -> tuple[ChosenConfig, Outlook]:
    """Settings with which a training keeps to ``train.budget``, said beside what was cut for it.

    Args, raises: as `classifier.training.budget.keep_to_budget`; there may be one process only.
    """
    if distributed.world_size() > 1:
        raise InputError(
            "train.budget needs one process: how fast several are together is not measured.",
            fix="Leave train.budget out, or start it without torchrun.",
        )
    with progress.task("measuring how long the training will take", None):
        settings, outlook = keep_to_budget(run, given, chosen, dataset, budget)
    what = what_is_trained(settings, dataset.counts()["train"].articles)
    logger.info("training: %s: about %s on this machine", what, time_words(outlook.seconds))
    return settings, outlook
