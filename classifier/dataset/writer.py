"""Writes a dataset folder: streams the corpus into Arrow files, and lists the split of each article."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from classifier.articles.arrow import arrow_type, is_inferred, uniform
from classifier.articles.article import OPTIONAL
from classifier.articles.labels import LabelSet
from classifier.articles.split_names import SPLITS
from classifier.dataset.corpus import Corpus
from classifier.dataset.info import DatasetInfo
from classifier.dataset.integrity import ALL, NEVER_TESTED
from classifier.dataset.splits import Assignment
from classifier.dataset.stored_articles import stored_name
from classifier.dataset.units import LEFT_OUT
from classifier.files import write_json


def write_dataset(
    folder: Path, corpus: Corpus, assignment: Assignment, info: DatasetInfo, left_out: Sequence[str] = ()
) -> None:
    """Fill a folder with the Arrow splits, ``splits.parquet`` and ``dataset.json``.

    Args:
        folder: an existing temporary folder, which the caller renames at the end.
        corpus: all articles, also those left out; one chunk of it is in memory at a time.
        assignment: their splits.
        info: content of ``dataset.json``.
        left_out: ids of further articles that are in no split.
    """
    if assignment.folds is not None:
        parts = {ALL: assignment.split >= 0}
    else:
        parts = {name: assignment.split == code for code, name in enumerate(SPLITS)}
    _write_arrow(folder, corpus, {name: chosen for name, chosen in parts.items() if chosen.any()}, info.label_set)
    _write_splits(folder / "splits.parquet", [*corpus.index.ids, *left_out], assignment)
    write_json(folder / "dataset.json", asdict(info))


def _write_arrow(folder: Path, corpus: Corpus, parts: Mapping[str, Any], labels: LabelSet) -> None:
    """Stream the articles into one Arrow file per part, in the layout of `datasets.Dataset.save_to_disk`."""
    from datasets.arrow_writer import ArrowWriter

    layout = _ColumnLayout.of(corpus, labels)
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
class _ColumnLayout:
    """The columns of a dataset: their names, types and features."""

    labels: LabelSet
    standard: tuple[str, ...]
    extra: Mapping[str, Any]
    features: Any

    @staticmethod
    def of(corpus: Corpus, labels: LabelSet) -> _ColumnLayout:
        import datasets

        standard = tuple(name for name in OPTIONAL if name in corpus.used)
        extra = {name: extra_type(corpus, name) for name in corpus.kinds}
        classes = datasets.ClassLabel(names=list(labels.names))
        features = {"id": datasets.Value("string"), "text": datasets.Value("string")}
        features["labels" if labels.multi_label else "label"] = (
            datasets.List(classes) if labels.multi_label else classes
        )
        features |= {name: datasets.Value("string") for name in standard}
        feature = datasets.features.features.generate_from_arrow_type
        features |= {stored_name(name): feature(kind) for name, kind in extra.items()}
        return _ColumnLayout(labels, standard, extra, datasets.Features(features))

    def prepare(self, folder: Path) -> Path:
        """Make the folder of a part without its articles; returns the Arrow file to write them to."""
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
        if "date" in values and corpus.dates is not None:
            values["date"] = pa.array(corpus.dates[rows], pa.string())
        for column, kind in self.extra.items():
            values[stored_name(column)] = _column(chunk, f"extra:{column}", corpus.kinds[column], kind)
        return pa.table(values, schema=schema)

    def _label_ids(self, labels: Sequence[tuple[str, ...]]) -> list[Any]:
        ids = {name: index for index, name in enumerate(self.labels.names)}
        if self.labels.multi_label:
            return [sorted(ids[name] for name in names) for names in labels]
        return [ids.get(names[0]) if names else None for names in labels]


def extra_type(corpus: Corpus, name: str) -> Any:
    """The Arrow type that holds every value of an extra column."""
    kinds = corpus.kinds[name]
    return corpus.inferred_type(f"extra:{name}") if is_inferred(kinds) else arrow_type(kinds, lists=False)


def _column(chunk: Any, name: str, kinds: set[str], kind: Any) -> Any:
    import pyarrow as pa

    if name not in chunk.column_names:
        return pa.nulls(len(chunk), kind)
    column = chunk[name]
    return column if column.type == kind else pa.array(uniform(column.to_pylist(), kinds), kind)


def _write_splits(path: Path, ids: Sequence[str], assignment: Assignment) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {"id": pa.array(ids, pa.string())}
    more = (0, len(ids) - len(assignment.unit))
    if assignment.folds is None:
        columns["split"] = _split_names(np.pad(assignment.split, more, constant_values=LEFT_OUT))
    else:
        folds = np.pad(assignment.folds, (more, (0, 0)), constant_values=LEFT_OUT)
        test = folds == SPLITS.index("test")
        tested = np.where(test.any(axis=1), test.argmax(axis=1) + 1, NEVER_TESTED)
        columns["fold"] = pa.array(tested, pa.int64(), mask=(folds < 0).all(axis=1))
        columns |= {f"fold_{k + 1}": _split_names(folds[:, k]) for k in range(test.shape[1])}
    unit = np.pad(assignment.unit, more, constant_values=LEFT_OUT)
    columns["unit"] = pa.array(unit, pa.int64(), mask=unit < 0)
    if assignment.cluster is not None:
        cluster = np.pad(assignment.cluster, more, constant_values=LEFT_OUT)
        columns["cluster"] = pa.array(cluster, pa.int64(), mask=unit < 0)
    pq.write_table(pa.table(columns), path)


def _split_names(codes: Any) -> Any:
    import pyarrow as pa

    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int8(), mask=codes < 0), list(SPLITS)).cast(pa.string())
