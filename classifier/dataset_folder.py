"""The dataset folder on disk: Arrow splits, ``dataset.json`` and ``splits.parquet``.

DATASET/  train/ validation/ test/   what `datasets.load_from_disk` reads (with folds: articles/)
dataset.json               labels, split method, counts, duplicates, probe, give-aways, source hashes
splits.parquet             id, split, unit (null split = left out); with folds: id, fold, fold_1, …, unit
README.md, report.html     the same for people; rejected.jsonl, disputed.jsonl where there are such articles
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from classifier.articles import OPTIONAL, Article
from classifier.corpus import Corpus, uniform
from classifier.duplicates import DuplicateCounts, text_key
from classifier.errors import InputError
from classifier.folders import read_json, write_json
from classifier.giveaways import Giveaway
from classifier.labels import LabelSet, count_labels
from classifier.leakage import LeakageProbe
from classifier.splits import SPLITS, Assignment

FORMAT_VERSION = 1
NEEDED = {"dataset.json", "splits.parquet"}
ALL = "articles"  # holds the articles of a dataset with folds
ALLOWED = {*SPLITS, ALL, "README.md", "report.html", "rejected.jsonl", "disputed.jsonl", "conflicts.jsonl"}
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
        settings: all settings, without paths.
        asked: split -> the share of articles that it was to have; empty for given splits.
        cuts: split -> its first date, for a temporal split; None otherwise.
        folds: number of folds; None for one split into train, validation and test.
        duplicates: exact and near-duplicate texts.
        probe: what a random split would have claimed; None where it could not be measured.
        giveaways: lines, names or tokens that alone predict a label.
        rejected: kind of fault -> rows that were skipped.
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
    asked: Mapping[str, float] = field(default_factory=dict)
    cuts: Mapping[str, str] | None = None
    folds: int | None = None
    duplicates: DuplicateCounts | None = None
    probe: LeakageProbe | None = None
    giveaways: tuple[Giveaway, ...] = ()
    rejected: Mapping[str, int] = field(default_factory=dict)
    format_version: int = FORMAT_VERSION

    @property
    def label_set(self) -> LabelSet:
        """The labels as a `LabelSet`."""
        return LabelSet(tuple(self.labels), self.multi_label)


@dataclass(frozen=True)
class DatasetFolder:
    """A dataset on disk; `articles` reads a split of it, one article at a time.

    Attributes:
        path: the folder.
        info: what ``dataset.json`` holds.
        fold: of a dataset with folds, the one whose splits are meant, from 1; None = no fold is chosen.
    """

    path: Path
    info: DatasetInfo
    fold: int | None = None

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

    def articles(self, split: str | None = None) -> Iterator[Article]:
        """The articles of a split (of all splits when None), in order; memory does not grow with their number.

        Raises:
            InputError: there is no such split.
        """
        for part in [split] if split else [ALL] if self.info.folds else self.splits:
            for number, values in enumerate(self._load(part), start=1):
                yield _from_values(values, self.info.labels, f"{self.path}/{part}, row {number}")

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

    def counts(self) -> Mapping[str, Counts]:
        """Articles per split, in all and per label; of the chosen fold where there is one."""
        if self.fold is None:
            return self.info.counts
        labels = {split: self.labels(split) for split in self.splits}
        return {split: Counts(len(names), count_labels(names)) for split, names in labels.items()}

    def assigned(self) -> Any:
        """``splits.parquet`` as an Arrow table: id, split (or fold, fold_1, …), unit."""
        import pyarrow.parquet as pq

        return pq.read_table(self.path / "splits.parquet")

    def _load(self, split: str) -> Any:
        import datasets

        if self.info.folds is not None and split == ALL:
            return datasets.load_from_disk(str(self.path / ALL))
        if split not in self.splits:
            raise InputError(
                f"'{self.path}' has no split '{split}'.", fix=f"It has {', '.join(self.splits) or 'folds: name one'}."
            )
        if self.info.folds is not None:
            return datasets.load_from_disk(str(self.path / ALL)).select(self._rows(split))
        return datasets.load_from_disk(str(self.path / split))

    def _rows(self, split: str) -> Any:
        """Rows of the articles that a fold has in a split."""
        table = self.assigned().select(["fold", f"fold_{self.fold}"])
        kept = table.filter(table["fold"].is_valid())
        return np.flatnonzero(kept[f"fold_{self.fold}"].to_numpy(zero_copy_only=False) == split)


def _info(values: Mapping[str, Any]) -> DatasetInfo:
    """The values of ``dataset.json`` as dataclasses."""
    plain: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    plain["counts"] = {split: Counts(**counts) for split, counts in values["counts"].items()}
    plain["duplicates"] = values["duplicates"] and DuplicateCounts(**values["duplicates"])
    plain["giveaways"] = tuple(Giveaway(**found) for found in values["giveaways"])
    if values["probe"]:
        plain["probe"] = LeakageProbe(
            **{**values["probe"], "chosen_interval": tuple(values["probe"]["chosen_interval"])}
        )
    return DatasetInfo(**plain)


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
        return DatasetFolder(path, _info(values))
    except (TypeError, KeyError) as error:
        raise InputError(f"'{path / 'dataset.json'}' is damaged: {error}.", fix="Build the dataset again.") from None


def write_dataset(folder: Path, corpus: Corpus, assignment: Assignment, info: DatasetInfo) -> None:
    """Fill a folder with the Arrow splits, ``splits.parquet`` and ``dataset.json``.

    Args:
        folder: exists; the caller gives it its name when all is well.
        corpus: all articles, those left out included; one chunk of it is in memory at a time.
        assignment: their splits.
        info: becomes ``dataset.json``.
    """
    if assignment.folds is not None:
        parts = {ALL: assignment.split >= 0}
    else:
        parts = {name: assignment.split == code for code, name in enumerate(SPLITS)}
    _write_arrow(folder, corpus, {name: chosen for name, chosen in parts.items() if chosen.any()}, info.label_set)
    _write_splits(folder / "splits.parquet", corpus.index.ids, assignment)
    write_json(folder / "dataset.json", asdict(info))


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
    """Raise `InputError` if an id or a text stands in two splits."""
    seen: dict[tuple[str, str | int], object] = {}
    for home, article in _at_home(dataset):
        for key in (("id", article.id), ("text", text_key(article.text))):
            if seen.setdefault(key, home) != home:
                raise InputError(
                    f"The {key[0]} of article '{article.id}' stands in two splits of '{dataset.path}'.",
                    fix="Build the dataset again; its folder has been changed since.",
                )


def _at_home(dataset: DatasetFolder) -> Iterator[tuple[object, Article]]:
    """(split, or number of the fold, article) for all articles."""
    if dataset.info.folds is None:
        for split in dataset.splits:
            yield from ((split, article) for article in dataset.articles(split))
    else:
        folds = dataset.assigned()["fold"].drop_null().to_pylist()
        yield from zip(folds, dataset.articles(), strict=True)


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


def _write_arrow(folder: Path, corpus: Corpus, parts: Mapping[str, Any], labels: LabelSet) -> None:
    """Stream the articles into one Arrow file per part, in the layout of `datasets.Dataset.save_to_disk`."""
    from datasets.arrow_writer import ArrowWriter

    layout = _Layout.of(corpus, labels)
    files = {name: layout.prepare(folder / name) for name in parts}
    writers = {name: ArrowWriter(path=str(path), features=layout.features) for name, path in files.items()}
    for start, table in corpus.tables():
        full = layout.table(corpus, table, start)
        for name, writer in writers.items():
            rows = np.flatnonzero(parts[name][start : start + len(table)])
            if len(rows):
                writer.write_table(full.take(rows))
    for writer in writers.values():
        writer.finalize()


@dataclass(frozen=True)
class _Layout:
    """The columns of a dataset: their names, types and features."""

    labels: LabelSet
    standard: tuple[str, ...]
    extra: Mapping[str, Any]
    features: Any

    @staticmethod
    def of(corpus: Corpus, labels: LabelSet) -> _Layout:
        import datasets

        standard = tuple(name for name in OPTIONAL if name in corpus.used)
        extra = {name: extra_type(corpus, name) for name in corpus.kinds}
        classes = datasets.ClassLabel(names=list(labels.names))
        features = {"id": datasets.Value("string"), "text": datasets.Value("string")}
        features["labels" if labels.multi_label else "label"] = (
            datasets.List(classes) if labels.multi_label else classes
        )
        features |= {name: datasets.Value("string") for name in standard}
        features |= {_safe(name): datasets.features.features.generate_from_arrow_type(t) for name, t in extra.items()}
        return _Layout(labels, standard, extra, datasets.Features(features))

    def prepare(self, folder: Path) -> Path:
        """Make the folder of a part with all but its articles; returns the file that is to hold them."""
        import datasets

        datasets.disable_progress_bars()
        blank = datasets.Dataset.from_dict({name: [None] for name in self.features}, features=self.features)
        blank.save_to_disk(str(folder))
        return next(folder.glob("data-*.arrow"))

    def table(self, corpus: Corpus, chunk: Any, start: int) -> Any:
        """A chunk of the corpus with the dataset's columns; ids and labels are those of the index."""
        import pyarrow as pa

        rows = slice(start, start + len(chunk))
        values = {"id": pa.array(corpus.index.ids[rows], pa.string()), "text": chunk["text"]}
        schema = self.features.arrow_schema
        name = "labels" if self.labels.multi_label else "label"
        values[name] = pa.array(self._label_ids(corpus.index.labels[rows]), schema.field(name).type)
        values |= {column: chunk[column] for column in self.standard}
        for column, kind in self.extra.items():
            values[_safe(column)] = _column(chunk, f"extra:{column}", corpus.kinds[column], kind)
        return pa.table(values, schema=schema)

    def _label_ids(self, labels: Sequence[tuple[str, ...]]) -> list[Any]:
        ids = {name: index for index, name in enumerate(self.labels.names)}
        if self.labels.multi_label:
            return [sorted(ids[name] for name in names) for names in labels]
        return [ids.get(names[0]) if names else None for names in labels]


def extra_type(corpus: Corpus, name: str) -> Any:
    """The Arrow type that holds every value of an extra column."""
    import pyarrow as pa

    kinds = corpus.kinds[name]
    plain = {"str": pa.string(), "int": pa.int64(), "float": pa.float64(), "bool": pa.bool_()}
    if not kinds:
        return pa.string()
    if len(kinds) > 1 or kinds & {"dict", "list", "huge"}:
        return pa.float64() if kinds <= {"int", "float"} else pa.string()
    (kind,) = kinds
    return plain[kind] if kind in plain else corpus.arrow_type(f"extra:{name}")


def _column(chunk: Any, name: str, kinds: set[str], kind: Any) -> Any:
    import pyarrow as pa

    if name not in chunk.column_names:
        return pa.nulls(len(chunk), kind)
    column = chunk[name]
    return column if column.type == kind else pa.array(uniform(column.to_pylist(), kinds), kind)


def _safe(name: str) -> str:
    """The name of a column, unless it is an extra one with the name of a standard one."""
    return f"original_{name}" if name in ("id", "text", "label", "labels") else name


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


def _write_splits(path: Path, ids: Sequence[str], assignment: Assignment) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {"id": pa.array(ids, pa.string())}
    if assignment.folds is None:
        columns["split"] = _split_names(assignment.split)
    else:
        test = assignment.folds == SPLITS.index("test")
        columns["fold"] = pa.array(test.argmax(axis=1) + 1, pa.int64(), mask=~test.any(axis=1))
        columns |= {f"fold_{k + 1}": _split_names(assignment.folds[:, k]) for k in range(test.shape[1])}
    columns["unit"] = pa.array(assignment.unit, pa.int64(), mask=assignment.unit < 0)
    pq.write_table(pa.table(columns), path)


def _split_names(codes: Any) -> Any:
    import pyarrow as pa

    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int8(), mask=codes < 0), list(SPLITS)).cast(pa.string())
