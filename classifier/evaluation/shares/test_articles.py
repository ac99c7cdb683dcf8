"""The test articles of a run or an ensemble: true and predicted labels, from which error rates are known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from classifier.arrays import Ints
from classifier.articles.labels import LabelSet
from classifier.dataset.folder import run_dataset
from classifier.errors import InputError
from classifier.evaluation.predictions import PREDICTIONS, read_predictions
from classifier.evaluation.shares.prediction_counts import LabelReader
from classifier.models.model_folder import ModelInfo, read_model_info
from classifier.models.run_folder import RunFolder
from classifier.models.trained import PREDICTS, open_trained


@dataclass(frozen=True)
class TestArticles:
    """The test articles of a run.

    Attributes:
        truth, guess: 0/1 matrices (articles, classes).
        sources: of each article.
        units: what is drawn again as a whole: an article's source; its group in the evaluation where it has no source.
        unseen: share of those with a source whose source training did not see; None = not known.
    """

    truth: Ints
    guess: Ints
    sources: tuple[str | None, ...]
    units: tuple[str, ...]
    unseen: float | None


@dataclass(frozen=True)
class EstimateInput:
    """What a run, or an ensemble of several, gives to an estimate; there are no test articles beside a bare model."""

    labels: LabelSet
    separator: str | None
    run: RunFolder | None
    held_out: TestArticles | None


def open_estimate_input(path: Path) -> EstimateInput:
    """The labels and the test articles of a run, of an ensemble, or of a model alone (labels only)."""
    trained = open_trained(path, command="estimate", takes=PREDICTS)
    info = read_model_info(trained.models[0])
    run = trained.runs[0] if trained.runs else None
    held_out = None if run is None else _held_out(RunFolder(path), run, info)
    return EstimateInput(info.label_set, info.label_separator, run, held_out)


def _held_out(folder: RunFolder, run: RunFolder, info: ModelInfo) -> TestArticles | None:
    if not (folder.evaluation("test") / PREDICTIONS).exists():
        return None
    table = read_predictions(folder.evaluation("test"))
    reader = LabelReader(info.label_set, None)
    truth, guess = (np.array([reader.row(v) for v in table[n].to_pylist()]) for n in ("label", "predicted"))
    sources = tuple(table["source"].to_pylist())
    groups = table["group"].to_pylist() if "group" in table.column_names else range(len(sources))
    units = tuple(source or f"\0{group}" for source, group in zip(sources, groups, strict=True))
    return TestArticles(truth, guess, sources, units, unseen_share(run, Counter(name for name in sources if name)))


def absent_labels(labels: LabelSet, held_out: TestArticles) -> str:
    """Which labels no test article has (or, for multi-label, which all have), after "no test article"; else empty."""
    with_label = held_out.truth.sum(axis=0)
    never = [f"has the label '{name}'" for name, n in zip(labels.names, with_label, strict=True) if n == 0]
    always = [
        f"is without '{name}'" for name, n in zip(labels.names, with_label, strict=True) if n == len(held_out.truth)
    ]
    return "; none ".join(never + (always if labels.multi_label else []))


def unseen_share(run: RunFolder, sources: Mapping[str, int]) -> float | None:
    """Share of articles with a source whose source no training article has; None where it is not known."""
    try:
        seen = set(run_dataset(run.path).column("train", "source"))
    except InputError:
        return None
    if not sources or not seen or not all(seen):
        return None
    return sum(count for name, count in sources.items() if name not in seen) / sum(sources.values())
