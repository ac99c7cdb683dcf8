"""Several runs on one dataset in one folder: what cross-validation and several seeds share.

OUT/  plan.json (what is to be done)  dataset/ (unless one was given)  and one run folder each
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence, Set
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from classifier import distributed
from classifier.config import Config
from classifier.config_file import with_absolute_paths
from classifier.dataset.folder import DatasetFolder, open_dataset
from classifier.dataset.provenance import changes, hash_path
from classifier.errors import InputError
from classifier.evaluation.result import Evaluation
from classifier.files import REPLACE, check_free, read_json_as, whole_folder, write_json
from classifier.jobs.build import build
from classifier.jobs.source import check_outside
from classifier.jobs.train import train
from classifier.models.device import choose_device
from classifier.models.run_folder import DATASET, PLAN, RunFolder
from classifier.progress import Progress
from classifier.training.auto import check_encoder
from classifier.training.trackers import check_clients

Spread = tuple[float, float]  # mean, standard deviation


@dataclass(frozen=True)
class RepeatKind:
    """What sort of repetition it is.

    Attributes:
        name: for messages.
        go_on: the command that goes on with it.
        ended: the file that is written last.
        seeds: whether its plan has seeds.
    """

    name: str
    go_on: str
    ended: str
    seeds: bool

    def begun(self, path: Path) -> bool:
        """Whether a folder holds the plan of such a repetition."""
        return (path / PLAN).exists() and bool(read_plan(path).seeds) == self.seeds


@dataclass(frozen=True)
class RunPlan:
    """What ``plan.json`` holds.

    Attributes:
        dataset: its path, relative to the folder of the plan.
        overrides: settings of every run.
        seeds: ``train.seed`` of each run; empty for a cross-validation.
        fold: of a dataset with folds, the one that all seeds are tested on.
    """

    dataset: str
    overrides: tuple[str, ...]
    seeds: tuple[int, ...] = ()
    fold: int | None = None


def begin(
    kind: RepeatKind,
    source: str,
    path: Path,
    config: Config,
    dataset: DatasetFolder | None,
    overrides: Sequence[str],
    *,
    allowed: Set[str],
    seeds: Sequence[int] = (),
    fold: int | None = None,
    skip_bad: bool,
    overwrite: bool,
    progress: Progress,
) -> None:
    """Build the dataset, unless the source is one, and write the plan: both or neither.

    Args:
        kind: of repetition.
        source: as in `classifier.jobs.train.train`.
        path: the folder to write.
        config, dataset: what the source was resolved to.
        overrides: settings such as ``train.learning_rate=3e-5``.
        allowed: what else a folder of this kind may hold, beside the plan and the dataset.
        seeds, fold: for the plan.
        skip_bad, overwrite, progress: as in `classifier.jobs.train.train`.

    Raises:
        InputError: the source, the settings or the folder cannot be used.
    """
    distributed.refuse("Folds and seeds")
    choose_device(config.train.device)
    check_clients(config.train.report_to)
    check_outside(path, dataset)
    if not overwrite and kind.begun(path) and not (path / kind.ended).exists():
        raise InputError(
            f"'{path}' holds a {kind.name} that has not ended.",
            fix=f"Go on with it ({kind.go_on}), choose another --out, or {REPLACE}.",
        )
    check_free(path, needed={PLAN}, allowed={DATASET, *allowed}, overwrite=overwrite)
    with whole_folder(path) as folder:
        if dataset is None:
            info = build(source, folder / DATASET, overrides=overrides, skip_bad=skip_bad, progress=progress).info
        else:
            info = dataset.info
        check_encoder(config, pair=info.pair)
        place, settings = (DATASET, []) if dataset is None else (str(dataset.path), list(overrides))
        model = with_absolute_paths(config).model.name  # the same when resumed from another folder
        if model != config.model.name:
            settings.append(f"model.name={json.dumps(model)}")
        write_json(folder / PLAN, asdict(RunPlan(place, tuple(settings), tuple(seeds), fold)))


def read_plan(path: Path) -> RunPlan:
    """The plan that `begin` wrote.

    Raises:
        InputError: it is missing or damaged.
    """
    return read_json_as(path / PLAN, RunPlan, strange="ignore", fix="Begin again with another --out.")


def check_resumable(
    kind: RepeatKind, path: Path, source: str | None, overrides: Sequence[str], seed: int | None
) -> None:
    """Raise `InputError` unless there is a plan to go on with, and nothing else is asked for."""
    if not kind.begun(path):
        raise InputError(f"There is no {kind.name} to resume in '{path}'.", fix="Start it without --resume.")
    if source is not None or overrides or seed is not None:
        raise InputError("--resume goes on with the source and settings that it began with.", fix=kind.go_on)


def train_once(
    run: RunFolder,
    dataset: DatasetFolder,
    plan: RunPlan,
    *,
    fold: int | None,
    seed: int | None = None,
    progress: Progress,
    should_stop: Callable[[], bool],
) -> None:
    """Train one run of a plan, go on with it, or leave it as it is: whatever is still to be done."""
    if run.manifest.exists():
        return
    if run.config.exists():
        train(None, run.path, resume=True, progress=progress, should_stop=should_stop)
    else:
        train(
            str(dataset.path),
            run.path,
            overrides=plan.overrides,
            seed=seed,
            fold=fold,
            progress=progress,
            should_stop=should_stop,
        )


def mean_and_sd(evaluations: Sequence[Evaluation]) -> dict[str, dict[str, Spread]]:
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


def _spread(values: Sequence[float]) -> Spread:
    return float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else 0.0


def refuse_folds(what: str, config: Config, dataset: DatasetFolder | None) -> None:
    """Raise `InputError` if there are folds, or would be; ``what`` needs one split."""
    if config.split.folds is not None if dataset is None else dataset.info.folds is not None:
        raise InputError(f"{what} needs one split, not folds.", fix="Build the dataset without split.folds.")


def place_dataset(
    what: str,
    source: str,
    folder: Path,
    dataset: DatasetFolder | None,
    overrides: Sequence[str],
    *,
    skip_bad: bool,
    progress: Progress,
) -> tuple[str, DatasetFolder]:
    """Build the dataset in ``folder``, unless the source is one.

    Args:
        what: the beginning of a message, such as "Tuning needs validation articles: trials are compared on them".
        source, overrides, skip_bad, progress: as in `classifier.jobs.build.build`.
        folder: that is being written.
        dataset: the source, where it is a dataset.

    Returns:
        How the plan names it, and the dataset.

    Raises:
        InputError: the source cannot be used, or there are no validation articles.
    """
    place = DATASET if dataset is None else str(dataset.path)
    if dataset is None:
        build(source, folder / DATASET, overrides=overrides, skip_bad=skip_bad, progress=progress)
        dataset = open_dataset(folder / DATASET)
    if "validation" not in dataset.splits:
        raise InputError(f"{what}, and never on test.", fix="Set split.validation_size=0.1, or give data.validation.")
    return place, dataset


def fixed(config: Config, dataset: DatasetFolder) -> dict[str, Any]:
    """What must be the same to go on: settings and dataset."""
    settings = config.model_dump(mode="json", exclude_none=True)
    return {"dataset_sha256": hash_path(dataset.path / "dataset.json"), "settings": settings}


def source_changes(config: Config, dataset: DatasetFolder) -> list[str]:
    """In words, how the source of a dataset that was built here has changed; nothing for one on the Hub."""
    if config.data.builder == "hub":
        return []
    return [problem for problem in changes(dataset.info, config) if problem.startswith("the source")]
