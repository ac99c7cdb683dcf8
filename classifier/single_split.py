"""The dataset that the many trainings of a learning curve or a tuning share: one split, with validation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from classifier.building import changes
from classifier.config import Config
from classifier.dataset_folder import DatasetFolder, hash_path, open_dataset
from classifier.errors import InputError
from classifier.progress import Progress
from classifier.run_folder import DATASET
from classifier.workflow import build


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
        source, overrides, skip_bad, progress: as in `classifier.workflow.build`.
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
