"""A search for better settings with Optuna: one fine-tuning per trial, scored on validation; test is never read.

STUDY/  plan.json  dataset/ (unless there was one)  study.db (Optuna's)  trials.json  best.toml
trial-0000/ …   config.toml, metrics.jsonl; the best one has model/ too. The first has the settings as given.
"""

from __future__ import annotations

import json
import logging
import shlex
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifier import distributed
from classifier.config import Config
from classifier.config_file import completed, dump_config, make_config, with_absolute_paths
from classifier.dataset.folder import DatasetFolder, open_dataset
from classifier.errors import DivergedError, InputError, InterruptedTrainingError
from classifier.files import REPLACE, check_free, read_json, whole_folder, write_json, write_text
from classifier.jobs.plan import fixed, place_dataset, refuse_folds, source_changes
from classifier.jobs.source import Source, as_named_source, check_outside, resolve_source
from classifier.jobs.tune.space import SearchSpace, fixed_settings, search_space
from classifier.jobs.tune.study import (
    DIVERGED,
    FIRST,
    SECONDS,
    TrialResult,
    best_trial,
    ended_trials,
    give_up,
    give_up_stale,
    import_optuna,
    importances,
    make_sampler,
    open_study,
    quiet_optuna,
    results,
)
from classifier.models.device import choose_device
from classifier.models.run_folder import RunFolder
from classifier.progress import SILENT, Progress
from classifier.training.auto import ChosenConfig, choose_settings, chosen
from classifier.training.fit import fit
from classifier.training.trackers import check_clients, tracked

if TYPE_CHECKING:
    from optuna import Study, Trial

logger = logging.getLogger(__name__)
PLAN, DATABASE, TRIALS, BEST = "plan.json", "study.db", "trials.json", "best.toml"
TRIAL = "trial-{:04d}"


@dataclass(frozen=True)
class TuningReport:
    """What a search found.

    Attributes:
        path: the study's folder.
        metric: what trials are scored by.
        articles: of validation.
        trials: all that have ended, in their order.
        importance: parameter -> its share of the variance of the scores, the largest first; None where not known.
        train_command: trains with the best settings.
        seconds: how long it took, this time.
    """

    path: Path
    metric: str
    articles: int
    trials: tuple[TrialResult, ...]
    importance: Mapping[str, float] | None
    train_command: str
    seconds: float

    @property
    def best(self) -> TrialResult | None:
        """The complete trial with the highest score, the earliest of equals."""
        return best_trial(self.trials)

    @property
    def gain(self) -> float | None:
        """Score of the best trial less that of the settings as they were given; None where one has no score."""
        given = next((found.score for found in self.trials if found.first and found.state == "complete"), None)
        return None if given is None or self.best is None or self.best.score is None else self.best.score - given


@dataclass(frozen=True)
class _TuningJob:
    """What the functions of a search share."""

    path: Path
    study: Study
    space: SearchSpace
    dataset: DatasetFolder
    skip_bad: bool
    progress: Progress
    should_stop: Callable[[], bool]

    def run(self, number: int) -> RunFolder:
        return RunFolder(self.path / TRIAL.format(number))


def tune(
    source: Source,
    out: str | Path,
    *,
    trials: int = 20,
    minutes: float | None = None,
    overrides: Sequence[str] = (),
    skip_bad: bool = False,
    overwrite: bool = False,
    progress: Progress = SILENT,
    should_stop: Callable[[], bool] = lambda: False,
    report: Callable[[TrialResult, str], None] = lambda trial, metric: None,
) -> TuningReport:
    """Search for settings with a higher ``train.metric_for_best_model`` on validation, or go on with such a search.

    Args:
        source: a config file, a dataset folder, or a source as in `classifier.jobs.source.resolve_source`.
        out: the study's folder. A study that is there already goes on, if source and settings are the same.
        trials: how many there are to be in the end, those done before included.
        minutes: begin no trial after that; the running one is finished.
        overrides: settings such as ``train.learning_rate=3e-5``; they are kept, and not searched.
        skip_bad, overwrite, progress: as in `classifier.jobs.train.train`.
        should_stop: asked after every optimizer step; True gives up the trial, which is made again later.
        report: told of each trial as it ends, and of the metric.

    Raises:
        InputError: the source, the settings or the folder cannot be used, or Optuna is not installed.
        InterruptedTrainingError: ``should_stop`` said so.

    Example:
        >>> tune("articles.csv", "studies/mine", trials=12).best.parameters["train.learning_rate"]
        0.0002139
    """
    with as_named_source(source) as named:
        distributed.refuse("The trials of a study")
        _check_limits(trials, minutes)
        import_optuna()
        started, path = time.monotonic(), Path(out)
        config, dataset = resolve_source(named, overrides)
        config = with_absolute_paths(config)
        choose_device(config.train.device)
        check_clients(config.train.report_to)
        check_outside(path, dataset)
        kept = fixed_settings(overrides)
        if overwrite or not (path / PLAN).exists():
            _begin(named, path, config, dataset, overrides, skip_bad=skip_bad, overwrite=overwrite, progress=progress)
        with quiet_optuna():
            dataset, space = _reopen(path, config, dataset, kept, skip_bad=skip_bad)
            job = _TuningJob(path, open_study(path / DATABASE, space), space, dataset, skip_bad, progress, should_stop)
            give_up_stale(job.study, space)
            _tidy(job)
            deadline = None if minutes is None else started + 60 * minutes
            _search(job, trials, deadline, report)
            found = tuple(results(job.study))
            _write_results(job, found)
            importance = importances(job.study, config.train.seed)
        articles = dataset.counts()["validation"].articles
        command = _train_command(job, best_trial(found))
        metric = config.train.metric_for_best_model
        return TuningReport(path, metric, articles, found, importance, command, time.monotonic() - started)


def _check_limits(trials: int, minutes: float | None) -> None:
    if trials < 1:
        raise InputError(f"--trials must be 1 or more. Got {trials} instead.", fix="For example: --trials 20")
    if minutes is not None and not minutes > 0:
        raise InputError(f"--minutes must be more than 0. Got {minutes:g} instead.", fix="For example: --minutes 30")


def _begin(
    source: str,
    path: Path,
    config: Config,
    dataset: DatasetFolder | None,
    overrides: Sequence[str],
    *,
    skip_bad: bool,
    overwrite: bool,
    progress: Progress,
) -> None:
    """Build the dataset, unless the source is one, and write down what the study is about."""
    refuse_folds("Tuning", config, dataset)
    ours = {path.name for path in path.glob("trial-*")} if path.is_dir() else set()
    allowed = {"dataset", DATABASE, f"{DATABASE}-journal", TRIALS, BEST, *ours}
    check_free(path, needed={PLAN}, allowed=allowed, overwrite=overwrite)
    with whole_folder(path) as folder:
        needs = "Tuning needs validation articles: trials are compared on them"
        place, dataset = place_dataset(needs, source, folder, dataset, overrides, skip_bad=skip_bad, progress=progress)
        space = _space(config, fixed_settings(overrides), dataset)
        write_json(folder / PLAN, {"dataset": place, "skip_bad": skip_bad, **_plan(config, dataset, space)})


def _plan(config: Config, dataset: DatasetFolder, space: SearchSpace) -> dict[str, Any]:
    """What must be the same for a study to go on."""
    return {**fixed(config, dataset), "space": space.as_json()}


def _reopen(
    path: Path, config: Config, dataset: DatasetFolder | None, kept: Sequence[str], *, skip_bad: bool
) -> tuple[DatasetFolder, SearchSpace]:
    """The dataset and the space of a study.

    Raises:
        InputError: it was begun with another source or other settings.
    """
    plan = read_json(path / PLAN)
    if plan.get("dataset") != ("dataset" if dataset is None else str(dataset.path)):
        raise _other_study(path, "another source")
    if plan.get("skip_bad") != skip_bad:
        raise _other_study(path, "--skip-bad" if plan.get("skip_bad") else "no --skip-bad")
    found = open_dataset(path / "dataset") if dataset is None else dataset
    for problem in source_changes(config, found) if dataset is None else ():
        raise _other_study(path, f"other articles: {problem}")
    space = _space(config, kept, found)
    now = _plan(config, found, space)
    before = completed(plan.get("settings", {}))
    if before != now["settings"]:
        raise _other_study(path, f"other settings ({', '.join(_differing(before, now['settings']))})")
    if plan.get("space") != now["space"]:
        raise _other_study(path, "other fixed settings (--set)")
    if plan.get("dataset_sha256") != now["dataset_sha256"]:
        raise _other_study(path, "another dataset")
    return found, space


def _space(config: Config, fixed: Sequence[str], dataset: DatasetFolder) -> SearchSpace:
    """The space around the settings that a training would take, what is "auto" chosen for the dataset."""
    settings = choose_settings(config, dataset)
    if settings.train.num_train_epochs == 0:
        raise InputError(
            "There is nothing to tune: so few articles train a head alone.", fix="--set train.num_train_epochs=4"
        )
    return search_space(settings, fixed, pair=dataset.info.pair)


def _differing(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    return [
        f"{section}.{key}"
        for section in now
        for key in sorted({*now[section], *before.get(section, {})})
        if now[section].get(key) != before.get(section, {}).get(key)
    ]


def _other_study(path: Path, what: str) -> InputError:
    fix = f"Give the source and the settings that it began with, choose another --out, or {REPLACE}."
    return InputError(f"The study '{path}' was begun with {what}.", fix=fix)


def _search(job: _TuningJob, trials: int, deadline: float | None, report: Callable[[TrialResult, str], None]) -> None:
    """Make trials until there are enough of them, or the time is over."""
    while (done := len(ended_trials(job.study))) < trials:
        if deadline is not None and time.monotonic() >= deadline:
            logger.info("the time is over after %s of %s trials", done, trials)
            return
        if job.should_stop():
            raise InterruptedTrainingError(f"Stopped after {done} of {trials} trials.")
        job.study.sampler = make_sampler(job.space.base.train.seed, done)
        _make_trial(job, job.study.ask(job.space.distributions()))
        found = list(results(job.study))
        _write_results(job, found)
        report(found[-1], job.space.base.train.metric_for_best_model)


def _make_trial(job: _TuningJob, trial: Trial) -> None:
    """One fine-tuning; its score, or why there is none, is in the database afterwards."""
    optuna = import_optuna()
    run, started = job.run(trial.number), time.monotonic()
    first = FIRST in trial.user_attrs
    config = chosen(job.space.config({} if first else job.space.settings(trial.params)))
    logger.info("trial %s: %s", trial.number, _in_words(trial.params))
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
        _tidy(job)


def _fit(job: _TuningJob, run: RunFolder, config: ChosenConfig, trial: Trial) -> float | None:
    """The best score of a fine-tuning; None for one that was cut short."""
    report = partial(_report_score, run, trial, config.train.num_train_epochs)
    with tracked(run, config, job.dataset) as trackers:
        try:
            return fit(run, config, job.dataset, job.progress, job.should_stop, report, trackers.follow).score
        except import_optuna().TrialPruned:
            return None


def _report_score(run: RunFolder, trial: Trial, last: int, step: int, score: float) -> None:
    """Tell the study of a validation at the end of an epoch, and end the trial if it is not promising."""
    epoch = json.loads(run.metrics.read_text(encoding="utf-8").splitlines()[-1])["epoch"]
    if epoch != int(epoch):
        return
    trial.report(score, int(epoch))
    if FIRST not in trial.user_attrs and epoch != last and trial.should_prune():
        raise import_optuna().TrialPruned


def _in_words(parameters: Mapping[str, Any]) -> str:
    short = (f"{value:.3g}" if isinstance(value, float) else str(value) for value in parameters.values())
    return ", ".join(f"{name} {value}" for name, value in zip(parameters, short, strict=True))


def _tidy(job: _TuningJob) -> None:
    """Remove the folders of trials that did not end, all checkpoints, and every model but the best one."""
    found = {trial.number: trial for trial in results(job.study)}
    best = best_trial(list(found.values()))
    for path in job.path.glob("trial-*"):
        number, run = int(path.name.removeprefix("trial-")), RunFolder(path)
        if number not in found:
            shutil.rmtree(path, ignore_errors=True)
            continue
        shutil.rmtree(run.checkpoints, ignore_errors=True)
        if best is None or number != best.number:
            shutil.rmtree(run.model, ignore_errors=True)


def _write_results(job: _TuningJob, found: Sequence[TrialResult]) -> None:
    """Write ``trials.json``, and ``best.toml`` once a trial is complete."""
    metric = job.space.base.train.metric_for_best_model
    write_json(job.path / TRIALS, {"metric": metric, "split": "validation", "trials": [asdict(t) for t in found]})
    best = best_trial(found)
    if best is None:
        return
    header = (
        f"# Trial {best.number}, the best of {len(found)}: {metric} {best.score:.3f} on validation, which is too "
        "hopeful, because it is the best of several.\n"
        f"# To train with these settings and measure on test:\n#   {_train_command(job, best)}\n\n"
    )
    write_text(job.path / BEST, header + dump_config(_best_config(job, best)))


def _best_config(job: _TuningJob, best: TrialResult | None) -> Config:
    return job.space.config({} if best is None or best.first else job.space.settings(best.parameters))


def _train_command(job: _TuningJob, best: TrialResult | None) -> str:
    """What trains with the best settings; a dataset folder cannot stand in a config, so it takes ``--set``."""
    own = job.dataset.path.resolve() == (job.path / "dataset").resolve()
    if own:
        return f"classifier train {shlex.quote(str(job.path / BEST))} --out RUN{' --skip-bad' if job.skip_bad else ''}"
    values = _best_config(job, best).model_dump(mode="json", exclude_none=True)
    given = make_config(job.dataset.info.settings).model_dump(mode="json", exclude_none=True)
    settings = (f"{name}={values[name.split('.')[0]][name.split('.')[1]]}" for name in _differing(given, values))
    words = ["classifier", "train", str(job.dataset.path)]
    for setting in settings:
        words += ["--set", setting]
    return f"{shlex.join(words)} --out RUN"
