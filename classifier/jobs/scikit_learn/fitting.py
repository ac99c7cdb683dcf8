"""Trains a model on all rows of a source but those held apart for validation; the content of its folder is kept.

It is `classifier.jobs.train` without a test split: whoever calls an estimator tests it himself.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from classifier import distributed
from classifier.articles.readers.program_rows import write_program_rows
from classifier.articles.readers.row import Row
from classifier.config import Config
from classifier.config_file import Settings, recorded_settings
from classifier.dataset.assign import assign
from classifier.dataset.consistency import ConsistentCorpus
from classifier.dataset.folder import DatasetFolder
from classifier.dataset.info import DatasetInfo, count_splits
from classifier.dataset.rejects import Rejects
from classifier.dataset.splits import Assignment
from classifier.dataset.writer import write_dataset
from classifier.errors import InputError
from classifier.jobs.building.read_articles import read_articles
from classifier.jobs.in_memory import in_python_words
from classifier.jobs.request import never
from classifier.jobs.scikit_learn.samples import GROUPS, ID, LABEL
from classifier.jobs.source import resolve_source
from classifier.models.classifier import Classifier
from classifier.models.model_folder import read_model_info, write_model_info
from classifier.models.run_folder import RunFolder
from classifier.progress import Progress
from classifier.temporary import temporary_folder
from classifier.training.auto import choose_settings
from classifier.training.baselines import fit_run_baselines
from classifier.training.first_look import look_at_layers
from classifier.training.fit import fit
from classifier.training.watch import Watch

logger = logging.getLogger(__name__)

Files = Mapping[str, bytes]  # name, relative to the folder -> content


@dataclass(frozen=True)
class Plan:
    """What a training without a test split is asked for.

    Attributes:
        settings: dotted names -> values, without those of the split.
        validation_fraction: share of the articles that is held apart.
        grouped: whether the rows have groups that are held apart whole.
        seed: of the split and of the training.
        progress: told of each step.
    """

    settings: Settings
    validation_fraction: float
    grouped: bool
    seed: int
    progress: Progress


def train_on_rows(rows: Iterable[Row], plan: Plan) -> Files:
    """Train on rows of texts and labels; nothing of it stays on the disk.

    Args:
        rows: of `classifier.jobs.scikit_learn.samples.sample_rows`.
        plan: how.

    Returns:
        The files of the model folder.

    Raises:
        InputError: rows, settings or the encoder cannot be used, or the training diverged.
    """
    distributed.refuse("Estimators of scikit-learn")
    with temporary_folder() as folder, in_python_words({str(folder / "X"): "X"}):
        source = folder / "X"
        write_program_rows(source, rows)
        dataset, config = _dataset(str(source), folder, plan)
        if config.train.budget is not None:
            raise InputError(
                "train.budget has no effect on an estimator of scikit-learn.",
                fix='Leave it out; to be quick: preset="probe", or fewer epochs.',
            )
        run = RunFolder(folder / "run")
        run.path.mkdir()
        chosen = choose_settings(config, dataset, look=partial(look_at_layers, progress=plan.progress))
        if chosen.train.blend not in ("none", 0):
            fit_run_baselines(run, dataset, balanced=chosen.train.balanced)
        fit(run, chosen, dataset, Watch(plan.progress, never))
        _label_by_score(run.model)
        return folder_files(run.model)


def _dataset(source: str, folder: Path, plan: Plan) -> tuple[DatasetFolder, Config]:
    """The rows as a dataset of train and validation, and the settings to train with."""
    columns = {"data.columns.id": ID, "data.columns.label": LABEL, "split.seed": plan.seed, "train.seed": plan.seed}
    split = {"split.method": "grouped", "split.group_by": [GROUPS]} if plan.grouped else {"split.method": "stratified"}
    own = {"data.min_per_label": 1}  # the classes of y are meant, as everywhere in scikit-learn
    config, _ = resolve_source(source, {**own, **plan.settings, **columns, **split})
    scratch, place = folder / "scratch", folder / "dataset"
    scratch.mkdir()
    place.mkdir()
    consistent, asked, _ = read_articles(config, scratch, Rejects(None), plan.progress, None)
    divided = asked.model_copy(update={"test_size": 0.0, "validation_size": plan.validation_fraction})
    try:
        method, assignment = assign(consistent, divided)
    except InputError as error:
        if not plan.validation_fraction:
            raise
        logger.warning("no articles are held apart for validation: %s", error.message)
        method, assignment = assign(consistent, divided.model_copy(update={"validation_size": 0.0}))
    _say_notes(assignment)
    info = DatasetInfo(
        labels=consistent.labels.names,
        multi_label=False,
        pair="target" in consistent.corpus.used,
        split_method=method,
        group_by=asked.groups,
        counts=count_splits(consistent.corpus.index.labels, assignment),
        notes=assignment.notes,
        sources=(),
        settings=recorded_settings(config),
        duplicates=consistent.duplicates,
    )
    _check_all_are_learnt(consistent, info)
    write_dataset(place, consistent.corpus, assignment, info)
    return DatasetFolder(place, info), _to_train_with(config)


def _to_train_with(config: Config) -> Config:
    """The settings without the names of our own columns."""
    columns = config.data.columns.model_copy(update={"id": None, "label": None})
    data = config.data.model_copy(update={"columns": columns})
    train = config.train.model_copy(update={"label_by": "fit"})
    return config.model_copy(update={"data": data, "train": train})


def _label_by_score(model: Path) -> None:
    """Let the label be the one with the highest score, as scikit-learn has it; uncalibrated it is that anyway."""
    info = read_model_info(model)
    if info.calibration is not None:
        write_model_info(model, replace(info, label_by="score"))


def _say_notes(assignment: Assignment) -> None:
    for note in assignment.notes:
        logger.info("split: %s", note)


def _check_all_are_learnt(consistent: ConsistentCorpus, info: DatasetInfo) -> None:
    """Raise `InputError` if a class has no training article: the model could never give it."""
    given = {name for row in np.flatnonzero(consistent.kept) for name in consistent.corpus.index.labels[int(row)]}
    lost = sorted(given - set(info.counts["train"].labels))
    if lost:
        raise InputError(
            f"No training article is left of the class '{lost[0]}': all of them are held apart for validation.",
            fix="Give more articles of it, or validation_fraction=0.",
        )


def folder_files(folder: Path) -> dict[str, bytes]:
    """The content of a folder and of its subfolders."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def write_files(files: Files, folder: Path) -> None:
    """Write files into a folder, and its subfolders."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def load_files(files: Files, *, device: str) -> Classifier:
    """The model of the files of a model folder."""
    with temporary_folder() as folder:
        write_files(files, folder)
        return Classifier.load(folder, device=device)
