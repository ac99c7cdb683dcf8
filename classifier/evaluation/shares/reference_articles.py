"""Reference articles: the labelled test articles of a run or an ensemble, from which its error rates are known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np

from classifier.arrays import Ints
from classifier.articles.labels import LabelSet
from classifier.articles.predicted_by import ModelName
from classifier.articles.source_names import Spellings, source_key
from classifier.dataset.duplicates import text_key
from classifier.dataset.folder import run_dataset
from classifier.errors import InputError
from classifier.evaluation.predictions import PREDICTIONS, read_predictions
from classifier.evaluation.shares.input_columns import Group, group_reader
from classifier.evaluation.shares.label_reader import LabelReader
from classifier.models.fingerprint import model_name
from classifier.models.model_folder import ModelInfo, read_model_info
from classifier.models.run_folder import RunFolder
from classifier.models.trained import PREDICTS, open_trained


@dataclass(frozen=True)
class ReferenceArticles:
    """The labelled test articles of a run, with what it predicted for them.

    Attributes:
        truth, guess: true and predicted labels, 0/1 matrices (articles, classes).
        sources: the source of each article; None where it has none.
        units: articles with the same unit are resampled together: their source, else their group in the evaluation.
        unseen: share of the articles with a source whose source training did not see; None = not known.
        groups: values of the grouping columns; None where there are none, or the articles do not have them.
    """

    truth: Ints
    guess: Ints
    sources: tuple[str | None, ...]
    units: tuple[str, ...]
    unseen: float | None
    groups: tuple[Group, ...] | None = None


@dataclass(frozen=True)
class EstimateInput:
    """What an estimate needs of a run or an ensemble.

    Attributes:
        labels: the labels of the model.
        separator: divides several labels in one cell; None where there is none.
        run: the run, or the first of an ensemble; None for a bare model.
        reference: its labelled test articles; None for a bare model, or where the run has none.
        model: its name, which its predictions bear.
    """

    labels: LabelSet
    separator: str | None
    run: RunFolder | None
    reference: ReferenceArticles | None
    model: ModelName | None = None

    def reader(self) -> LabelReader:
        """Of the labels in its predictions."""
        return LabelReader(self.labels, self.separator, model=self.model)

    def trained_texts(self) -> frozenset[int]:
        """Keys of the texts that the model was trained on; none where it has no run, or its dataset is gone."""
        if self.run is None:
            return frozenset()
        try:
            dataset = run_dataset(self.run.path, refit=read_model_info(self.run.model).refit)
            return frozenset(text_key(article.text) for article in dataset.articles("train"))
        except InputError:
            return frozenset()


def open_estimate_input(path: Path, by: Sequence[str] = ()) -> EstimateInput:
    """Read the labels and the reference articles of a run or an ensemble; of a bare model, the labels alone.

    Args:
        path: of the run, the ensemble or the model.
        by: columns by which the corpus is grouped.
    """
    trained = open_trained(path, command="estimate", takes=PREDICTS)
    info = read_model_info(trained.models[0])
    run = trained.runs[0] if trained.runs else None
    reference = None if run is None else _read_reference(RunFolder(path), run, info, by)
    return EstimateInput(info.label_set, info.label_separator, run, reference, model_name(trained))


def _read_reference(folder: RunFolder, run: RunFolder, info: ModelInfo, by: Sequence[str]) -> ReferenceArticles | None:
    if not (folder.evaluation("test") / PREDICTIONS).exists():
        return None
    table = read_predictions(folder.evaluation("test"))
    reader = LabelReader(info.label_set, None)
    truth, guess = (np.array([reader.row(v) for v in table[n].to_pylist()]) for n in ("label", "predicted"))
    spelt = Spellings()
    sources = tuple(name and spelt.of(name) for name in table["source"].to_pylist())
    groups = table["group"].to_pylist() if "group" in table.column_names else range(len(sources))
    units = tuple(source or f"\0{group}" for source, group in zip(sources, groups, strict=True))
    unseen = unseen_share(run, Counter(name for name in sources if name))
    read = group_reader(table.column_names, by) if by else None
    groups = None if read is None else tuple(map(read, table.select(_short(table)).to_pylist()))
    return ReferenceArticles(truth, guess, sources, units, unseen, groups)


def _short(table: Any) -> list[str]:
    """Columns that can name a group."""
    return [name for name in table.column_names if name not in ("scores", "tfidf", "label", "predicted")]


def absence(name: str, articles: Ints, *, multi_label: bool) -> str:
    """Say that no test article has a label, or for multi-label, that all have it.

    Args:
        name: of the label.
        articles: which test articles have it, 0 or 1 (articles,).
        multi_label: whether an article may have none or several.

    Returns:
        The end of a sentence that begins with "no test article"; empty where the label is not absent.

    Example:
        >>> [absence("satire", np.array(has), multi_label=True) for has in ([0, 0], [1, 1], [0, 1])]
        ["has the label 'satire'", "is without 'satire'", '']
    """
    if not articles.any():
        return f"has the label '{name}'"
    return f"is without '{name}'" if multi_label and articles.all() else ""


def absent_labels(labels: LabelSet, reference: ReferenceArticles) -> str:
    """Say which labels no test article has, or for multi-label, which all have.

    Returns:
        The end of a sentence that begins with "no test article"; empty where no label is absent.
    """
    columns = zip(labels.names, reference.truth.T, strict=True)
    found = [(column.any(), absence(name, column, multi_label=labels.multi_label)) for name, column in columns]
    return "; none ".join(words for _, words in sorted(found, key=itemgetter(0)) if words)


def unseen_share(run: RunFolder, sources: Mapping[str, int]) -> float | None:
    """The share of articles whose source no training article has.

    Args:
        run: the run that was trained.
        sources: source -> how many articles come from it.

    Returns:
        The share; None where ``sources`` is empty, the training articles are gone, or one of them has no source.
    """
    try:
        seen = set(run_dataset(run.path).column("train", "source"))
    except InputError:
        return None
    if not sources or not seen or not all(seen):
        return None
    known = {source_key(name) for name in seen}
    return sum(count for name, count in sources.items() if source_key(name) not in known) / sum(sources.values())
