"""`DatasetFolder`: a dataset on disk, with Arrow splits, ``dataset.json`` and ``splits.parquet``.

DATASET/  train/ validation/ test/   what `datasets.load_from_disk` reads (with folds: articles/)
dataset.json               labels, split method, counts, duplicates, leakage probe, give-aways, source hashes
splits.parquet             id, split, unit (null split = left out); with folds: id, fold (0 = tested in none), fold_1,
                           …, unit; cluster of (nearly) equal texts, where several units have some
checksums.json             size and SHA-256 of these files
ledger.json                how often runs that lie elsewhere were evaluated on its test articles
README.md, report.html     the same to read; rejected.jsonl, disputed.jsonl if there are such articles
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from classifier.arrays import evenly
from classifier.articles.article import Article
from classifier.articles.labels import count_labels
from classifier.articles.split_names import SPLITS
from classifier.checksums import CHECKSUMS
from classifier.dataset.info import Counts, DatasetInfo, read_dataset_info, read_trained_on
from classifier.dataset.integrity import ALL, FOR_PEOPLE, check_dataset
from classifier.dataset.parts import SPLITS_FILE, OpenedParts
from classifier.dataset.stored_articles import article_of_values
from classifier.dataset.units import join_units
from classifier.errors import InputError, names

NEEDED = {"dataset.json", SPLITS_FILE}
LEDGER = "ledger.json"  # how often its test articles were looked at: `classifier.evaluation.ledger`
ALLOWED = {*SPLITS, ALL, CHECKSUMS, "conflicts.jsonl", LEDGER, *FOR_PEOPLE}


@dataclass(frozen=True)
class DatasetFolder:
    """A dataset on disk; `articles` reads a split of it, one article at a time.

    Attributes:
        path: the folder.
        info: the content of ``dataset.json``.
        fold: the chosen fold of a dataset with folds, from 1; None = no fold is chosen.
        train_rows, validation_rows: the chosen articles of these splits, by their positions; None = all of them.
        joined: whether the validation articles are training articles.
        opened: its files, opened once for all folds and choices of articles.
    """

    path: Path
    info: DatasetInfo
    fold: int | None = None
    train_rows: tuple[int, ...] | None = None
    validation_rows: tuple[int, ...] | None = None
    joined: bool = False
    opened: OpenedParts = field(default_factory=OpenedParts, repr=False, compare=False)

    @cached_property
    def splits(self) -> tuple[str, ...]:
        """The splits of the dataset, or of the chosen fold; none if it has folds and none is chosen."""
        if self.joined:
            return tuple(name for name in replace(self, joined=False).splits if name != "validation")
        if self.info.folds is not None:
            return tuple(name for name in SPLITS if self.fold is not None and len(self._fold[name]))
        return tuple(name for name in SPLITS if (self.path / name).is_dir())

    def in_fold(self, fold: int | None) -> DatasetFolder:
        """The same dataset with the splits of one fold.

        Raises:
            InputError: it has no such fold, or it has folds and ``fold`` is None.
        """
        folds = self.info.folds
        if folds is None and fold is not None:
            raise InputError(f"'{self.path}' has no folds.", fix="Build it with --set split.folds=10")
        if folds is not None and fold is None:
            raise InputError(f"'{self.path}' has {folds} folds.", fix="Add --fold K, or --all-folds.")
        if folds is not None and fold is not None and not 1 <= fold <= folds:
            raise InputError(f"There is no fold {fold}: '{self.path}' has 1 to {folds}.", fix="Choose one of these.")
        return replace(self, fold=fold)

    def training_on(self, rows: Sequence[int]) -> DatasetFolder:
        """The same dataset with some of its training articles; validation and test stay.

        Args:
            rows: their positions in ``train``, rising.
        """
        return replace(self, train_rows=tuple(int(row) for row in rows))

    def validating_on(self, rows: Sequence[int]) -> DatasetFolder:
        """The same dataset with some of its validation articles; training and test stay.

        Args:
            rows: their positions in ``validation``, rising.
        """
        return replace(self, validation_rows=tuple(int(row) for row in rows))

    def with_validation_in_train(self) -> DatasetFolder:
        """The same dataset with its validation articles after those of ``train``, and without validation."""
        return replace(self, joined=self.joined or "validation" in self.splits)

    def articles(self, split: str | None = None) -> Iterator[Article]:
        """The articles of a split (of all splits when None), in order; memory does not grow with their number.

        Raises:
            InputError: there is no such split.
        """
        for part in [split] if split else [ALL] if self.info.folds else self.splits:
            for number, values in enumerate(self.load(part), start=1):
                yield article_of_values(values, self.info.labels, f"{self.path}/{part}, row {number}")

    def sample(self, split: str, most: int) -> Iterator[Article]:
        """At most so many articles of a split, spread evenly; the others are not read."""
        rows = self.load(split)
        chosen = evenly(len(rows), most).tolist()
        for number, values in zip(chosen, rows.select(chosen), strict=True):
            yield article_of_values(values, self.info.labels, f"{self.path}/{split}, row {number + 1}")

    def labels(self, split: str) -> list[tuple[str, ...]]:
        """The labels of a split's articles, without reading their texts."""
        names = self.info.labels
        if self.info.multi_label:
            return [tuple(names[index] for index in ids) for ids in self.column(split, "labels")]
        return [(names[index],) for index in self.column(split, "label")]

    def column(self, split: str, name: str) -> list[Any]:
        """One column of a split without reading the texts; empty when there is no such column."""
        found = []
        for part, rows in self._places(split):
            table = self.opened.part(self.path / part).data
            if name not in table.column_names:
                return []
            cells = table.column(name)
            found += (cells if rows is None else cells.take(rows)).to_pylist()
        return found

    def counts(self) -> Mapping[str, Counts]:
        """Articles per split, in all and per label, for the chosen fold and the chosen articles."""
        if self.fold is None and self.train_rows is None and self.validation_rows is None and not self.joined:
            return self.info.counts
        labels = {split: self.labels(split) for split in self.splits}
        return {split: Counts(len(names), count_labels(names)) for split, names in labels.items()}

    def units(self, ids: Sequence[str]) -> list[int]:
        """The unit of each article, by id: what the split keeps together; an id that is not known is its own unit."""
        return _numbers(self.assigned(), "unit", ids)

    def units_with_copies(self, ids: Sequence[str]) -> list[int]:
        """As `units`, but units that have (nearly) equal texts are joined, where reprints left them apart."""
        table, units = self.assigned(), self.units(ids)
        if "cluster" not in table.column_names:
            return units
        codes = (np.unique(numbers, return_inverse=True)[1] for numbers in (units, _numbers(table, "cluster", ids)))
        return [int(unit) for unit in join_units(len(ids), list(codes))]

    def assigned(self) -> Any:
        """``splits.parquet`` as an Arrow table: id, split (or fold, fold_1, …), unit."""
        return self.opened.splits(self.path)

    def load(self, split: str) -> Any:
        """A split as a `datasets.Dataset`; ``articles`` is the whole of a dataset with folds.

        Raises:
            InputError: there is no such split, or it cannot be read.
        """
        from datasets import concatenate_datasets

        found = []
        for name, rows in self._places(split):
            part = self.opened.part(self.path / name)
            found.append(part if rows is None else part.select(rows))
        return found[0] if len(found) == 1 else concatenate_datasets(found)

    def _places(self, split: str) -> list[tuple[str, Any]]:
        """The parts on disk that hold a split, each with the rows that belong to it; None = all of them.

        Raises:
            InputError: there is no such split.
        """
        if self.joined and split == "train":
            apart = replace(self, joined=False)
            return [*apart._places("train"), *apart._places("validation")]
        if self.info.folds is not None and split == ALL:
            return [(ALL, None)]
        if split not in self.splits:
            raise InputError(
                f"'{self.path}' has no split '{split}'.", fix=f"It has {', '.join(self.splits) or 'folds: name one'}."
            )
        rows = None if self.info.folds is None else self._fold[split]
        chosen = {"train": self.train_rows, "validation": self.validation_rows}.get(split)
        if chosen is not None:
            rows = np.asarray(chosen, np.int64) if rows is None else rows[list(chosen)]
        return [(split if self.info.folds is None else ALL, rows)]

    @cached_property
    def _fold(self) -> dict[str, Any]:
        """The rows of each split in the chosen fold, as int64 arrays."""
        table = self.assigned().select(["fold", f"fold_{self.fold}"])
        kept = table.filter(table["fold"].is_valid())
        splits = kept[f"fold_{self.fold}"].to_numpy(zero_copy_only=False)
        return {split: np.flatnonzero(splits == split) for split in SPLITS}


def _numbers(table: Any, column: str, ids: Sequence[str]) -> list[int]:
    """A column of ``splits.parquet`` for these ids; a negative number of its own for each that has none."""
    found = dict(zip(table["id"].to_pylist(), table[column].to_pylist(), strict=True))
    return [-1 - row if found.get(name) is None else int(found[name]) for row, name in enumerate(ids)]


def is_dataset(path: str | Path) -> bool:
    """Whether the path is a dataset folder, be it one that has lost its ``dataset.json``."""
    path = Path(path)
    left = (path / SPLITS_FILE).exists() and any((path / name / "state.json").exists() for name in (*SPLITS, ALL))
    return ((path / "dataset.json").exists() or left) and not (path / "config.toml").exists()


def open_dataset(path: str | Path) -> DatasetFolder:
    """Open a dataset folder, and check that its files are as they were written.

    Raises:
        InputError: the folder is missing, incomplete, damaged, or of another format version.
    """
    path = Path(path)
    info = read_dataset_info(path / "dataset.json")
    check_dataset(path, info)
    return DatasetFolder(path, info)


def run_dataset(run: Path, *, refit: bool = False) -> DatasetFolder:
    """The dataset that the run in a folder was trained on.

    Args:
        run: the folder.
        refit: whether the model has learned from the validation articles too: they are then training articles.

    Raises:
        InputError: the dataset is gone, was damaged or built otherwise since; or the run's ``dataset.json`` does not
            name its folder.
    """
    place = read_trained_on(run / "dataset.json")
    path = run / place.path
    if not is_dataset(path):
        raise InputError(f"The dataset of this run, '{path}', is gone.", fix="Put it back, or evaluate with --data.")
    dataset = open_dataset(path)
    other = _differences(read_dataset_info(run / "dataset.json"), dataset.info)
    if other:
        raise InputError(
            f"The dataset '{path}' is not the one that this run was trained on: {names(other)} in its dataset.json "
            f"{'differ' if len(other) > 1 else 'differs'} from '{run / 'dataset.json'}'.",
            fix="Put that one back, train again, or evaluate with --data.",
        )
    found = dataset.in_fold(place.fold)
    return found.with_validation_in_train() if refit else found


def _differences(then: DatasetInfo, now: DatasetInfo) -> list[str]:
    """What a run and its dataset say differently of the articles, their labels and their splits."""
    fields = ("labels", "multi_label", "pair", "folds", "counts", "sources")
    found = [name for name in fields if getattr(then, name) != getattr(now, name)]
    parts = [(f"settings.{name}", name) for name in ("data", "split")]
    return found + [name for name, part in parts if then.settings.get(part) != now.settings.get(part)]
