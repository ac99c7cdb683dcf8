"""Stored predictions: ``predictions.parquet``, one row per article."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.arrays import Floats32, Ints
from classifier.articles.arrow import SCALARS, arrow_type, fitting, kind_of
from classifier.articles.article import Article
from classifier.articles.labels import LabelSet, label_scores
from classifier.articles.source_names import source_key
from classifier.dataset.copies import copy_clusters
from classifier.dataset.duplicates import text_key
from classifier.errors import InputError
from classifier.evaluation.groups import Grouping

PREDICTIONS = "predictions.parquet"

TFIDF_SCORES = "tfidf_scores"  # the column of TF-IDF's decision values
DESCRIBED = ("source", "target", "author", "date", "language")
TARGET_GROUP = "target_group"  # the column of the groups on the side of the targets, of crossed pairs
TEXT_KEY = "text_key"  # the column of a hash of each text, as `classifier.dataset.duplicates.text_key` makes it
CROSSED = "crossed"  # marks a table that has that column
LONGEST_VALUE = 500  # characters; a column with longer ones is text, and not repeated here


@dataclass(frozen=True)
class Parts:
    """What the parts of a blend say, beside the label of TF-IDF.

    Attributes:
        encoder: what it would give without TF-IDF, as in `evaluate`; None = it is no blend.
        tfidf: decision values of TF-IDF, shape (articles, classes); None = they are not kept.
    """

    encoder: Ints | None = None
    tfidf: Floats32 | None = None


NO_PARTS = Parts()


def predictions_table(
    articles: Sequence[Article],
    labels: LabelSet,
    proba: npt.NDArray[np.float32],
    predicted: Ints,
    tfidf: Ints,
    *,
    grouping: Grouping,
    parts: Parts = NO_PARTS,
    tokens: npt.NDArray[np.int64] | None = None,
    seen: Mapping[str, Set[str] | None] | None = None,
) -> Any:
    """What is known of each article and what was predicted, as an Arrow table.

    Args:
        articles, labels, predicted, tfidf: as in `evaluate`.
        proba: probabilities (articles, classes).
        grouping: which articles are resampled together.
        parts: what else is known of the parts of a blend.
        tokens: length of each article before it is cut, shape (articles,).
        seen: ``source`` and ``target`` -> `source_key` of the training articles' values, where they are known.
    """
    import pyarrow as pa

    columns = {
        "id": pa.array([article.id for article in articles], pa.string()),
        "label": _label_column([article.labels for article in articles], labels),
        "predicted": _label_column(labels.decode(predicted), labels),
        "score": pa.array(label_scores(proba, labels.matrix(predicted)), pa.float32()),
        "scores": pa.array(proba.tolist(), pa.list_(pa.float32())),
        "tfidf": _label_column(labels.decode(tfidf), labels),
        **_part_columns(parts, labels),
        **{name: pa.array([article.column(name) for article in articles], pa.string()) for name in DESCRIBED},
        "group": pa.array(grouping.ids, pa.int64()),
        **({} if grouping.crossed is None else {TARGET_GROUP: pa.array(grouping.crossed, pa.int64())}),
        "copies": pa.array(_copies(articles), pa.int64()),
        TEXT_KEY: pa.array([text_key(article.text) for article in articles], pa.uint64()),
        "tokens": pa.nulls(len(articles), pa.int64()) if tokens is None else pa.array(tokens, pa.int64()),
        **{f"seen_{name}": _seen(articles, name, (seen or {}).get(name)) for name in ("source", "target")},
    }
    for name in dict.fromkeys(name for article in articles for name in article.extra):
        values = _scalars([article.extra.get(name) for article in articles])
        if values is not None:
            columns[f"original_{name}" if name in columns else name] = values
    crossed = {} if grouping.crossed is None else {CROSSED: TARGET_GROUP}  # an article may have a column of that name
    return pa.table(columns).replace_schema_metadata({"labels": "\n".join(labels.names), **crossed})


def _part_columns(parts: Parts, labels: LabelSet) -> dict[str, Any]:
    import pyarrow as pa

    scores = None if parts.tfidf is None else pa.array(parts.tfidf.tolist(), pa.list_(pa.float32()))
    return {
        **({} if parts.encoder is None else {"encoder": _label_column(labels.decode(parts.encoder), labels)}),
        **({} if scores is None else {TFIDF_SCORES: scores}),
    }


def with_tfidf_scores(table: Any, scores: Floats32) -> Any:
    """Predictions of an older version, with the decision values of TF-IDF, shape (articles, classes)."""
    import pyarrow as pa

    return table.append_column(TFIDF_SCORES, pa.array(scores.tolist(), pa.list_(pa.float32())))


def _copies(articles: Sequence[Article]) -> Ints:
    """A number for each article, the same for copies of one text with one target."""
    targets = np.unique([text_key(article.target or "") for article in articles], return_inverse=True)[1]
    clusters = copy_clusters([article.text for article in articles])
    return np.unique(np.stack([clusters, targets]), axis=1, return_inverse=True)[1].astype(np.int64)


def _seen(articles: Sequence[Article], column: str, known: Set[str] | None) -> Any:
    import pyarrow as pa

    values = [article.column(column) for article in articles]
    return pa.array(
        [None if known is None or not value else source_key(value) in known for value in values], pa.bool_()
    )


def stored_groups(table: Any) -> tuple[Ints, Ints | None]:
    """The groups of stored predictions, from 0, and where pairs are crossed those of their targets.

    Args:
        table: as `predictions_table` makes it.
    """
    names = ["group", *([TARGET_GROUP] if CROSSED.encode() in (table.schema.metadata or {}) else [])]
    groups, *crossed = (np.unique(table[n].to_numpy(), return_inverse=True)[1].astype(np.int64) for n in names)
    return groups, crossed[0] if crossed else None


def known_share(table: Any, column: str) -> float | None:
    """The share of articles whose source or target training knows, of those that have one; None where it is not known.

    Args:
        table: as `predictions_table` makes it.
        column: ``source`` or ``target``.
    """
    known = [value for value in table[f"seen_{column}"].to_pylist() if value is not None]
    return sum(known) / len(known) if known else None


def _scalars(values: Sequence[Any]) -> Any | None:
    """A column of one kind of value, or of text where kinds are mixed; None where a value is a list or a long text."""
    import pyarrow as pa

    kinds = {kind_of(value) for value in values} - {"null"}
    if kinds - SCALARS or any(isinstance(v, str) and len(v) > LONGEST_VALUE for v in values):
        return None
    if not kinds:
        return pa.nulls(len(values))
    kind = arrow_type(kinds)
    return pa.array([fitting(value, kind) for value in values], kind)


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
