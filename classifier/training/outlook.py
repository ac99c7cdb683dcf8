"""About how long a training will take on this machine: two of its steps are taken on some of its articles first."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from classifier.dataset.folder import DatasetFolder
from classifier.models.run_folder import RunFolder
from classifier.progress import SILENT
from classifier.training.auto import ChosenConfig
from classifier.training.undersampling import epoch_size

if TYPE_CHECKING:
    from classifier.training.prepare import Fitting

TRIED = 2  # optimizer steps that are measured; the first one warms up
FEWEST_TOKENS = 300_000  # that a training reads: below that it is over before the measuring pays
OTHER = 1.15  # times the measured part: a rough allowance for TF-IDF, the bootstrap and the report
EXPLAINED = 400  # articles without a sentence that are read to explain the worst errors
HEAD_SHARE, FEWEST_FOR_HEAD, MOST_FOR_HEAD = 0.2, 200, 2000  # as in `classifier.training.head`


@dataclass(frozen=True)
class Amount:
    """How much a training reads.

    Attributes:
        train, validation, test: articles.
        per_epoch: training articles in an epoch.
        epochs: how many; 0 = a head is fitted on the frozen encoder.
        frozen: whether layers are frozen, whose outputs are computed once.
    """

    train: int
    validation: int
    test: int
    per_epoch: int
    epochs: int
    frozen: bool

    def read(self) -> float:
        """How many times an article goes through the encoder, other than in the steps of the training."""
        passes = self.per_epoch * self.epochs
        head = min(self.train, MOST_FOR_HEAD, max(FEWEST_FOR_HEAD, HEAD_SHARE * passes) if passes else MOST_FOR_HEAD)
        lower = self.train / 2 if self.frozen and self.epochs else 0
        return head + lower + self.validation * (self.epochs + 2) + self.test + EXPLAINED

    def seconds(self, step: float, forward: float) -> float:
        """How long it takes, by the seconds for an article in a step, and for one that is only read.

        Example:
            >>> Amount(400, 60, 140, per_epoch=400, epochs=6, frozen=True).seconds(0.2, 0.02)
            589.26
        """
        return round(OTHER * (self.per_epoch * self.epochs * step + self.read() * forward), 2)


def amount_of(config: ChosenConfig, dataset: DatasetFolder) -> Amount:
    """How much a training with these settings reads of a dataset."""
    counts, settings = dataset.counts(), config.train
    y = dataset.info.label_set.encode(dataset.labels("train"))
    train, validation, test = (
        counts[split].articles if split in counts else 0 for split in ("train", "validation", "test")
    )
    per_epoch = epoch_size(y, settings.most_frequent_share)
    return Amount(train, validation, test, per_epoch, settings.num_train_epochs, settings.freeze_layers > 0)


def about_seconds(run: RunFolder, config: ChosenConfig, dataset: DatasetFolder) -> float | None:
    """How long a training takes on this machine, about; None for one that is too short to be measured.

    The training itself is as without this: it draws its random numbers anew.

    Args:
        run: of the training; nothing is written there.
        config, dataset: what is trained, and on what.

    Raises:
        InputError: the weights or the windows cannot be used.
    """
    amount = amount_of(config, dataset)
    windows = config.model.windows if isinstance(config.model.windows, int) else 1
    if amount.per_epoch * max(1, amount.epochs) * windows * config.model.max_length < FEWEST_TOKENS:
        return None
    rows = np.unique(np.linspace(0, amount.train - 1, min(amount.train, TRIED * config.train.batch_size)).astype(int))
    part = dataset.training_on(rows.tolist())
    part = part.validating_on([0]) if amount.validation else part
    logger = logging.getLogger("classifier")
    before = logger.level
    logger.setLevel(logging.ERROR)  # the training says it all again
    try:
        from classifier.training.prepare import prepare  # loads torch

        fitting = prepare(run, config, part, SILENT)
        read_anew = replace(fitting.train, hidden=None)  # as test and new articles are
        forward = _second_time(lambda: fitting.logits(read_anew)) / len(rows)
        step = _step_seconds(fitting) if amount.epochs else 0.0
    finally:
        logger.setLevel(before)
    return amount.seconds(step, forward)


def _second_time(work: Callable[[], object]) -> float:
    """Seconds that some work takes once it has been done before."""
    work()
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _step_seconds(fitting: Fitting) -> float:
    """Seconds for an article of average length in an optimizer step."""
    from classifier.training.loop import train_steps

    steps = train_steps(fitting.learner, fitting.train, fitting.encoder, class_weights=None, device=fitting.device)
    taken = [record for record, _ in zip(steps, range(TRIED), strict=False)][-1]
    return taken.seconds / taken.tokens * len(fitting.train.encoded.tokens) / len(fitting.train)
