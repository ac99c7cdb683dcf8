"""What becomes of the articles of a label that a model was trained without: one label held out at a time.

They are like articles of a kind that nobody thought of: they belong to no label of the model. To train the model itself
again without each label would take as many trainings as there are labels. So a stand-in is trained: logistic
regressions on TF-IDF and on the frozen encoder's mean vectors, which take seconds (`classifier.evaluation.labels.
out_of_fold`). For each label, and each of five folds, it learns from the training and validation articles of the other
labels that are outside the fold, and scores all articles of the fold: those of the other labels, in scope, and those of
the held-out label. Calibration and thresholds to abstain by, for the articles of a fold, are found on the scores of the
training and validation articles of the other folds. TF-IDF, too, knows the words of the other labels' articles alone.

The pre-trained encoder has never seen the labels. How far the stand-in is like the model, its accuracy with all labels
shows.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from classifier.arrays import Bools, Floats32, Ints
from classifier.articles.article import Article
from classifier.articles.labels import LabelSet, label_scores
from classifier.evaluation.labels.out_of_fold import STRENGTH, evidence, fit_and_predict, probabilities, read_vectors
from classifier.files import read_json_as
from classifier.models.layers import LayerVectors
from classifier.models.tfidf_features import CountedArticles, count_articles, fit_vectorizer
from classifier.progress import SILENT, Progress
from classifier.stats.abstention import fit_abstention
from classifier.stats.calibration import fit_calibration
from classifier.stats.out_of_scope import ScopeFigures, Side, measure_scope, side_of
from classifier.stats.thresholds import best_thresholds, decide

FILE = "held_out_labels.json"
FEWEST = 10  # articles of a label, below which its figures would say nothing


@dataclass(frozen=True)
class HeldOutLabel:
    """What becomes of the articles of a label that the stand-in was trained without."""

    label: str
    figures: ScopeFigures


@dataclass(frozen=True)
class HeldOutLabels:
    """What ``held_out_labels.json`` holds.

    Attributes:
        method: what the stand-in is, in words.
        labels: each label that was held out.
        left_out: label -> its articles, of those that have fewer than `FEWEST`.
        articles: how many were scored.
        of: how many the dataset has; more than ``articles`` where a sample was taken.
        folds: how many there are.
        min_precision: that the thresholds promise for each class.
        accuracy: of the stand-in that knows all labels, on the test articles; None where there are none.
        resampled: what the intervals are taken over: ``article``, or groups as in `classifier.evaluation.groups`.
    """

    method: str
    labels: tuple[HeldOutLabel, ...]
    left_out: Mapping[str, int]
    articles: int
    of: int
    folds: int
    min_precision: float
    accuracy: float | None
    resampled: str
    schema_version: int = 1


def read_held_out(folder: Path) -> HeldOutLabels | None:
    """What ``evaluate --held-out-labels`` wrote into an evaluation folder; None where it was not asked for.

    Raises:
        InputError: it is damaged, or of another version.
    """
    file = folder / FILE
    if not file.exists():
        return None
    return read_json_as(file, HeldOutLabels, fix="classifier evaluate RUN --held-out-labels makes it again.")


@dataclass(frozen=True)
class LabelledArticles:
    """Articles from which labels are held out.

    Attributes:
        y: their labels: ids of shape (n,), or a 0/1 matrix.
        labels: names of the labels.
        learned: which are for training and validation, shape (n,).
        fold: of each, shape (n,).
        groups: which stand together, shape (n,); articles of a group may be in several folds.
        counted: as TF-IDF reads them.
        vectors: of the frozen encoder; None = TF-IDF alone.
    """

    y: Ints
    labels: LabelSet
    learned: Bools
    fold: Ints
    groups: Ints
    counted: CountedArticles
    vectors: LayerVectors | None = None

    def has(self, label: int | None) -> Bools:
        """Which articles have a label; of none, no article."""
        if label is None:
            return np.zeros(len(self.y), dtype=bool)
        return np.asarray(self.y[:, label] > 0 if self.y.ndim == 2 else self.y == label)

    def only(self, label: int) -> Bools:
        """Which articles have that label and no other."""
        return self.has(label) & (self.y.sum(axis=1) == 1) if self.y.ndim == 2 else self.has(label)

    def without(self, label: int | None) -> tuple[Ints, LabelSet]:
        """The labels of all articles where one is not known; of single labels, those of its articles are wrong."""
        if label is None:
            return self.y, self.labels
        names = (*self.labels.names[:label], *self.labels.names[label + 1 :])
        left = np.delete(self.y, label, axis=1) if self.y.ndim == 2 else self.y - (self.y > label)
        if self.y.ndim == 1:
            left = np.minimum(left, len(names) - 1)
        return left, LabelSet(names, self.labels.multi_label)


def labelled_articles(
    articles: Sequence[Article], labels: LabelSet, learned: Bools, fold: Ints, groups: Ints
) -> LabelledArticles:
    """Articles, counted once for all trainings; for the arguments see `LabelledArticles`."""
    pair = any(article.target is not None for article in articles)
    counted = count_articles(articles, pair=pair, words_alone=True)
    y = labels.encode(article.labels for article in articles)
    return LabelledArticles(y, labels, learned, fold, groups, counted)


def enough(found: LabelledArticles) -> tuple[list[int], dict[str, int]]:
    """The labels that have enough articles to be held out; and the articles of the others, by label."""
    counts = [int(found.only(label).sum()) for label in range(len(found.labels))]
    few = {found.labels.names[label]: count for label, count in enumerate(counts) if count < FEWEST}
    return [label for label, count in enumerate(counts) if count >= FEWEST], few


def seconds_of_a_label(found: LabelledArticles) -> float:
    """About how long the trainings without one label take: those of TF-IDF, of which one is done."""
    started = time.perf_counter()
    _, features = fit_vectorizer(found.counted)
    here = found.fold == found.fold[0]
    train = found.learned & ~here
    fit_and_predict(features[train], found.y[train], features[here], len(found.labels), STRENGTH["tfidf"])
    return (time.perf_counter() - started) * len(np.unique(found.fold))


def hold_out_labels(
    found: LabelledArticles,
    held: Sequence[int],
    min_precision: float,
    *,
    samples: int = 1000,
    progress: Progress = SILENT,
) -> tuple[tuple[HeldOutLabel, ...], float | None]:
    """Train without each label, and compare the scores of its articles with those of the others.

    Args:
        found: the articles.
        held: labels, from 0, with enough articles.
        min_precision: of the thresholds to abstain by.
        samples: of the bootstrap.
        progress: told of each training.

    Returns:
        What becomes of each label's articles; and the accuracy on test articles of the stand-in that knows all labels.

    Example:
        >>> words = ["moon", "council", "rain"]
        >>> articles = [Article(str(n), f"{words[n % 3]} {n}", (words[n % 3],)) for n in range(60)]
        >>> numbers, labels = np.arange(60), LabelSet(("council", "moon", "rain"))
        >>> made = labelled_articles(articles, labels, numbers < 45, numbers // 3 % 5, numbers)
        >>> [moon], accuracy = hold_out_labels(made, [1], 0.9, samples=10)
        >>> moon.label, moon.figures.out_of_scope, moon.figures.auroc.value, accuracy
        ('moon', 20, 1.0, 1.0)
    """
    tested, accuracy = ~found.learned, None
    with progress.task("holding labels out", len(held) + 1) as task:
        if tested.any():
            side, _ = _scored_without(found, None, min_precision)
            right = found.labels.matrix(found.y)
            accuracy = float((side.given == right).all(axis=1)[tested].mean())
        task.advance(1)
        each = list[HeldOutLabel]()
        for label in held:
            side, names = _scored_without(found, label, min_precision)
            inside = ~found.has(label) & (found.y.any(axis=1) if found.y.ndim == 2 else True)
            figures = measure_scope(names, side.of(inside), side.of(found.only(label)), samples=samples)
            each.append(HeldOutLabel(found.labels.names[label], figures))
            task.advance(1)
    return tuple(each), accuracy


def _scored_without(found: LabelledArticles, label: int | None, min_precision: float) -> tuple[Side, Sequence[str]]:
    """All articles, each scored by a stand-in that was trained without a label and without its fold."""
    y, labels = found.without(label)
    usable = found.learned & ~found.has(label)
    features = list(_features(found, usable))
    raw = np.zeros((len(y), len(labels)))
    for here in _folds(found):
        train = usable & ~here
        for matrix, strength in features:
            one = fit_and_predict(matrix[train], y[train], matrix[here], len(labels), strength)
            raw[here] += evidence(one, labels.multi_label) / len(features)
    proba = probabilities(raw, labels.multi_label).astype(np.float32)
    scores, kept = np.zeros(len(y), dtype=np.float32), np.zeros(proba.shape, dtype=bool)
    given = np.zeros(proba.shape, dtype=bool)
    for here in _folds(found):
        side = _judged(proba, y, labels, (usable & ~here, here), found.groups, min_precision)
        scores[here], given[here], kept[here] = side.scores, side.given, side.kept
    return Side(scores, given, kept, found.groups), labels.names


def _folds(found: LabelledArticles) -> Iterator[Bools]:
    yield from (found.fold == fold for fold in np.unique(found.fold))


def _features(found: LabelledArticles, usable: Bools) -> Iterator[tuple[Any, float]]:
    """What the regressions read, and how strongly they are fitted; TF-IDF knows the words of usable articles alone."""
    vectorizer, _ = fit_vectorizer(found.counted.of(np.flatnonzero(usable)))
    yield vectorizer.features(found.counted), STRENGTH["tfidf"]
    if found.vectors is not None:
        yield read_vectors(found.vectors, "last")


def _judged(
    proba: Floats32, y: Ints, labels: LabelSet, rows: tuple[Bools, Bools], groups: Ints, min_precision: float
) -> Side:
    """The articles of a fold (the second rows) with labels, as calibration and thresholds of others have them."""
    known, here = rows
    calibration = fit_calibration(proba[known], y[known])
    theirs, ours = (calibration.apply(proba[part]) for part in rows)
    cuts = best_thresholds(y[known], theirs) if labels.multi_label else None
    given, own = (labels.matrix(decide(part, labels.multi_label, cuts)) for part in (theirs, ours))
    stored = fit_abstention(theirs, given, labels.matrix(y[known]), min_precision, groups[known])
    return side_of(label_scores(ours, own), ours, own, stored, groups[here])
