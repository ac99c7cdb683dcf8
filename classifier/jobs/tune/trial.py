"""One trial: a fine-tuning with the settings that the study asks for, and its score in the study's database.

Its score is that of what it would predict, with TF-IDF or without, whichever is better on validation out of fold.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from classifier.arrays import Floats32
from classifier.config_file import dump_config
from classifier.errors import DivergedError
from classifier.files import write_text
from classifier.jobs.tune.results import TuningJob, tidy
from classifier.jobs.tune.shown import short_value
from classifier.jobs.tune.space import ENCODER, FREEZING, SearchSpace
from classifier.jobs.tune.study import BLEND, CUT, DIVERGED, FIRST, SECONDS, add_head, give_up, import_optuna
from classifier.models.run_folder import OVER, RunFolder, read_metrics
from classifier.training.auto import ChosenConfig, chosen
from classifier.training.blended_score import ALONE, BLENDED
from classifier.training.fit import fit
from classifier.training.trackers import tracked
from classifier.training.watch import Watch

if TYPE_CHECKING:
    from optuna import Trial

logger = logging.getLogger(__name__)
EPOCHS = "train.num_train_epochs"


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
        score = None
        try:
            score, blend = _fit(job, run, config, trial)
            trial.set_user_attr(BLEND, blend)
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


def make_head(job: TuningJob, settings: Mapping[str, str | int]) -> None:
    """One head on a frozen encoder: it takes no steps, so it has none of the parameters that are searched.

    Args:
        job: of the search.
        settings: of the head, from `heads`.
    """
    number, started = len(job.study.get_trials(deepcopy=False)), time.monotonic()
    logger.info("trial %s: a head alone on %s", number, settings[ENCODER])
    run, config = job.run(number), chosen(job.space.config(settings))
    try:
        run.path.mkdir()
        score, blend = None, None
        try:
            score, blend = _fit(job, run, config)
        except DivergedError as error:
            logger.warning("trial %s: %s", number, error.message)
        add_head(job.study, settings, score, round(time.monotonic() - started, 1), blend)
    finally:
        tidy(job)


def heads(space: SearchSpace, fixed: Iterable[str], encoders: Sequence[str]) -> list[dict[str, str | int]]:
    """The settings of a head alone on each encoder; none where the user asks for fine-tuning.

    Args:
        space: its base has the other settings.
        fixed: settings that keep their value.
        encoders: that are searched; none = that of the settings.
    """
    if space.base.model.pooling != "mean" or {EPOCHS, "train.preset"} & set(fixed):
        return []
    alone: dict[str, str | int] = {"train.preset": "probe", EPOCHS: 0, FREEZING: 0}
    return [{ENCODER: name, **alone} for name in encoders or [space.base.model.name]]


def _fit(
    job: TuningJob, run: RunFolder, config: ChosenConfig, trial: Trial | None = None
) -> tuple[float | None, str | float | None]:
    """The score of the weights that a training keeps, with or without TF-IDF, whichever is better, and which that is.

    The score is None for a training that was cut short.
    """
    first = trial is not None and FIRST in trial.user_attrs
    judge, found = job.judges.judge(run, config, first=first), dict[str | float, float]()
    asked = config if len(judge.blends) == 1 else _with_blend(config, BLENDED)
    write_text(run.config, dump_config(asked))

    def told(logits: Floats32) -> None:
        found.update(judge.scores(logits))

    with tracked(run, asked, job.dataset) as trackers:
        try:
            watch = Watch(
                job.request.progress,
                job.request.should_stop,
                judge=lambda logits: max(judge.scores(logits).values()),
                on_evaluation=_ignored if trial is None else partial(_report_score, run, trial, config),
                on_record=trackers.follow,
                on_logits=told,
                blends=lambda logits: _better(found) != ALONE,
                is_time_over=partial(_is_over, job.deadline),
            )
            once = asked.model_copy(update={"train": asked.train.model_copy(update={"refit": False})})
            fit(run, once, job.dataset, watch)  # a refit would come after the score
        except import_optuna().TrialPruned:
            return None, None
    blend = _better(found)
    write_text(run.config, dump_config(_with_blend(config, blend)))
    lines = read_metrics(run) if job.deadline is not None else ()
    cut = [line["epoch"] for line in lines if line["kind"] == OVER]
    if trial is None or not first:
        return None if cut else found[blend], blend
    if cut:
        trial.set_user_attr(CUT, round(cut[-1], 2))
    return found[blend], blend


def _ignored(step: int, score: float) -> None:
    """A head alone is not validated on its way."""


def _better(found: Mapping[str | float, float]) -> str | float:
    """The blend with the highest score; of equals that which comes first, the one of the settings."""
    return max(found, key=lambda blend: found[blend])


def _with_blend(config: ChosenConfig, blend: str | float) -> ChosenConfig:
    return config.model_copy(update={"train": config.train.model_copy(update={"blend": blend})})


def _is_over(deadline: float | None) -> bool:
    return deadline is not None and time.monotonic() >= deadline


def _report_score(run: RunFolder, trial: Trial, config: ChosenConfig, step: int, score: float) -> None:
    """Tell the study of a validation at the end of an epoch, and end the trial if it is not promising."""
    epoch = json.loads(run.metrics.read_text(encoding="utf-8").splitlines()[-1])["epoch"]
    if epoch != int(epoch):
        return
    trial.report(score, int(epoch))
    if FIRST not in trial.user_attrs and epoch != config.train.num_train_epochs and trial.should_prune():
        raise import_optuna().TrialPruned
