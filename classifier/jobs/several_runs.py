"""Several runs on one dataset in one folder: what cross-validation and several seeds share."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from classifier.config_file import Settings, config_values, load_config, parse_settings, setting_text
from classifier.dataset.folder import DatasetFolder
from classifier.durations import duration_seconds
from classifier.errors import InputError
from classifier.evaluation.result import Evaluation, MeanIntervals
from classifier.files import damaged, read_json_as, write_json
from classifier.jobs.plan import JobSource
from classifier.jobs.request import Request
from classifier.jobs.source import resolve_source
from classifier.jobs.train import run_training
from classifier.models.model_folder import share_weights
from classifier.models.run_folder import PLAN, RunFolder
from classifier.stats.metrics import limits_of
from classifier.stats.over_folds import interval_over_folds
from classifier.training.auto import AUTOMATIC, check_encoder

AGAIN = "Begin again with another --out."

Spread = tuple[float, float]  # mean, standard deviation


@dataclass(frozen=True)
class RunPlan:
    """What ``plan.json`` says of several runs.

    Attributes:
        dataset: its path, relative to the folder of the plan.
        settings: of every run.
        seeds: ``train.seed`` of each run; empty for a cross-validation.
        fold: of a dataset with folds, the one that all seeds are tested on.
    """

    dataset: str
    settings: Settings
    seeds: tuple[int, ...] = ()
    fold: int | None = None


def write_run_plan(
    folder: Path, dataset: DatasetFolder, *, request: Request, source: JobSource, seeds: Sequence[int] = ()
) -> None:
    """Write ``plan.json``, once the encoder can be found too.

    Args:
        folder: to write it in.
        dataset: of the runs; the settings of one that was built for them are in it.
        request, source: what is asked for.
        seeds: of the runs; empty for one per fold.

    Raises:
        InputError: the encoder or its tokenizer cannot be used.
    """
    check_encoder(source.config, pair=dataset.info.pair)
    settings = {} if source.dataset is None else request.settings
    texts = [setting_text(name, value) for name, value in settings.items()]
    model = source.absolute.model.name
    if model != source.config.model.name:
        texts.append(f"model.name={json.dumps(model)}")
    if source.config.has_teacher:  # a dataset records no paths
        absolute = source.absolute
        paths = {"distil.teacher": absolute.distil.teacher, "data.unlabelled": list(absolute.data.unlabelled)}
        texts = [text for text in texts if text.partition("=")[0] not in paths]
        texts += [setting_text(name, value) for name, value in paths.items() if value]
    plan = {"dataset": source.place, "overrides": texts, "seeds": list(seeds), "fold": request.fold}
    write_json(folder / PLAN, plan)


@dataclass(frozen=True)
class StoredRunPlan:
    """``plan.json`` as it is written."""

    dataset: str
    overrides: tuple[str, ...]
    seeds: tuple[int, ...] = ()
    fold: int | None = None


def read_run_plan(path: Path) -> RunPlan:
    """The plan that `write_run_plan` wrote.

    Raises:
        InputError: it is missing or damaged.
    """
    stored = read_json_as(path / PLAN, StoredRunPlan, unknown="ignore", fix=AGAIN)
    try:
        settings = parse_settings(stored.overrides)
    except InputError as error:
        raise damaged(path / PLAN, f"overrides: {error.message.rstrip('.')}", AGAIN) from None
    return RunPlan(stored.dataset, settings, stored.seeds, stored.fold)


def train_once(
    request: Request,
    plan: RunPlan,
    dataset: DatasetFolder,
    run: RunFolder,
    *,
    fold: int | None,
    seed: int | None = None,
) -> None:
    """Train one run of a plan, go on with it, or leave it as it is: whatever is still to be done."""
    if run.manifest.exists():
        return
    one = Request(None, run.path, resume=True, progress=request.progress, should_stop=request.should_stop)
    if not run.config.exists():
        first = seed == plan.seeds[0] if plan.seeds else fold == 1
        one = replace(one, trainings=(len(plan.seeds) or dataset.info.folds or 1) if first else 0)
        given = {**plan.settings, **_in_time(run, plan, dataset, first=first)}
        one = replace(one, source=str(dataset.path), given=given, seed=seed, fold=fold, resume=False)
    run_training(one)
    for model in (run.model, run.before_refit.model):
        share_weights(model, RunFolder(run.path.parent / _first_name(plan)).model)


def _first_name(plan: RunPlan) -> str:
    return f"seed-{plan.seeds[0]}" if plan.seeds else "fold-01"


def _in_time(run: RunFolder, plan: RunPlan, dataset: DatasetFolder, *, first: bool) -> Settings:
    """What keeps all runs together to ``train.budget``: the first has its share of it, the others its settings too."""
    budget = resolve_source(str(dataset.path), plan.settings)[0].train.budget
    if budget is None:
        return {}
    if first:
        count = len(plan.seeds) or dataset.info.folds or 1
        return {"train.budget": f"{max(1, duration_seconds(budget) // count)}s"}
    planned = config_values(load_config(RunFolder(run.path.parent / _first_name(plan)).config))
    names = [name.split(".") for name in (*AUTOMATIC, "train.budget")]
    return {f"{section}.{key}": planned[section][key] for section, key in names}


def mean_and_sd(evaluations: Sequence[Evaluation]) -> Mapping[str, Mapping[str, Spread]]:
    """Mean and standard deviation over the runs of every headline metric, of the model and the baselines.

    Returns:
        ``model``, ``tfidf`` and ``majority`` -> metric -> (mean, sd); sd with n - 1, 0 for one run.
    """
    figures = {
        "model": [found.figures for found in evaluations],
        **{name: [found.baselines[name] for found in evaluations] for name in ("tfidf", "majority")},
    }
    return {
        name: {metric: _spread([run[metric] for run in runs]) for metric in runs[0]} for name, runs in figures.items()
    }


def fold_intervals(evaluations: Sequence[Evaluation], ratio: float) -> MeanIntervals:
    """The 95% interval of the mean over folds of every headline metric of the model.

    Args:
        evaluations: of the folds.
        ratio: test articles per training article of a fold.
    """
    figures = {metric: np.array([found.figures[metric] for found in evaluations]) for metric in evaluations[0].figures}
    return {metric: interval_over_folds(values, None, limits_of(metric), ratio) for metric, values in figures.items()}


def _spread(values: Sequence[float]) -> Spread:
    return float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
