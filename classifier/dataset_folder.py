"""The dataset folder on disk: Arrow splits, ``dataset.json`` and ``splits.parquet``.

DATASET/  train/ validation/ test/   what `datasets.load_from_disk` reads
dataset.json               labels, columns, split method, counts, source hashes
splits.parquet             id, split, unit (null split = left out)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from classifier.articles import OPTIONAL, Article
from classifier.errors import InputError
from classifier.folders import read_json, whole_folder, write_json
from classifier.labels import LabelSet, count_labels
from classifier.splits import SPLITS, Assignment

FORMAT_VERSION = 1
NEEDED = {"dataset.json", "splits.parquet"}
STANDARD = ("id", "text", "label", "labels", *OPTIONAL)


@dataclass(frozen=True)
class Counts:
    """Articles of a split, in all and per label."""

    articles: int
    labels: Mapping[str, int]


@dataclass(frozen=True)
class DatasetInfo:
    """What ``dataset.json`` holds.

    Attributes:
        labels: label names in the order of their ids.
        multi_label: whether an article may have none or several.
        pair: whether the input is a (target, text) pair.
        split_method: ``given`` | ``stratified`` | ``grouped`` | ``temporal``.
        group_by: columns that were kept together.
        counts: split -> how many articles it has, in all and per label.
        notes: what the split had to do (small classes, articles left out).
        sources: input files with their SHA-256.
        settings: the ``[data]`` and ``[split]`` settings, without paths.
    """

    labels: tuple[str, ...]
    multi_label: bool
    pair: bool
    split_method: str
    group_by: tuple[str, ...]
    counts: Mapping[str, Counts]
    notes: tuple[str, ...]
    sources: tuple[Mapping[str, str], ...]
    settings: Mapping[str, Any]
    format_version: int = FORMAT_VERSION

    @property
    def label_set(self) -> LabelSet:
        """The labels as a `LabelSet`."""
        return LabelSet(tuple(self.labels), self.multi_label)


@dataclass(frozen=True)
class DatasetFolder:
    """A dataset on disk; `articles` reads a split of it, one article at a time."""

    path: Path
    info: DatasetInfo

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that it has."""
        return tuple(name for name in SPLITS if (self.path / name).is_dir())

    def articles(self, split: str) -> Iterator[Article]:
        """The articles of a split, in order; memory does not grow with their number.

        Raises:
            InputError: there is no such split.
        """
        if split not in self.splits:
            raise InputError(f"'{self.path}' has no split '{split}'.", fix=f"It has {', '.join(self.splits)}.")
        data = self._load(split)
        names = self.info.labels
        for number, values in enumerate(data, start=1):
            yield _from_values(values, names, f"{self.path}/{split}, row {number}")

    def labels(self, split: str) -> list[tuple[str, ...]]:
        """The labels of a split's articles, without reading their texts."""
        names = self.info.labels
        if self.info.multi_label:
            return [tuple(names[index] for index in ids) for ids in self.column(split, "labels")]
        return [(names[index],) for index in self.column(split, "label")]

    def column(self, split: str, name: str) -> list[Any]:
        """One column of a split without reading the texts; empty when there is no such column."""
        data = self._load(split)
        return list(data[name]) if name in data.column_names else []

    def _load(self, split: str) -> Any:
        import datasets

        return datasets.load_from_disk(str(self.path / split))


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
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
    try:
        values["counts"] = {split: Counts(**counts) for split, counts in values["counts"].items()}
        return DatasetFolder(path, DatasetInfo(**values))
    except (TypeError, KeyError) as error:
        raise InputError(f"'{path / 'dataset.json'}' is damaged: {error}.", fix="Build the dataset again.") from None


def write_dataset(
    path: Path,
    articles: Sequence[Article],
    labels: LabelSet,
    assignment: Assignment,
    *,
    split_method: str,
    group_by: Sequence[str],
    sources: Iterable[Path],
    settings: Mapping[str, Any],
) -> DatasetFolder:
    """Write a dataset folder, whole or not at all.

    Args:
        path: the folder.
        articles: all of them, those left out by the split included.
        labels: their labels.
        assignment: their splits.
        split_method: recorded in ``dataset.json``.
        group_by: recorded in ``dataset.json``.
        sources: the input files; their hashes are recorded.
        settings: recorded in ``dataset.json``.
    """
    parts = {name: assignment.select(articles, name) for name in SPLITS}
    parts = {name: part for name, part in parts.items() if part}
    info = DatasetInfo(
        labels=labels.names,
        multi_label=labels.multi_label,
        pair=any(article.target is not None for article in articles),
        split_method=split_method,
        group_by=tuple(group_by),
        counts={name: Counts(len(part), count_labels(part)) for name, part in parts.items()},
        notes=assignment.notes,
        sources=tuple({"name": file.name, "sha256": hash_path(file)} for file in sources),
        settings=settings,
    )
    with whole_folder(path) as partial:
        columns = _columns_in_use(articles)
        for name, part in parts.items():
            _to_arrow(part, labels, columns).save_to_disk(str(partial / name))
        _write_splits(partial / "splits.parquet", articles, assignment)
        write_json(partial / "dataset.json", asdict(info))
    return DatasetFolder(path, info)


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


def _columns_in_use(articles: Sequence[Article]) -> list[str]:
    """Standard optional columns that any article fills, then the extra ones in the order of their first appearance."""
    standard = [name for name in OPTIONAL if any(getattr(article, name) is not None for article in articles)]
    return [*standard, *dict.fromkeys(name for article in articles for name in article.extra)]


def _to_arrow(articles: Sequence[Article], labels: LabelSet, columns: Sequence[str]) -> Any:
    import datasets

    datasets.disable_progress_bars()
    values: dict[str, list[Any]] = {"id": [a.id for a in articles], "text": [a.text for a in articles]}
    ids = labels.encode(article.labels for article in articles)
    if labels.multi_label:
        values["labels"] = [row.nonzero()[0].tolist() for row in ids]
    else:
        values["label"] = ids.tolist()
    for name in columns:
        values[_safe(name)] = _uniform([article.column(name) for article in articles])
    data = datasets.Dataset.from_dict(values)
    names = datasets.ClassLabel(names=list(labels.names))
    feature = datasets.List(names) if labels.multi_label else names
    return data.cast_column("labels" if labels.multi_label else "label", feature)


def _safe(name: str) -> str:
    """The name of a column, unless it is an extra one with the name of a standard one."""
    return f"original_{name}" if name in ("id", "text", "label", "labels") else name


def _uniform(values: list[Any]) -> list[Any]:
    """The values as Arrow can hold them: a column of mixed kinds is written as text (JSON for lists and objects)."""
    kinds = {type(value) for value in values if value is not None}
    if int in kinds and any(type(value) is int and not -(2**63) <= value < 2**63 for value in values):
        kinds |= {str}
    if len(kinds) <= 1 and not kinds & {dict, list}:
        return values
    if kinds <= {int, float}:
        return [None if value is None else float(value) for value in values]
    return [value if value is None or isinstance(value, str) else json.dumps(value, default=str) for value in values]


def _from_values(values: Mapping[str, Any], names: Sequence[str], where: str) -> Article:
    ids = values["labels"] if "labels" in values else [values["label"]]
    plain = {key: value for key, value in values.items() if key in OPTIONAL}
    extra = {key: value for key, value in values.items() if key not in STANDARD}
    return Article(
        id=values["id"],
        text=values["text"],
        labels=tuple(names[index] for index in ids),
        extra=extra,
        where=where,
        **plain,
    )


def _write_splits(path: Path, articles: Sequence[Article], assignment: Assignment) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table(
        {
            "id": pa.array([a.id for a in articles], pa.string()),
            "split": pa.array([assignment.split.get(a.id) for a in articles], pa.string()),
            "unit": pa.array([assignment.unit.get(a.id) for a in articles], pa.int64()),
        }
    )
    pq.write_table(table, path)
