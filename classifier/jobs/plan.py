"""Jobs that take several trainings, or one long one: how they begin, and what must be the same for them to go on.

Every such job has a folder of its own. It begins by building the dataset (unless the source is one) and writing down
what is to be done: both, or neither. What differs between the jobs is a `JobKind`.

OUT/  plan.json (a run: config.toml)  dataset/ (unless one was given)  and what the job makes
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from classifier import distributed
from classifier.config import Config
from classifier.config_file import changed_settings, completed, config_values, from_home, with_absolute_paths
from classifier.dataset.folder import DatasetFolder, open_dataset
from classifier.dataset.provenance import changes, hash_path
from classifier.errors import InputError, shell_word
from classifier.files import REPLACE, check_free, check_version, read_json, whole_folder
from classifier.jobs.building.dataset import BuildOptions, build_dataset
from classifier.jobs.request import Request
from classifier.jobs.safety import check_safe
from classifier.jobs.source import check_outside, refuse_written, resolve_source
from classifier.models.device import check_device
from classifier.models.run_folder import DATASET, PLAN, RunFolder
from classifier.models.weights import check_presence
from classifier.one_writer import remove_leftovers_within
from classifier.training.trackers import check_clients

FOLDS, SEEDS, STUDY, CURVE = "cross-validation", "training with several seeds", "study", "learning curve"
TRAINING = "training"
GOES_ON = {  # with what was begun in a folder
    TRAINING: "classifier train --resume --out {path}",
    FOLDS: "classifier train --all-folds --resume --out {path}",
    SEEDS: "classifier train --seeds N --resume --out {path}, N as before",
    STUDY: "the same classifier tune command again",
    CURVE: "the same classifier learning-curve command again",
}

NO_BUDGET = {STUDY: ": give --minutes", CURVE: ""}  # and what to do instead
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class JobKind:
    """What differs between the jobs.

    Attributes:
        name: for messages.
        options: of the command ``train`` that make it this kind.
        start: a command that starts it, shown where the source is missing.
        go_on: the command that goes on with it.
        ended: the file that is written last.
        needed: what a folder of this kind holds from the beginning.
        allowed: what else it may hold, beside a dataset.
        several: the beginning of the message that refuses to do it in several processes; empty = several may do it.
        tracked: whether its figures go to trackers.
        encoder: whether a pre-trained encoder is used.
        validation: the beginning of the message where there are no validation articles; empty = none are needed.
        version: of the format of its plan, where that says one.
        taught: whether it may learn from a teacher.
        same: what else the plan must hold to go on, as the options of the command that are called so.
    """

    name: str
    start: str
    go_on: str
    options: str = ""
    ended: str = ""
    needed: Set[str] = frozenset({PLAN})
    allowed: Set[str] = frozenset()
    several: str = ""
    tracked: bool = True
    encoder: bool = True
    validation: str = ""
    taught: bool = False
    version: int | None = None
    same: Mapping[str, object] = field(default_factory=dict)

    def begun(self, path: Path) -> bool:
        """Whether a folder holds a job of this kind."""
        if PLAN in self.needed:
            return (path / PLAN).exists() and kind_of_plan(read_json(path / PLAN)) == self.name
        return all((path / name).exists() for name in self.needed)


@dataclass(frozen=True)
class JobSource:
    """What the source of a job was resolved to.

    Attributes:
        config: the settings, with paths as they were given.
        dataset: the source, where it is a dataset.
    """

    config: Config
    dataset: DatasetFolder | None

    @cached_property
    def absolute(self) -> Config:
        """The settings with paths that are the same when the job goes on from another folder."""
        return with_absolute_paths(self.config)

    @property
    def place(self) -> str:
        """How a plan names the dataset: relative where the job has built it."""
        return DATASET if self.dataset is None else str(self.dataset.path)

    @property
    def has_folds(self) -> bool:
        """Whether the dataset has folds, or would have."""
        return (self.config.split.folds if self.dataset is None else self.dataset.info.folds) is not None


def kind_of_plan(plan: Mapping[str, Any]) -> str:
    """The name of the kind of job that wrote a ``plan.json``; empty where it is none of ours."""
    if plan.get("kind") == CURVE:
        return CURVE
    if "space" in plan:
        return STUDY
    return "" if "overrides" not in plan else SEEDS if plan.get("seeds") else FOLDS


def open_source(kind: JobKind, request: Request) -> JobSource:
    """The settings of a job, and the dataset where the source is one.

    Raises:
        InputError: the source or the settings cannot be used here.
    """
    if kind.several:
        distributed.refuse(kind.several)
    if request.source is None:
        raise InputError("A training needs a source.", fix=kind.start)
    source = JobSource(*resolve_source(request.source, request.settings))
    check_device(source.config.train.device)
    if source.config.has_teacher and not kind.taught:
        raise InputError(f"A {kind.name} takes no distil.teacher and no data.unlabelled.", fix="Leave them out.")
    refuse_written(source.config.data.unlabelled)
    if kind.tracked:
        check_clients(source.config.train.report_to)
    check_outside(request.out, source.dataset)
    if request.overwrite:
        _check_kept(request.out, source)
    if kind.name in NO_BUDGET and source.config.train.budget is not None:
        logger.warning("train.budget has no effect on a %s%s", kind.name, NO_BUDGET[kind.name])
    return source


def _check_kept(out: Path, source: JobSource) -> None:
    """Raise `InputError` if the folder that is to be replaced holds what the job needs: both would be lost."""
    config = source.config
    needed: list[tuple[str, str | Path | None]] = [
        ("the dataset", None if source.dataset is None else source.dataset.path),
        ("the encoder (model.name)", config.model.name),
        ("the teacher (distil.teacher)", config.distil.teacher),
        *(("unlabelled articles (data.unlabelled)", path) for path in config.data.unlabelled),
    ]
    for what, name in needed:
        path = None if name is None else from_home(name).resolve()
        if path is not None and path.exists() and out.resolve() in (path, *path.parents):
            raise InputError(
                f"'{out}' cannot be replaced: {what} is in it, and would be lost.", fix="Choose another --out."
            )


def begin(kind: JobKind, request: Request, source: JobSource, write: Callable[[Path, DatasetFolder], None]) -> None:
    """Build the dataset, unless the source is one, and write down what is to be done: both or neither.

    Args:
        kind: of the job.
        request: gives the folder, and how bad rows and an older job are treated.
        source: from `open_source`.
        write: writes the plan into the folder that it is given; it may refuse the dataset.

    Raises:
        InputError: the source, the settings or the folder cannot be used.
    """
    path = request.out
    if not request.overwrite and kind.begun(path) and not (path / kind.ended).exists():
        raise InputError(
            f"'{path}' holds a {kind.name} that has not ended.",
            fix=f"Go on with it ({kind.go_on}), choose another --out, or {REPLACE}.",
        )
    if kind.encoder:
        check_presence(source.config.model.name)
    check_free(path, needed=kind.needed, allowed={DATASET, *kind.allowed}, overwrite=request.overwrite)
    with whole_folder(path) as folder:
        dataset, found = source.dataset, None
        if dataset is None:
            options = BuildOptions(skip_bad=request.skip_bad, check_languages=False)
            built = build_dataset(source.config, folder / DATASET, options, request.progress)
            dataset, found = DatasetFolder(folder / DATASET, built.info), built
        request.show(dataset if request.fold is None else dataset.in_fold(request.fold), found)
        if request.careful:
            check_safe(dataset, request, kind.options, built=found is not None)
        if kind.validation and "validation" not in dataset.splits:
            fix = "Set split.validation_size=0.1, or give data.validation."
            raise InputError(f"{kind.validation}, and never on test.", fix=fix)
        write(folder, dataset)


def check_resumable(kind: JobKind, request: Request) -> None:
    """Raise `InputError` unless there is such a job to go on with, and nothing else is asked for."""
    if not kind.begun(request.out):
        held = _held(request.out)
        raise InputError(
            f"There is no {kind.name} to resume in '{request.out}'{f': it holds a {held}' if held else ''}.",
            fix=f"Go on with that: {GOES_ON[held].format(path=shell_word(request.out))}"
            if held
            else "Start it without --resume.",
        )
    if request.source is not None or request.settings or request.fold is not None:
        raise InputError("--resume goes on with the source and settings that it began with.", fix=kind.go_on)
    remove_leftovers_within(request.out)


def _held(path: Path) -> str:
    """The kind of job that a folder holds; empty for none."""
    if (path / PLAN).exists():
        return kind_of_plan(read_json(path / PLAN))
    return TRAINING if RunFolder(path).config.exists() else ""


def what_must_stay(request: Request, source: JobSource, dataset: DatasetFolder) -> dict[str, Any]:
    """The part of a plan that `reopen` compares: where the articles are from, and all settings."""
    return {"dataset": source.place, "skip_bad": request.skip_bad, **_fixed(source.absolute, dataset)}


def reopen(kind: JobKind, request: Request, source: JobSource) -> tuple[DatasetFolder, dict[str, Any]]:
    """The dataset and the plan of a job that goes on when it is asked for again.

    Raises:
        InputError: the folder holds something else, or was begun with other articles, settings or options.
    """
    path = request.out
    plan = read_json(path / PLAN)
    if kind_of_plan(plan) != kind.name:
        raise InputError(f"The folder '{path}' holds something else.", fix="Choose another --out.")
    if kind.version is not None:
        check_version(path / PLAN, plan, kind.version)
    differs = [f"--{name} {plan.get(name)}" for name, value in kind.same.items() if plan.get(name) != value]
    if plan.get("dataset") != source.place:
        differs.append("another source")
    if plan.get("skip_bad") != request.skip_bad:
        differs.append("--skip-bad" if plan.get("skip_bad") else "no --skip-bad")
    refuse_others(kind, path, differs)
    dataset = open_dataset(path / DATASET) if source.dataset is None else source.dataset
    refuse_others(kind, path, _changed(source, dataset, plan))
    remove_leftovers_within(path)
    return dataset, plan


def refuse_others(kind: JobKind, path: Path, differs: list[str]) -> None:
    """Raise `InputError` that says what a job was begun with, where that is something else."""
    if differs:
        raise InputError(
            f"The {kind.name} '{path}' was begun with {' and '.join(differs)}.",
            fix=f"Give the source and the settings that it began with, choose another --out, or {REPLACE}.",
        )


def refuse_folds(what: str, source: JobSource) -> None:
    """Raise `InputError` if there are folds, or would be; ``what`` needs one split."""
    if source.has_folds:
        raise InputError(f"{what} needs one split, not folds.", fix="Build the dataset without split.folds.")


def _changed(source: JobSource, dataset: DatasetFolder, plan: Mapping[str, Any]) -> list[str]:
    """In words, what a plan says of articles and settings that is not so now."""
    found = []
    if source.dataset is None and source.config.data.builder != "hub":  # what is on the Hub is not looked at again
        problems = changes(dataset.info, source.absolute)
        found += [f"other articles: {problem}" for problem in problems if problem.startswith("the source")]
    now = _fixed(source.absolute, dataset)
    settings = changed_settings(completed(plan.get("settings", {})), now["settings"])
    if settings:
        found.append(f"other settings ({', '.join(settings)})")
    if plan.get("dataset_sha256") != now["dataset_sha256"]:
        found.append("another dataset")
    return found


def _fixed(config: Config, dataset: DatasetFolder) -> dict[str, Any]:
    settings = config_values(config)
    return {"dataset_sha256": hash_path(dataset.path / "dataset.json"), "settings": settings}
