"""How good the predictions for labelled articles are, beside the baselines, and on disk.

The folder ``evaluation/SPLIT`` holds:

metrics.json          figures with 95% intervals, per class, confusion matrix, baselines
calibration.json      whether the scores can be believed (`classifier.stats.reliability`)
abstention.json       what is still given at the stored thresholds (`classifier.stats.abstention`), where there are some
sets.json             what the stored label sets hold (`classifier.stats.conformal`), where there are some
slices.json           figures by source, date, length and other columns (`classifier.evaluation.slices`)
cascade.json          `classifier.evaluation.cascade`, where it was asked for
predictions.parquet   id, label, predicted, score, scores (per class), tfidf and, of a blend, encoder (what TF-IDF
                      and the model without it would give), tfidf_scores (decision values of TF-IDF, per class),
                      source, target, author, date, language,
                      group (articles with the same number are resampled together), target_group (beside it, where
                      pairs are crossed: those with the same number share their target), copies (the same number for
                      copies of one text with one target), tokens (of the whole text),
                      seen_source, seen_target (whether a training article has it), and the articles' own columns
group_errors.json     how errors differ between groups (`classifier.evaluation.group_errors`), where it was asked for
out_of_scope.json     `classifier.evaluation.out_of_scope`, where it was asked for
held_out_labels.json  `classifier.evaluation.labels.held_out`, where it was asked for
annotators.json       `classifier.evaluation.annotators`, where articles keep the labels of several annotators
controls.json         `classifier.evaluation.controls`, where they were asked for
errors.json           `classifier.evaluation.error_list`, where it was asked for
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from classifier.arrays import Ints
from classifier.articles.article import Article
from classifier.articles.labels import LabelSet
from classifier.articles.source_names import source_key
from classifier.dataset.rejects import REJECTED, Rejects
from classifier.errors import Fault, InputError
from classifier.evaluation.groups import Grouping
from classifier.evaluation.predictions import PREDICTIONS
from classifier.files import read_json_as, whole_folder, write_json
from classifier.stats.abstention import Outcome
from classifier.stats.conformal import SetsOutcome
from classifier.stats.confusions import ConfusedPair, confused_pairs
from classifier.stats.metrics import (
    confusion,
    difference,
    headline,
    intervals,
    per_class,
    per_class_intervals,
    sklearn_macro_f1,
)
from classifier.stats.one_answer import above_one_answer
from classifier.stats.reliability import Reliability
from classifier.stats.resampling import Interval
from classifier.stats.significance import Gain
from classifier.summary import Summarised

APART = {  # parts with a file of their own
    "reliability": "calibration.json",
    "abstention": "abstention.json",
    "sets": "sets.json",
}
PARTS: dict[str, type[Any]] = {"reliability": Reliability, "abstention": Outcome, "sets": SetsOutcome}
MeanFigures = Mapping[str, Mapping[str, tuple[float, float]]]  # model, tfidf, majority -> metric -> (mean, sd)
MeanIntervals = Mapping[str, Interval | None]  # metric -> 95% interval of the model's mean
AGAIN = "classifier evaluate RUN makes it again."
POOLED_SPLIT = "out-of-fold"  # the test articles of all folds together


@dataclass(frozen=True)
class Evaluation(Summarised):
    """Figures of one model on one set of articles.

    Attributes:
        split: ``test``, or the name of the file.
        articles: how many.
        sources: how many different sources they come from; 0 = not known.
        without_source: how many have no source.
        unseen: share of those with a source whose source no training article has; None = not known.
        labels: names, in the order of the confusion matrix.
        figures, intervals: headline metric -> value and 95% interval; None where there are too few groups for one.
        baselines: ``majority``, ``tfidf`` and, where the model is blended with TF-IDF, ``encoder`` (without it) ->
            their headline metrics.
        gain: headline metric -> how much it is above TF-IDF.
        encoder_gain: headline metric -> how much the model without TF-IDF is above TF-IDF; empty where none is blended.
        blend_gain: headline metric -> how much the blend is above the model without TF-IDF; empty likewise.
        blends: of each model that predicts, the weights of its scores and of those of TF-IDF; empty where none is
            blended.
        baseline_intervals: ``tfidf`` and ``encoder`` -> the 95% intervals of their headline metrics.
        one_answer: the labels that ``majority`` always gives; empty where the folds have different ones.
        majority_gain: headline metric -> how much it is above always giving one answer, with the paired interval and no
            p-value; MCC, of multi-label too, is above the 0 of one answer (`classifier.stats.metrics`).
        f1_macro_sklearn: macro F1 as scikit-learn counts it, see `classifier.stats.metrics`.
        per_class: label -> precision, recall, f1-score, support.
        per_class_intervals: label -> the 95% interval of each of these that is known.
        confusion: rows true, columns predicted (one 2×2 matrix per class for multi-label).
        confusions: the pairs of labels that are confused more often than by chance (`classifier.stats.confusions`);
            None = not known, or multi-label.
        missing: labels that no article here has.
        resampled: what the intervals are taken over: ``article``, or groups as in `classifier.evaluation.groups`.
        groups: how many of these there are.
        effective: how many groups of equal size they count for (`classifier.stats.few_groups`).
        class_effective: label -> how many groups of equal size its articles count for.
        folds: of a cross-validation, how many there are; headline intervals and gains then come from how much figures
            vary over them (`classifier.stats.over_folds`), those of classes from the articles, given these models.
        reliability: whether the scores can be believed; None = the scores were not at hand.
        abstention: what is still given at the stored thresholds; None = none are stored.
        sets: what the stored label sets hold; None = none are stored.
        trained_texts: how many have a text that the model was trained on.
        left_out: kind of fault -> bad rows that were left out beside these articles.
        known_targets: share of those with a target whose target training knows; None = not known, or no pairs.
    """

    split: str
    articles: int
    sources: int
    without_source: int
    unseen: float | None
    labels: tuple[str, ...]
    figures: Mapping[str, float]
    intervals: Mapping[str, Interval | None]
    baselines: Mapping[str, Mapping[str, float]]
    gain: Mapping[str, Gain]
    f1_macro_sklearn: float
    per_class: Mapping[str, Mapping[str, float]]
    per_class_intervals: Mapping[str, Mapping[str, Interval]]
    confusion: Sequence[Any]
    missing: tuple[str, ...]
    resampled: str = "article"
    groups: int = 0
    effective: float = 0.0
    class_effective: Mapping[str, float] = field(default_factory=dict)
    folds: int = 0
    encoder_gain: Mapping[str, Gain] = field(default_factory=dict)
    reliability: Reliability | None = None
    abstention: Outcome | None = None
    sets: SetsOutcome | None = None
    known_targets: float | None = None
    trained_texts: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    blend_gain: Mapping[str, Gain] = field(default_factory=dict)
    blends: tuple[tuple[float, float], ...] = ()
    baseline_intervals: Mapping[str, Mapping[str, Interval | None]] = field(default_factory=dict)
    one_answer: tuple[str, ...] = ()
    majority_gain: Mapping[str, Gain] = field(default_factory=dict)
    confusions: tuple[ConfusedPair, ...] | None = None
    schema_version: int = 2

    def beats_tfidf(self, metric: str = "f1_macro") -> bool | None:
        """True or False where it surely is better or worse, None where that is not sure."""
        gain = self.gain[metric]
        return gain.value > 0 if gain.sure else None


def evaluate(
    split: str,
    articles: Sequence[Article],
    labels: LabelSet,
    predicted: Ints,
    *,
    others: Mapping[str, Ints],
    seen_sources: Set[str] | None = None,
    grouping: Grouping | None = None,
    samples: int = 1000,
) -> Evaluation:
    """Compare predictions with the true labels, and with the baselines' predictions.

    Args:
        split: names the articles.
        articles: labelled.
        labels: of the model.
        predicted: ids (articles,) or a 0/1 matrix.
        others: predictions of the same shape: ``tfidf``, ``majority`` and, where the model is blended with TF-IDF,
            ``encoder``, those of the model without it.
        seen_sources: `source_key` of the training articles' sources, where they are known.
        grouping: which articles are resampled together; None = each stands for itself.
        samples: of the bootstrap.

    Raises:
        InputError: there are no articles, or one has a label that the model does not know.
    """
    if not articles:
        raise InputError(f"'{split}' holds no articles to evaluate on.")
    y_true = labels.encode(article.labels for article in articles)
    groups, crossed = (None, None) if grouping is None else (grouping.ids, grouping.crossed)
    occurring = {name for article in articles for name in article.labels}
    sources = [article.source for article in articles if article.source]
    unseen = (
        None
        if seen_sources is None or not sources
        else sum(source_key(name) not in seen_sources for name in sources) / len(sources)
    )
    encoder, tfidf, majority = others.get("encoder"), others["tfidf"], others["majority"]

    def above(a: Ints, b: Ints) -> dict[str, Gain]:
        return difference(y_true, a, b, labels.names, groups=groups, crossed=crossed)

    def bounds(given: Ints) -> dict[str, Interval | None]:
        return intervals(y_true, given, labels.names, groups=groups, crossed=crossed, samples=samples)

    return Evaluation(
        split=split,
        articles=len(articles),
        sources=len({source_key(name) for name in sources}),
        without_source=len(articles) - len(sources),
        unseen=unseen,
        labels=labels.names,
        figures=headline(y_true, predicted, labels.names),
        intervals=bounds(predicted),
        baselines={name: headline(y_true, values, labels.names) for name, values in others.items()},
        gain=above(predicted, tfidf),
        encoder_gain={} if encoder is None else above(encoder, tfidf),
        blend_gain={} if encoder is None else above(predicted, encoder),
        baseline_intervals={name: bounds(values) for name, values in others.items() if name != "majority"},
        one_answer=_one_answer(labels, majority),
        majority_gain=above_one_answer(
            y_true, predicted, majority, labels.names, groups=groups, crossed=crossed, samples=samples
        ),
        confusions=None if labels.multi_label else confused_pairs(y_true, predicted, labels.names, groups, crossed),
        f1_macro_sklearn=sklearn_macro_f1(y_true, predicted, labels.names),
        per_class=per_class(y_true, predicted, labels.names),
        per_class_intervals=per_class_intervals(y_true, predicted, labels.names, groups=groups, crossed=crossed),
        confusion=confusion(y_true, predicted, len(labels)).tolist(),
        missing=tuple(name for name in labels.names if name not in occurring),
        resampled="article" if grouping is None else grouping.name,
        groups=len(articles) if grouping is None else grouping.count,
        effective=float(len(articles)) if grouping is None else grouping.effective,
        class_effective={} if grouping is None else _class_effective(articles, labels.names, grouping),
    )


def _one_answer(labels: LabelSet, majority: Ints) -> tuple[str, ...]:
    """The labels that one answer for all gives; none where it is not the same for all."""
    different = len(np.unique(majority, axis=0)) > 1
    return () if different else tuple(labels.decode(majority[:1])[0])


def _class_effective(articles: Sequence[Article], labels: Sequence[str], grouping: Grouping) -> dict[str, float]:
    has = {name: np.array([name in article.labels for article in articles], dtype=bool) for name in labels}
    return {name: grouping.of(rows).effective for name, rows in has.items() if rows.any()}


def write_evaluation(
    folder: Path,
    evaluation: Evaluation,
    table: Any,
    more: Mapping[str, Any] | None = None,
    left_out: Sequence[Fault] = (),
) -> Evaluation:
    """Write the figures (those of `APART` to files of their own) and ``predictions.parquet``, all or nothing.

    Args:
        folder: to write.
        evaluation: the figures.
        table: as `predictions_table` makes it.
        more: name of a further JSON file -> its content.
        left_out: bad rows, which ``rejected.jsonl`` lists.

    Returns:
        The figures, with the kinds of the bad rows.
    """
    import pyarrow.parquet as pq

    with whole_folder(folder) as partial:
        rejects = Rejects(partial / REJECTED)
        for fault in left_out:
            rejects.add(fault)
        evaluation = replace(evaluation, left_out=rejects.kinds)
        values = asdict(evaluation)
        apart = {file: part for key, file in APART.items() if (part := values.pop(key)) is not None}
        write_json(partial / "metrics.json", values)
        pq.write_table(table, partial / PREDICTIONS)
        for name, part in {**apart, **(more or {})}.items():
            write_json(partial / name, part)
    return evaluation


def read_evaluation(folder: Path) -> Evaluation:
    """The figures that `write_evaluation` wrote.

    Raises:
        InputError: they are missing or damaged.
    """
    parts = {key: folder / file for key, file in APART.items() if (folder / file).exists()}
    evaluation = read_json_as(folder / "metrics.json", Evaluation, fix=AGAIN)
    return replace(evaluation, **{key: read_json_as(file, PARTS[key], fix=AGAIN) for key, file in parts.items()})


@dataclass(frozen=True)
class SeedsFigures:
    """What ``seeds.json`` holds: the evaluation of each seed on test, mean and standard deviation, the ensemble's.

    ``mean_intervals`` has the 95% interval of the model's mean, for new seeds and new articles.
    """

    seeds: Mapping[str, Evaluation]
    mean: MeanFigures
    ensemble: Evaluation
    mean_intervals: MeanIntervals = field(default_factory=dict)


@dataclass(frozen=True)
class FoldsFigures:
    """What ``folds.json`` holds: the evaluation of each fold, mean and standard deviation, all predictions together.

    ``mean_intervals`` has the 95% interval of the model's mean, for new articles and other training articles;
    ``trained`` has how many articles trained each fold's model, and is empty in files of older versions.
    """

    folds: tuple[Evaluation, ...]
    mean: MeanFigures
    pooled: Evaluation
    mean_intervals: MeanIntervals = field(default_factory=dict)
    trained: tuple[int, ...] = ()
