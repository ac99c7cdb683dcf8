"""A search for better settings with Optuna: one training per trial, scored on validation; test is never read.

Trials are scored as they would predict, with TF-IDF or without, whichever is better; a head alone on the frozen encoder
is tried beside fine-tunings.

STUDY/  plan.json  dataset/ (unless there was one)  study.db (Optuna's)  trials.json  best.toml
tfidf/                  what the trials are blended with
encoders.json           the encoders that were tried as frozen ones first, with --max-params
trial-0000/ …   config.toml, metrics.jsonl; the best one has model/ too. The first has the settings as given.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from statistics import median

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
from classifier.jobs.tune.encoders import FILE as ENCODERS
from classifier.jobs.tune.encoders import (
    EncoderChoice,
    candidates,
    choose_encoders,
    draw_articles,
    read_choice,
    with_articles,
    with_encoder,
)
from classifier.jobs.tune.judging import BLEND_SETTING, TFIDF, Judges
from classifier.jobs.tune.limits import Limits, make_limits
from classifier.jobs.tune.results import BEST, DATABASE, TRIALS, TuningJob, tidy, train_command, write_results
from classifier.jobs.tune.shown import TuningReport
from classifier.jobs.tune.space import ENCODER, SearchSpace, search_space
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
from classifier.jobs.tune.trial import heads, make_head, make_trial
from classifier.models.run_folder import PLAN
from classifier.one_writer import one_writer
from classifier.progress import Progress
from classifier.training.auto import choose_settings

logger = logging.getLogger(__name__)
SCORED = "scored as predicted"  # in the plan: older versions scored the encoder alone
ENOUGH = 0.5  # of a usual trial's time, below which none begins that must end in time
KIND = JobKind(
    name=STUDY,
    start="classifier tune my.csv --out STUDY",
    go_on="the same command",
    allowed={DATABASE, f"{DATABASE}-journal", TRIALS, BEST, ENCODERS, TFIDF},
    several="The trials of a study",
    validation="Tuning needs validation articles: trials are compared on them",
)


def tune(
    source: Source,
    out: str | Path,
    *,
    trials: int | None = None,
    minutes: float | None = None,
    max_params: str | int | None = None,
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
        trials: how many there are to be in the end, those done before included; None = 20, or as many as ``minutes``
            allow.
        minutes: begin no trial after that; the running one is finished, or with ``max_params`` ends there.
        max_params: try every encoder at hand that has at most so many parameters, such as ``30M``, and how many of its
            layers are frozen; None = the encoder of the settings alone.
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
    limits = make_limits(trials, minutes, max_params)
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
    import_optuna()
    started, path = time.monotonic(), request.out
    deadline = None if limits.seconds is None else started + limits.seconds
    kind = replace(KIND, same={"max-params": limits.parameters})
    source = open_source(kind, request)
    if request.overwrite or not (path / PLAN).exists():
        _begin(kind, request, source, limits, deadline)
    with quiet_optuna():
        dataset, plan = reopen(kind, request, source)
        choice = read_choice(path)
        space = _space(source.absolute, request.settings, dataset, choice)
        differs = [] if plan["space"] == space.as_json() else ["other fixed settings (--set)"]
        refuse_others(kind, path, differs if plan.get(SCORED) else [*differs, "scores of an older version"])
        part = draw_articles(dataset, choice.articles if choice else None, source.config.train.seed)
        study = open_study(path / DATABASE, space, halving=choice is not None)
        articles = dataset.counts()["train"].articles
        judges = Judges(request, part, fixed=BLEND_SETTING in request.settings)
        job = TuningJob(request, study, space, judges, part, articles, deadline if choice else None)
        give_up_stale(job.study, space)
        tidy(job)
        alone = heads(space, request.settings, choice.kept if choice else ())
        _search(job, alone, limits, deadline, report)
        found = tuple(results(job.study))
        write_results(job, found)
        importance = importances(job.study, source.config.train.seed)
    command = train_command(job, best_trial(found))
    metric = source.config.train.metric_for_best_model
    held_out = dataset.counts()["validation"].articles
    return TuningReport(
        path, metric, held_out, found, importance, command, time.monotonic() - started, choice, job.part
    )


def _begin(kind: JobKind, request: Request, source: JobSource, limits: Limits, deadline: float | None) -> None:
    """Build the dataset, unless the source is one, and write down what the study is about."""
    refuse_folds("Tuning", source)
    path, most = request.out, limits.parameters
    ours = {path.name for path in path.glob("trial-*")} if path.is_dir() else set()
    found = None if most is None else candidates(source.absolute, most, fixed=ENCODER in request.settings)

    def write(folder: Path, dataset: DatasetFolder) -> None:
        choice = None if found is None else choose_encoders(request, source.absolute, dataset, found, deadline)
        space = _space(source.absolute, request.settings, dataset, choice)
        if choice is not None:
            choice = with_articles(choice, space.base, dataset, deadline, request.progress)
            write_json(folder / ENCODERS, asdict(choice))
        plan = {**what_must_stay(request, source, dataset), **kind.same, SCORED: True, "space": space.as_json()}
        write_json(folder / PLAN, plan)

    begin(replace(kind, allowed=kind.allowed | ours), request, source, write)


def _space(
    config: Config, fixed: Iterable[str], dataset: DatasetFolder, choice: EncoderChoice | None = None
) -> SearchSpace:
    """The space around the settings that a training would take, what is "auto" chosen for the dataset."""
    encoders = () if choice is None else choice.kept
    if encoders and config.model.name not in encoders:
        config = with_encoder(config, encoders[0])
    train = config.train.model_copy(update={"budget": None})  # of one training, which the search is not
    settings = choose_settings(config.model_copy(update={"train": train}), dataset)
    for name, value, of_a_head in (("layers", config.model.layers, "all"), ("pairs", config.model.pairs, "apart")):
        if value == of_a_head:
            raise InputError(
                f'There is nothing to tune: model.{name} = "{value}" is for a head on the frozen encoder alone.',
                fix=f"Leave model.{name} out.",
            )
    if settings.train.num_train_epochs == 0:
        raise InputError(
            "There is nothing to tune: with so few articles only a head is fitted.",
            fix="To fine-tune nevertheless: --set train.num_train_epochs=4",
        )
    return search_space(settings, fixed, pair=dataset.info.pair, encoders=encoders)


def _search(
    job: TuningJob,
    alone: Sequence[dict[str, str | int]],
    limits: Limits,
    deadline: float | None,
    report: Callable[[TrialResult, str], None],
) -> None:
    """Make trials until there are enough of them, or the time is over: the settings as given, then heads alone."""
    most = limits.most_trials
    wanted = "" if most is None else f" of {most}"
    while most is None or len(ended_trials(job.study)) < most:
        done = len(ended_trials(job.study))
        if deadline is not None and _is_short(job, deadline - time.monotonic()):
            logger.info("the time is over; trials that are done: %s%s", done, wanted)
            return
        if job.request.should_stop():
            raise InterruptedTrainingError(f"Stopped after {done}{wanted} trials.")
        made = [trial.parameters for trial in results(job.study) if trial.head]
        left = [settings for settings in alone if settings not in made]
        if done and left:
            make_head(job, left[0])
        else:
            job.study.sampler = make_sampler(job.space.base.train.seed, done)
            make_trial(job, job.study.ask(job.space.distributions()))
        found = list(results(job.study))
        write_results(job, found)
        report(max(found, key=lambda trial: trial.number), job.space.base.train.metric_for_best_model)


def _is_short(job: TuningJob, left: float) -> bool:
    """Whether no trial is to begin in the seconds that are left: where it must end in time, most of one would not."""
    usual = [trial.seconds for trial in results(job.study) if trial.state == "complete" and not trial.head]
    return left <= 0 or (job.deadline is not None and bool(usual) and left < ENOUGH * median(usual))
