"""The first training of a run that teaches itself: a head on the frozen encoder, which scores unlabelled articles.

Learning from labels that an earlier model gave is self-training (Scudder 1965, IEEE Transactions on Information Theory
11(3); Lee, "Pseudo-Label", ICML 2013 workshop).
"""

from __future__ import annotations

import logging
import shutil

from classifier import distributed
from classifier.config import Config
from classifier.dataset.folder import DatasetFolder
from classifier.errors import counted
from classifier.files import copy_folder
from classifier.models.run_folder import RunFolder
from classifier.training.auto import ChosenConfig, chosen
from classifier.training.fit import fit
from classifier.training.teacher import untaught
from classifier.training.watch import Watch

logger = logging.getLogger(__name__)


def train_own_teacher(run: RunFolder, config: Config, dataset: DatasetFolder, watch: Watch) -> None:
    """Write ``RUN/distil/teacher``, unless it is there; nothing where the run does not teach itself.

    Args:
        run: has its baselines.
        config, dataset: what is trained, and on what.
        watch: its progress is told, and it may stop the training.

    Raises:
        InputError: weights or windows cannot be used.
    """
    own = run.own_teacher
    has_ended = own.model.exists()
    distributed.wait()  # until every process has looked
    if has_ended or not config.teaches_itself:
        return
    if distributed.is_main():
        own.path.mkdir(exist_ok=True)
        copy_folder(run.baseline, own.baseline)
        if run.started_from.exists():
            shutil.copy(run.started_from, own.started_from)
    settings = first_settings(chosen(config))
    epochs = settings.train.num_train_epochs
    logger.info("first training: %s", counted(epochs, "epoch") if epochs else "a head on the frozen encoder")
    quiet = Watch(watch.progress, watch.should_stop, is_time_over=watch.is_time_over)
    fit(own, settings, dataset, quiet)
    logger.info("second training, which learns from what the first says, too")


def first_settings(config: ChosenConfig) -> ChosenConfig:
    """The settings of the first training: a head alone, unless the encoder's own head has to be trained (``cls``)."""
    once = {"refit": False, "early_stopping_patience": None, "eval_steps": None}
    alone = {"preset": "probe", "num_train_epochs": 0} if config.model.pooling == "mean" else {}
    return untaught(config).model_copy(update={"train": config.train.model_copy(update={**once, **alone})})
