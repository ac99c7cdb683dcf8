"""How good the predictions for labelled articles are, beside the baselines, and on disk.

evaluation/SPLIT/  metrics.json          figures with 95% intervals, per class, confusion matrix, baselines
calibration.json      whether the scores can be believed (`classifier.reliability`)
abstention.json       what is still given at the stored thresholds (`classifier.abstention`), where there are some
predictions.parquet   id, label, predicted, score, scores (per class), tfidf, source, target, author, date, language,
                      group (articles with the same number are resampled together), tokens (of the whole text),
                      seen_source, seen_target (whether a training article has it), and the articles' own columns
controls.json, errors.json   where they were asked for: `controls.Controls`, `mistakes.worst_errors`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.abstention import Outcome, read_outcome
from classifier.articles import Article
from classifier.errors import InputError
from classifier.folders import read_json, whole_folder, write_json
from classifier.grouping import Grouping
from classifier.labels import LabelSet, label_scores
from classifier.metrics import confusion, difference, headline, intervals, per_class
from classifier.reliability import Reliability, read_reliability
from classifier.resampling import Interval

Ids = npt.NDArray[np.int64]
PREDICTIONS = "predictions.parquet"
APART = {"reliability": "calibration.json", "abstention": "abstention.json"}  # parts with a file of their own
DESCRIBED = ("source", "target", "author", "date", "language")
LONGEST_VALUE = 500  # characters; a column with longer ones is text, and not repeated here


@dataclass(frozen=True)
class Evaluation:
    """Figures of one model on one set of articles.

    Attributes:
        split: ``test``, or the name of the file.
        articles: how many.
        sources: how many different sources they come from; 0 = not known.
        without_source: how many have no source.
        unseen: share of those with a source whose source no training article has; None = not known.
        labels: names, in the order of the confusion matrix.
        figures, intervals: headline metric -> value and 95% bootstrap interval.
        baselines: ``majority`` and ``tfidf`` -> their headline metrics.
        gain: headline metric -> how much it is above TF-IDF, with the interval of the paired bootstrap.
        per_class: label -> precision, recall, f1-score, support.
        confusion: rows true, columns predicted (one 2×2 matrix per class for multi-label).
        missing: labels that no article here has.
        resampled: what the intervals are taken over: ``article``, or groups as in `classifier.grouping`.
        groups: how many of these there are.
        reliability: whether the scores can be believed; None = the scores were not at hand.
        abstention: what is still given at the stored thresholds; None = none are stored.
    """

    split: str
    articles: int
    sources: int
    without_source: int
    unseen: float | None
    labels: tuple[str, ...]
    figures: Mapping[str, float]
    intervals: Mapping[str, Interval]
    baselines: Mapping[str, Mapping[str, float]]
    gain: Mapping[str, tuple[float, Interval]]
    per_class: Mapping[str, Mapping[str, float]]
    confusion: Sequence[Any]
    missing: tuple[str, ...]
    resampled: str = "article"
    groups: int = 0
    reliability: Reliability | None = None
    abstention: Outcome | None = None

    def beats_tfidf(self, metric: str = "f1_macro") -> bool | None:
        """True or False when the interval of the gain says so, None when it holds zero."""
        low, high = self.gain[metric][1]
        return True if low > 0 else False if high < 0 else None


def evaluate(
    split: str,
    articles: Sequence[Article],
    labels: LabelSet,
    predicted: Ids,
    *,
    tfidf: Ids,
    majority: Ids,
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
        tfidf, majority: the baselines' predictions of the same shape.
        seen_sources: the sources of the training articles, where they are known.
        grouping: which articles are resampled together; None = each stands for itself.
        samples: of the bootstrap.

    Raises:
        InputError: there are no articles, or one has a label that the model does not know.
    """
    if not articles:
        raise InputError(f"'{split}' holds no articles to evaluate on.")
    y_true = labels.encode(article.labels for article in articles)
    groups = None if grouping is None else grouping.ids
    occurring = {name for article in articles for name in article.labels}
    sources = [article.source for article in articles if article.source]
    unseen = None if seen_sources is None or not sources else sum(s not in seen_sources for s in sources) / len(sources)
    return Evaluation(
        split=split,
        articles=len(articles),
        sources=len(set(sources)),
        without_source=len(articles) - len(sources),
        unseen=unseen,
        labels=labels.names,
        figures=headline(y_true, predicted, labels.names),
        intervals=intervals(y_true, predicted, labels.names, groups=groups, samples=samples),
        baselines={
            "majority": headline(y_true, majority, labels.names),
            "tfidf": headline(y_true, tfidf, labels.names),
        },
        gain={
            metric: difference(y_true, predicted, tfidf, labels.names, metric, groups=groups, samples=samples)
            for metric in ("f1_macro", "accuracy")
        },
        per_class=per_class(y_true, predicted, labels.names),
        confusion=confusion(y_true, predicted, len(labels)).tolist(),
        missing=tuple(name for name in labels.names if name not in occurring),
        resampled="article" if grouping is None else grouping.name,
        groups=len(articles) if grouping is None else grouping.count,
    )


def predictions_table(
    articles: Sequence[Article],
    labels: LabelSet,
    proba: npt.NDArray[np.float32],
    predicted: Ids,
    tfidf: Ids,
    *,
    grouping: Grouping,
    tokens: npt.NDArray[np.int64] | None = None,
    seen: Mapping[str, Set[str] | None] | None = None,
) -> Any:
    """What is known of each article and what was predicted, as an Arrow table.

    Args:
        articles, labels, predicted, tfidf: as in `evaluate`.
        proba: probabilities (articles, classes).
        grouping: which articles are resampled together.
        tokens: length of each article before it is cut, shape (articles,).
        seen: ``source`` and ``target`` -> the training articles' values, where they are known.
    """
    import pyarrow as pa

    columns = {
        "id": pa.array([article.id for article in articles], pa.string()),
        "label": _label_column([article.labels for article in articles], labels),
        "predicted": _label_column(labels.decode(predicted), labels),
        "score": pa.array(label_scores(proba, labels.matrix(predicted)), pa.float32()),
        "scores": pa.array(proba.tolist(), pa.list_(pa.float32())),
        "tfidf": _label_column(labels.decode(tfidf), labels),
        **{name: pa.array([article.column(name) for article in articles], pa.string()) for name in DESCRIBED},
        "group": pa.array(grouping.ids, pa.int64()),
        "tokens": pa.nulls(len(articles), pa.int64()) if tokens is None else pa.array(tokens, pa.int64()),
        **{f"seen_{name}": _seen(articles, name, (seen or {}).get(name)) for name in ("source", "target")},
    }
    for name in dict.fromkeys(name for article in articles for name in article.extra):
        values = _scalars([article.extra.get(name) for article in articles])
        if values is not None:
            columns[f"original_{name}" if name in columns else name] = values
    return pa.table(columns).replace_schema_metadata({"labels": "\n".join(labels.names)})


def _seen(articles: Sequence[Article], column: str, known: Set[str] | None) -> Any:
    import pyarrow as pa

    values = [article.column(column) for article in articles]
    return pa.array([None if known is None or not value else value in known for value in values], pa.bool_())


def _scalars(values: Sequence[Any]) -> Any | None:
    """A column of one kind of value, or of text where kinds are mixed; None where a value is a list or a long text."""
    import pyarrow as pa

    kinds = {type(value) for value in values} - {type(None)}
    if kinds - {str, int, float, bool} or any(isinstance(v, str) and len(v) > LONGEST_VALUE for v in values):
        return None
    try:
        return pa.array(values)
    except (pa.ArrowException, OverflowError):
        return pa.array([None if value is None else str(value) for value in values], pa.string())


def write_evaluation(folder: Path, evaluation: Evaluation, table: Any, more: Mapping[str, Any] | None = None) -> None:
    """Write the figures (those of `APART` to files of their own) and ``predictions.parquet``, all or nothing.

    Args:
        folder: to write.
        evaluation: the figures.
        table: as `predictions_table` makes it.
        more: name of a further JSON file -> its content.
    """
    import pyarrow.parquet as pq

    with whole_folder(folder) as partial:
        values = asdict(evaluation)
        apart = {file: part for key, file in APART.items() if (part := values.pop(key)) is not None}
        write_json(partial / "metrics.json", values)
        pq.write_table(table, partial / PREDICTIONS)
        for name, part in {**apart, **(more or {})}.items():
            write_json(partial / name, part)


def read_evaluation(folder: Path) -> Evaluation:
    """The figures that `write_evaluation` wrote.

    Raises:
        InputError: they are missing or damaged.
    """
    apart = {key: read_json(folder / file) for key, file in APART.items() if (folder / file).exists()}
    try:
        return evaluation_of({**read_json(folder / "metrics.json"), **apart})
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"The evaluation in '{folder}' is damaged, or of another version of classifier: {error}.",
            fix="classifier evaluate RUN makes it again.",
        ) from None


def evaluation_of(read: Mapping[str, Any]) -> Evaluation:
    """The figures that `dataclasses.asdict` made of an evaluation, after JSON."""
    values = dict(read)
    for key in ("labels", "missing"):
        values[key] = tuple(values[key])
    values["intervals"] = {name: tuple(interval) for name, interval in values["intervals"].items()}
    values["gain"] = {name: (gain, tuple(interval)) for name, (gain, interval) in values["gain"].items()}
    values["reliability"] = read_reliability(values["reliability"]) if values.get("reliability") else None
    values["abstention"] = read_outcome(values["abstention"]) if values.get("abstention") else None
    return Evaluation(**values)


def read_predictions(folder: Path) -> Any:
    """The Arrow table of predictions that `write_evaluation` wrote.

    Raises:
        InputError: it is damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_table(folder / PREDICTIONS)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"'{folder / PREDICTIONS}' is damaged: {error}.", fix="Evaluate again.") from None


def _label_column(labels: Sequence[tuple[str, ...]], label_set: LabelSet) -> Any:
    import pyarrow as pa

    if label_set.multi_label:
        return pa.array([list(names) for names in labels], pa.list_(pa.string()))
    return pa.array([names[0] for names in labels], pa.string())
