"""A search for better settings with Optuna: one fine-tuning per trial, scored on validation; test is never read.

STUDY/  plan.json  dataset/ (unless there was one)  study.db (Optuna's)  trials.json  best.toml
trial-0000/ …   config.toml, metrics.jsonl; the best one has model/ too. The first has the settings as given.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from classifier import distributed
from classifier.bars import AUTOMATIC
from classifier.config import Config
from classifier.config_file import Settings, given_settings
from classifier.dataset.folder import DatasetFolder
from classifier.errors import InputError, InterruptedTrainingError
from classifier.files import write_json
from classifier.jobs.plan import (
    STUDY,
    JobKind,
    JobSource,
    begin,
    open_source,
    refuse_folds,
    refuse_others,
    reopen,
    what_must_stay,
)
from classifier.jobs.request import Request, never
from classifier.jobs.source import Source, as_named_source
from classifier.jobs.tune.results import BEST, DATABASE, TRIALS, TuningJob, tidy, train_command, write_results
from classifier.jobs.tune.shown import TuningReport
from classifier.jobs.tune.space import SearchSpace, search_space
from classifier.jobs.tune.study import (
    TrialResult,
    best_trial,
    ended_trials,
    give_up_stale,
    import_optuna,
    importances,
    make_sampler,
    open_study,
    quiet_optuna,
    results,
)
from classifier.jobs.tune.trial import make_trial
from classifier.models.run_folder import PLAN
from classifier.one_writer import one_writer
from classifier.progress import Progress
from classifier.training.auto import choose_settings

logger = logging.getLogger(__name__)
KIND = JobKind(
    name=STUDY,
    start="classifier tune my.csv --out STUDY",
    go_on="the same command",
    allowed={DATABASE, f"{DATABASE}-journal", TRIALS, BEST},
    several="The trials of a study",
    validation="Tuning needs validation articles: trials are compared on them",
)


@dataclass(frozen=True)
class Limits:
    """When a search ends.

    Attributes:
        trials: how many there are to be in the end, those done before included.
        seconds: from the start; no trial begins after that.
    """

    trials: int
    seconds: float | None

    def check(self) -> None:
        """Raise `InputError` for limits that are none."""
        if self.trials < 1:
            raise InputError(f"--trials must be 1 or more. Got {self.trials} instead.", fix="For example: --trials 20")
        if self.seconds is not None and not self.seconds > 0:
            minutes = self.seconds / 60
            raise InputError(
                f"--minutes must be more than 0. Got {minutes:g} instead.", fix="For example: --minutes 30"
            )


def tune(
    source: Source,
    out: str | Path,
    *,
    trials: int = 20,
    minutes: float | None = None,
    settings: Settings | None = None,
    skip_bad: bool = False,
    overwrite: bool = False,
    progress: Progress = AUTOMATIC,
    should_stop: Callable[[], bool] = never,
    report: Callable[[TrialResult, str], None] = lambda trial, metric: None,
) -> TuningReport:
    """Search for settings with a higher ``train.metric_for_best_model`` on validation, or go on with such a search.

    Args:
        source: a config file, a dataset folder, or a source as in `classifier.jobs.source.resolve_source`.
        out: the study's folder. A study that is there already goes on, if source and settings are the same.
        trials: how many there are to be in the end, those done before included.
        minutes: begin no trial after that; the running one is finished.
        settings: dotted names -> values, such as ``{"train.learning_rate": 3e-5}``; they are kept, and not searched.
        skip_bad, overwrite, progress: as in `classifier.jobs.train.train`.
        should_stop: asked after every optimizer step; True gives up the trial, which is made again later.
        report: told of each trial as it ends, and of the metric.

    Raises:
        InputError: the source, the settings or the folder cannot be used, or Optuna is not installed.
        InterruptedTrainingError: ``should_stop`` said so.

    Example:
        >>> report = tune("genre.toml", "studies/mine", trials=2, settings={"model.windows": 1})
        >>> 1e-4 < report.best.parameters["train.learning_rate"] < 1e-1
        True
    """
    limits = Limits(trials, None if minutes is None else 60 * minutes)
    with one_writer(out), as_named_source(source) as named:
        request = Request(
            named,
            Path(out),
            given_settings(settings),
            skip_bad=skip_bad,
            overwrite=overwrite,
            progress=progress,
            should_stop=should_stop,
        )
        return _tune(request, limits, report)


def _tune(request: Request, limits: Limits, report: Callable[[TrialResult, str], None]) -> TuningReport:
    distributed.refuse(KIND.several)
    limits.check()
    import_optuna()
    started, path = time.monotonic(), request.out
    source = open_source(KIND, request)
    if request.overwrite or not (path / PLAN).exists():
        _begin(request, source)
    with quiet_optuna():
        dataset, plan = reopen(KIND, request, source)
        space = _space(source.absolute, request.settings, dataset)
        refuse_others(KIND, path, [] if plan["space"] == space.as_json() else ["other fixed settings (--set)"])
        job = TuningJob(request, open_study(path / DATABASE, space), space, dataset)
        give_up_stale(job.study, space)
        tidy(job)
        _search(job, limits, None if limits.seconds is None else started + limits.seconds, report)
        found = tuple(results(job.study))
        write_results(job, found)
        importance = importances(job.study, source.config.train.seed)
    articles = dataset.counts()["validation"].articles
    command = train_command(job, best_trial(found))
    metric = source.config.train.metric_for_best_model
    return TuningReport(path, metric, articles, found, importance, command, time.monotonic() - started)


def _begin(request: Request, source: JobSource) -> None:
    """Build the dataset, unless the source is one, and write down what the study is about."""
    refuse_folds("Tuning", source)
    path = request.out
    ours = {path.name for path in path.glob("trial-*")} if path.is_dir() else set()

    def write(folder: Path, dataset: DatasetFolder) -> None:
        space = _space(source.absolute, request.settings, dataset)
        write_json(folder / PLAN, {**what_must_stay(request, source, dataset), "space": space.as_json()})

    begin(replace(KIND, allowed=KIND.allowed | ours), request, source, write)


def _space(config: Config, fixed: Iterable[str], dataset: DatasetFolder) -> SearchSpace:
    """The space around the settings that a training would take, what is "auto" chosen for the dataset."""
    settings = choose_settings(config, dataset)
    if settings.train.num_train_epochs == 0:
        raise InputError(
            "There is nothing to tune: with so few articles only a head is fitted.",
            fix="To fine-tune nevertheless: --set train.num_train_epochs=4",
        )
    return search_space(settings, fixed, pair=dataset.info.pair)


def _search(job: TuningJob, limits: Limits, deadline: float | None, report: Callable[[TrialResult, str], None]) -> None:
    """Make trials until there are enough of them, or the time is over."""
    while (done := len(ended_trials(job.study))) < limits.trials:
        if deadline is not None and time.monotonic() >= deadline:
            logger.info("the time is over: %s of %s trials are done", done, limits.trials)
            return
        if job.request.should_stop():
            raise InterruptedTrainingError(f"Stopped after {done} of {limits.trials} trials.")
        job.study.sampler = make_sampler(job.space.base.train.seed, done)
        make_trial(job, job.study.ask(job.space.distributions()))
        found = list(results(job.study))
        write_results(job, found)
        report(found[-1], job.space.base.train.metric_for_best_model)
