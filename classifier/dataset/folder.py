"""The dataset folder on disk: Arrow splits, ``dataset.json`` and ``splits.parquet``.

DATASET/  train/ validation/ test/   what `datasets.load_from_disk` reads (with folds: articles/)
dataset.json               labels, split method, counts, duplicates, probe, give-aways, source hashes
splits.parquet             id, split, unit (null split = left out); with folds: id, fold, fold_1, …, unit
README.md, report.html     the same for people; rejected.jsonl, disputed.jsonl where there are such articles
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import numpy as np

from classifier.articles.article import OPTIONAL, Article
from classifier.articles.labels import count_labels
from classifier.articles.split_names import SPLITS
from classifier.dataset.duplicates import text_key
from classifier.dataset.info import FORMAT_VERSION, Counts, DatasetInfo, dataset_info
from classifier.dataset.splits import Assignment
from classifier.errors import InputError
from classifier.files import read_json

NEEDED = {"dataset.json", "splits.parquet"}
ALL = "articles"  # holds the articles of a dataset with folds
ALLOWED = {*SPLITS, ALL, "README.md", "report.html", "rejected.jsonl", "disputed.jsonl", "conflicts.jsonl"}
STANDARD = ("id", "text", "label", "labels", *OPTIONAL)


@dataclass(frozen=True)
class DatasetFolder:
    """A dataset on disk; `articles` reads a split of it, one article at a time.

    Attributes:
        path: the folder.
        info: what ``dataset.json`` holds.
        fold: of a dataset with folds, the one whose splits are meant, from 1; None = no fold is chosen.
        train_rows: the training articles that are meant, by their positions; None = all of them.
    """

    path: Path
    info: DatasetInfo
    fold: int | None = None
    train_rows: tuple[int, ...] | None = None

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that it has; none for a dataset with folds while no fold is chosen."""
        if self.info.folds is not None:
            return tuple(name for name in SPLITS if self.fold is not None and len(self._rows(name)))
        return tuple(name for name in SPLITS if (self.path / name).is_dir())

    def in_fold(self, fold: int | None) -> DatasetFolder:
        """The same dataset with the splits of one fold.

        Raises:
            InputError: it has no such fold, or it has folds and none is named.
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

    def articles(self, split: str | None = None) -> Iterator[Article]:
        """The articles of a split (of all splits when None), in order; memory does not grow with their number.

        Raises:
            InputError: there is no such split.
        """
        for part in [split] if split else [ALL] if self.info.folds else self.splits:
            for number, values in enumerate(self.load(part), start=1):
                yield _from_values(values, self.info.labels, f"{self.path}/{part}, row {number}")

    def labels(self, split: str) -> list[tuple[str, ...]]:
        """The labels of a split's articles, without reading their texts."""
        names = self.info.labels
        if self.info.multi_label:
            return [tuple(names[index] for index in ids) for ids in self.column(split, "labels")]
        return [(names[index],) for index in self.column(split, "label")]

    def column(self, split: str, name: str) -> list[Any]:
        """One column of a split without reading the texts; empty when there is no such column."""
        data = self.load(split)
        return list(data[name]) if name in data.column_names else []

    def counts(self) -> Mapping[str, Counts]:
        """Articles per split, in all and per label; of the chosen fold and training articles where there are such."""
        if self.fold is None and self.train_rows is None:
            return self.info.counts
        labels = {split: self.labels(split) for split in self.splits}
        return {split: Counts(len(names), count_labels(names)) for split, names in labels.items()}

    def units(self, ids: Sequence[str]) -> list[int]:
        """The unit of each article, by id: what the split keeps together; an id that is not known is its own unit."""
        table = self.assigned()
        found = dict(zip(table["id"].to_pylist(), table["unit"].to_pylist(), strict=True))
        return [-1 - row if found.get(name) is None else int(found[name]) for row, name in enumerate(ids)]

    def assigned(self) -> Any:
        """``splits.parquet`` as an Arrow table: id, split (or fold, fold_1, …), unit."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            return pq.read_table(self.path / "splits.parquet")
        except (OSError, pa.ArrowException) as error:
            raise InputError(f"'{self.path}' has no good splits.parquet: {error}", fix="Build it again.") from None

    def load(self, split: str) -> Any:
        """A split as a `datasets.Dataset`; ``articles`` is the whole of a dataset with folds.

        Raises:
            InputError: there is no such split.
        """
        import datasets

        if self.info.folds is not None and split == ALL:
            return datasets.load_from_disk(str(self.path / ALL))
        if split not in self.splits:
            raise InputError(
                f"'{self.path}' has no split '{split}'.", fix=f"It has {', '.join(self.splits) or 'folds: name one'}."
            )
        if self.info.folds is not None:
            data = datasets.load_from_disk(str(self.path / ALL)).select(self._rows(split))
        else:
            data = datasets.load_from_disk(str(self.path / split))
        return data if self.train_rows is None or split != "train" else data.select(self.train_rows)

    def _rows(self, split: str) -> Any:
        """Rows of the articles that a fold has in a split."""
        table = self.assigned().select(["fold", f"fold_{self.fold}"])
        kept = table.filter(table["fold"].is_valid())
        return np.flatnonzero(kept[f"fold_{self.fold}"].to_numpy(zero_copy_only=False) == split)


def is_dataset(path: Path) -> bool:
    """Whether the path is a dataset folder."""
    return (path / "dataset.json").is_file() and not (path / "config.toml").exists()


def open_dataset(path: Path) -> DatasetFolder:
    """Open a dataset folder.

    Raises:
        InputError: the folder is missing, incomplete, or of another format version.
    """
    values = read_json(path / "dataset.json")
    version = values.get("format_version")
    if version != FORMAT_VERSION:
        raise InputError(
            f"'{path}' has dataset format {version!r}; this version reads {FORMAT_VERSION}.",
            fix="Build it again, or use the version of classifier that wrote it.",
        )
    try:
        return DatasetFolder(path, dataset_info(values))
    except (TypeError, KeyError) as error:
        raise InputError(f"'{path / 'dataset.json'}' is damaged: {error}.", fix="Build the dataset again.") from None


def count_splits(labels: Sequence[tuple[str, ...]], assignment: Assignment) -> dict[str, Counts]:
    """Articles of each split, or of each fold's test part, in all and per label."""
    if assignment.folds is None:
        parts = {name: assignment.split == code for code, name in enumerate(SPLITS)}
    else:
        test = assignment.folds == SPLITS.index("test")
        parts = {f"fold {k + 1}": test[:, k] for k in range(test.shape[1])}
    return {
        name: Counts(int(chosen.sum()), count_labels(labels[int(row)] for row in np.flatnonzero(chosen)))
        for name, chosen in parts.items()
        if chosen.any()
    }


def check_disjoint(dataset: DatasetFolder) -> None:
    """Raise `InputError` if an id or a text stands in two splits, or articles were added, moved or removed."""
    seen: dict[tuple[str, str | int], object] = {}
    found = []
    again = "Build the dataset again; its folder has been changed since."
    for home, article in _at_home(dataset):
        for key in (("id", article.id), ("text", text_key(article.text))):
            if seen.setdefault(key, home) != home:
                message = f"The {key[0]} of article '{article.id}' stands in two splits of '{dataset.path}'."
                raise InputError(message, fix=again)
        found.append((article.id, home))
    if found != _recorded(dataset):
        raise InputError(f"'{dataset.path}' holds other articles than its splits.parquet says.", fix=again)


def _at_home(dataset: DatasetFolder) -> Iterator[tuple[object, Article]]:
    """(split, or number of the fold, article) for all articles."""
    if dataset.info.folds is None:
        for split in dataset.splits:
            yield from ((split, article) for article in dataset.articles(split))
    else:
        folds = [fold for _, fold in _recorded(dataset)]
        yield from zip(chain(folds, repeat(None)), dataset.articles(), strict=False)


def _recorded(dataset: DatasetFolder) -> list[tuple[str, Any]]:
    """(id, split or number of the fold) of all articles, in the order in which they are read."""
    table = dataset.assigned()
    homes = table["split" if dataset.info.folds is None else "fold"].to_pylist()
    kept = [place for place in zip(table["id"].to_pylist(), homes, strict=True) if place[1] is not None]
    return kept if dataset.info.folds else sorted(kept, key=lambda place: SPLITS.index(place[1]))


def hash_path(path: Path) -> str:
    """SHA-256 of a file, or of the names and contents of all files below a folder."""
    digest = hashlib.sha256()
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    for file_path in sorted(p for p in path.rglob("*") if p.is_file()):
        digest.update(file_path.relative_to(path).as_posix().encode())
        digest.update(bytes.fromhex(hash_path(file_path)))
    return digest.hexdigest()


def stored_name(name: str) -> str:
    """The name of an extra column in the files: ``original_label`` for one that is called like a standard column."""
    return f"original_{name}" if _is_standard(name) else name


def _given_name(name: str) -> str:
    """What an extra column was called; undoes `stored_name`."""
    plain = name.removeprefix("original_")
    return plain if _is_standard(plain) else name


def _is_standard(name: str) -> bool:
    return re.sub("^(original_)+", "", name) in STANDARD


def _from_values(values: Mapping[str, Any], names: Sequence[str], where: str) -> Article:
    ids = values["labels"] if "labels" in values else [values["label"]]
    plain = {key: value for key, value in values.items() if key in OPTIONAL}
    extra = {_given_name(key): value for key, value in values.items() if key not in STANDARD}
    return Article(
        id=values["id"],
        text=values["text"],
        labels=tuple(names[index] for index in ids),
        extra=extra,
        where=where,
        **plain,
    )


def run_dataset(run: Path) -> DatasetFolder:
    """The dataset that the run in a folder was trained on.

    Raises:
        InputError: it is gone, or the run does not say where it is.
    """
    info = run / "dataset.json"
    values = read_json(info)
    if not isinstance(values.get("path"), str):
        raise InputError(f"'{info}' is damaged: it has no path.", fix="Train again, or copy the run again.")
    path = run / values["path"]
    if not is_dataset(path):
        raise InputError(f"The dataset of this run, '{path}', is gone.", fix="Put it back, or evaluate with --data.")
    return open_dataset(path).in_fold(values.get("fold"))
