"""The rows of a file of predictions as new articles, to compare them with those of training."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from classifier.articles.article import Article
from classifier.articles.new_articles import score_column
from classifier.articles.predicted_by import ADAPTED, CASCADED, PREDICTED_BY
from classifier.articles.readers.row import Row
from classifier.evaluation.drift import NewArticles
from classifier.evaluation.shares.input_columns import InputColumns

AT_ONCE = 1_000


class PredictedArticles:
    """Takes the rows of a file, and keeps some of them as new articles.

    A row without a text has a score alone. Scores that were adapted to other shares of labels, or that are not all
    those of the whole model, are left out.

    Args:
        labels: of the model; where each has a column of scores, other columns may begin like these.
    """

    def __init__(self, labels: Sequence[str]) -> None:
        self._new, self._labels = NewArticles(), labels
        self._rows: list[tuple[InputColumns, Row]] = []

    def see(self, layout: InputColumns, row: Row) -> None:
        """The next row.

        Args:
            layout: which column holds what.
            row: of an article that was labelled.
        """
        self._rows.append((layout, row))
        if len(self._rows) == AT_ONCE:
            self._take()

    @property
    def new(self) -> NewArticles:
        """The articles that are kept."""
        self._take()
        return self._new

    def _take(self) -> None:
        rows = self._new.candidates(len(self._rows))
        chosen = [self._rows[place] for place in rows]
        scores = [highest_score(row.values, self._labels) for _, row in chosen]
        self._new.take(len(self._rows), rows, [_article(*one) for one in chosen], scores)
        self._rows = []


def _article(layout: InputColumns, row: Row) -> Article:
    def text(key: str) -> str | None:
        value = layout.value(key, row.values)
        return None if value is None else str(value)

    return Article(
        text("id") or row.where,
        text("text") or "",
        title=text("title"),
        source=text("source"),
        language=text("language"),
        where=row.where,
    )


def highest_score(values: Mapping[str, Any], labels: Sequence[str]) -> float:
    """The highest score of any label in a row of predictions; NaN where it is not told, or is not the model's own.

    Args:
        values: of the row.
        labels: of the model.

    Example:
        >>> highest_score({"scores": [{"label": "a", "score": 0.7}, {"label": "b", "score": 0.3}]}, ["a", "b"])
        0.7
        >>> highest_score({"score_a": 0.4, "score_b": 0.6, "score_reddit": 812}, ["a", "b"])
        0.6
    """
    made_by = str(values.get(PREDICTED_BY) or "")
    if ADAPTED in made_by or CASCADED in made_by:
        return math.nan
    found = values.get("scores")
    if found is None:
        found = [{"score": values.get(score_column(label))} for label in labels]
    try:
        listed = json.loads(found) if isinstance(found, str) else found
        return max(float(one["score"]) for one in listed)
    except (ValueError, TypeError, KeyError):
        return math.nan
