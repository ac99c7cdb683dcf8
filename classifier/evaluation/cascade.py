"""What ``predict --cascade`` does, on labelled articles: its figures beside those of the whole model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from classifier.arrays import Bools, Floats, Floats32, Ints
from classifier.articles.labels import LabelSet
from classifier.errors import InputError
from classifier.evaluation.groups import Grouping
from classifier.evaluation.predictions import TFIDF_SCORES, read_predictions, stored_groups
from classifier.evaluation.result import read_evaluation
from classifier.files import read_json_as
from classifier.models.cascade import Route, alone
from classifier.stats.cascade import Cascade, SkipRule, fit_cascade, shown_agreement
from classifier.stats.metrics import difference, headline, intervals
from classifier.stats.resampling import Interval
from classifier.stats.significance import Gain, share_of

if TYPE_CHECKING:
    from classifier.models.decider import Decider

FILE = "cascade.json"


@dataclass(frozen=True)
class ScoredTable:
    """Stored predictions as arrays.

    Attributes:
        truth, predicted: label ids (articles,), or 0/1 matrices.
        proba: calibrated scores of the whole model, shape (articles, classes).
        tfidf: decision values of TF-IDF, the same shape.
    """

    truth: Ints
    predicted: Ints
    proba: Floats32
    tfidf: Floats32


def scored_table(table: Any, labels: LabelSet) -> ScoredTable:
    """What a cascade needs of stored predictions.

    Args:
        table: as `classifier.evaluation.predictions.predictions_table` makes it.
        labels: of the model.

    Raises:
        InputError: an older version wrote it, without the decision values of TF-IDF.
    """
    if TFIDF_SCORES not in table.column_names:
        raise InputError(
            "These predictions are of an older version, and do not hold what TF-IDF says of each article.",
            fix="Evaluate again, or train again.",
        )
    truth, predicted = (labels.encode(map(_names, table[name].to_pylist())) for name in ("label", "predicted"))
    return ScoredTable(truth, predicted, _matrix(table["scores"]), _matrix(table[TFIDF_SCORES]))


def _names(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _matrix(column: Any) -> Floats32:
    values = column.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return np.asarray(values.reshape(len(column), -1), dtype=np.float32)


def evaluated_cascade(decider: Decider, folder: Path, table: Any = None) -> Cascade | None:
    """What the evaluation of validation articles says; None where TF-IDF has no part in the model.

    Args:
        decider: a model or an ensemble.
        folder: of the evaluation.
        table: its predictions, where they have been read already.
    """
    if decider.info.blend is None:
        return None
    table = read_predictions(folder) if table is None else table
    groups, crossed = stored_groups(table)
    grouping = Grouping(groups, read_evaluation(folder).resampled, crossed)
    return found_cascade(decider, scored_table(table, decider.label_set), grouping)


def found_cascade(decider: Decider, known: ScoredTable, grouping: Grouping, found_on: str = "validation") -> Cascade:
    """How often TF-IDF alone gives the label of a model, on articles that neither was trained on.

    Args:
        decider: a model or an ensemble.
        known: what they say of the articles.
        grouping: which articles stand together.
        found_on: ``validation``, or ``cross-validation``.
    """
    given, groups = decider.label_set.matrix(known.predicted), grouping.coarser
    return fit_cascade(known.tfidf, known.truth, given, decider.given, groups, grouping.name, found_on)


@dataclass(frozen=True)
class CascadeOutcome:
    """Figures with a cascade, and without.

    Attributes:
        split: names the articles.
        rule: which articles skip, and what validation promises of them.
        articles: how many there are.
        skipped: how many of them skip the transformer.
        share, share_interval: the share of these, with its 95% interval.
        agreed: the share of skipped articles with the label of the whole model; None where none skips.
        at_least: the one-sided 95% bound below that share; None where none skips, or they are of too few groups.
        figures, intervals: headline metric of the cascade -> value and 95% interval.
        gain: headline metric -> how much it is above that of the whole model, with the paired interval.
        score, right: of the skipped articles, the mean score of the labels that they get, and the share of these that
            are right; None where none skips, or for multi-label.
        loss_before, loss: the mean negative log of the score of what is true, without the cascade and with it.
    """

    split: str
    rule: SkipRule
    articles: int
    skipped: int
    share: float
    share_interval: Interval | None
    agreed: float | None
    at_least: float | None
    figures: Mapping[str, float]
    intervals: Mapping[str, Interval | None]
    gain: Mapping[str, Gain]
    score: float | None
    right: float | None
    loss_before: float
    loss: float
    schema_version: int = 1


def read_cascade(folder: Path) -> CascadeOutcome | None:
    """What ``evaluate --cascade`` wrote into an evaluation folder; None where it was not asked for.

    Raises:
        InputError: it is damaged, or of another format version.
    """
    if not (folder / FILE).exists():
        return None
    return read_json_as(folder / FILE, CascadeOutcome, fix="classifier evaluate RUN --cascade 0.99 makes it again.")


def measure_cascade(
    split: str, decider: Decider, route: Route, table: Any, grouping: Grouping, samples: int
) -> CascadeOutcome:
    """Let articles skip, and compare.

    Args:
        split: names the articles.
        decider: the whole model.
        route: which articles skip.
        table: its predictions, as `classifier.evaluation.predictions.predictions_table` makes it.
        grouping: which articles stand together.
        samples: of the bootstrap.
    """
    labels, groups, crossed = decider.label_set, grouping.ids, grouping.crossed
    known = scored_table(table, labels)
    proba, skipped = alone(decider, route, known.tfidf)
    mixed = np.where(skipped[:, None], proba, known.proba)
    given, before = decider.decide(mixed), known.predicted
    right = labels.matrix(known.truth)
    same = (labels.matrix(given) == labels.matrix(before)).all(axis=1)
    share, share_interval = share_of(skipped, groups, crossed)
    decided = not labels.multi_label and bool(skipped.any())
    return CascadeOutcome(
        split,
        route.rule,
        len(skipped),
        int(skipped.sum()),
        share or 0.0,
        share_interval,
        float(same[skipped].mean()) if skipped.any() else None,
        shown_agreement(same[skipped], grouping.of(skipped).coarser),
        headline(known.truth, given, labels.names),
        intervals(known.truth, given, labels.names, groups=groups, crossed=crossed, samples=samples),
        difference(known.truth, given, before, labels.names, groups=groups, crossed=crossed),
        round(float(mixed[labels.matrix(given)][skipped].mean()), 6) if decided else None,
        round(float((given == known.truth)[skipped].mean()), 6) if decided else None,
        negative_log(known.proba, right, multi_label=labels.multi_label),
        negative_log(mixed, right, multi_label=labels.multi_label),
    )


def negative_log(proba: Floats32, right: Bools, *, multi_label: bool) -> float:
    """The mean negative log of the score of what is true; for multi-label the sum over all classes."""
    scores: Floats = np.clip(proba.astype(np.float64), 1e-7, 1 - 1e-7)
    wrong = np.log1p(-scores) if multi_label else np.zeros_like(scores)
    return round(float(-np.where(right, np.log(scores), wrong).sum(axis=1).mean()), 6)
