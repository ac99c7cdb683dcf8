"""One trial: a fine-tuning with the settings that the study asks for, and its score in the study's database."""

from __future__ import annotations

import json
import logging
import time
from functools import partial
from typing import TYPE_CHECKING

from classifier.config_file import dump_config
from classifier.errors import DivergedError
from classifier.files import write_text
from classifier.jobs.tune.results import TuningJob, tidy
from classifier.jobs.tune.shown import short_value
from classifier.jobs.tune.study import DIVERGED, FIRST, SECONDS, give_up, import_optuna
from classifier.models.run_folder import OVER, RunFolder, read_metrics
from classifier.training.auto import ChosenConfig, chosen
from classifier.training.fit import fit
from classifier.training.trackers import tracked
from classifier.training.watch import Watch

if TYPE_CHECKING:
    from optuna import Trial

logger = logging.getLogger(__name__)


def make_trial(job: TuningJob, trial: Trial) -> None:
    """One fine-tuning; its score, or why there is none, is in the database afterwards."""
    optuna = import_optuna()
    run, started = job.run(trial.number), time.monotonic()
    first = FIRST in trial.user_attrs
    config = chosen(job.space.config({} if first else job.space.settings(trial.params)))
    tried = ", ".join(f"{name} {short_value(value)}" for name, value in trial.params.items())
    logger.info("trial %s: %s", trial.number, tried)
    try:
        run.path.mkdir()
        write_text(run.config, dump_config(config))
        score = None
        try:
            score = _fit(job, run, config, trial)
        except DivergedError as error:
            trial.set_user_attr(DIVERGED, error.message)
        trial.set_user_attr(SECONDS, round(time.monotonic() - started, 1))
        state = optuna.trial.TrialState
        job.study.tell(trial, score, state=state.PRUNED if score is None else state.COMPLETE)
    except BaseException:
        give_up(job.study, job.space, job.study.get_trials(deepcopy=False)[trial.number])
        raise
    finally:
        tidy(job)


def _fit(job: TuningJob, run: RunFolder, config: ChosenConfig, trial: Trial) -> float | None:
    """The score of the weights that a fine-tuning keeps; None for one that was cut short."""
    report = partial(_report_score, run, trial, config.train.num_train_epochs)
    with tracked(run, config, job.dataset) as trackers:
        try:
            over = partial(_is_over, job.deadline)
            watch = Watch(job.request.progress, job.request.should_stop, report, trackers.follow, is_time_over=over)
            once = config.model_copy(update={"train": config.train.model_copy(update={"refit": False})})
            score = fit(run, once, job.dataset, watch).score  # a refit would come after the score
        except import_optuna().TrialPruned:
            return None
    cut = job.deadline is not None and any(line["kind"] == OVER for line in read_metrics(run))
    return None if cut and FIRST not in trial.user_attrs else score


def _is_over(deadline: float | None) -> bool:
    return deadline is not None and time.monotonic() >= deadline


def _report_score(run: RunFolder, trial: Trial, last: int, step: int, score: float) -> None:
    """Tell the study of a validation at the end of an epoch, and end the trial if it is not promising."""
    epoch = json.loads(run.metrics.read_text(encoding="utf-8").splitlines()[-1])["epoch"]
    if epoch != int(epoch):
        return
    trial.report(score, int(epoch))
    if FIRST not in trial.user_attrs and epoch != last and trial.should_prune():
        raise import_optuna().TrialPruned
