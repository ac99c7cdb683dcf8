"""Calibrated scores of validation articles, as they are stored with a model: what scores take for granted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from classifier.arrays import Floats, Floats32, Ints
from classifier.stats.label_shift.sources import source_numbers

STORED = 500  # validation articles whose scores are kept with a model
DIGITS = 4
LEAST_STORED = 5e-5  # a score that was rounded to 0


@dataclass(frozen=True)
class ValidationScores:
    """Calibrated scores of validation articles, as they are stored with a model.

    Attributes:
        shares: of each class, which the scores take for granted: the mean score of all validation articles.
        articles: how many there are.
        rows: of at most `STORED` of them, a line each: the class ids of the article, a colon, its score on each class.
        groups: a number for the source of each line; empty = each article stands for itself.

    Example:
        >>> known = ValidationScores((0.6, 0.4), 2, ("0: 0.8 0.2", "1: 0.4 0.6"))
        >>> known.scores.tolist(), known.truth.tolist()
        ([[0.8, 0.2], [0.4, 0.6]], [[1.0, 0.0], [0.0, 1.0]])
    """

    shares: tuple[float, ...]
    articles: int
    rows: tuple[str, ...]
    groups: tuple[int, ...] = ()

    @property
    def blocks(self) -> Ints:
        """Which lines stand together: a number for each."""
        return np.array(self.groups or range(len(self.rows)), dtype=np.int64)

    @property
    def scores(self) -> Floats:
        """The scores in the lines, shape (lines, classes)."""
        return np.array([row.partition(":")[2].split() for row in self.rows], dtype=np.float64)

    @property
    def truth(self) -> Floats:
        """Which classes these articles have, a 0/1 matrix of the same shape."""
        truth = np.zeros((len(self.rows), len(self.shares)))
        for values, row in zip(truth, self.rows, strict=True):
            values[list(map(int, row.partition(":")[0].split()))] = 1
        return truth

    def wrong(self, classes: int) -> str:
        """What cannot be true of it, for a model of so many classes; empty where nothing is wrong.

        Example:
            >>> ValidationScores((0.6, 0.4), 2, ("0: 0.8 0.2", "7: 0.4 0.6")).wrong(2)
            'validation.rows: line 2 is no article of 2 labels'
        """
        if len(self.shares) != classes or not all(0 <= share <= 1 for share in self.shares):
            return f"validation.shares: there must be {classes}, from 0 to 1"
        if not self.rows or self.articles < len(self.rows):
            return f"validation.rows: there are {len(self.rows)}, of {self.articles} articles"
        if self.groups and len(self.groups) != len(self.rows):
            return f"validation.groups: there are {len(self.groups)}, of {len(self.rows)} lines"
        bad = next((number for number, row in enumerate(self.rows, 1) if not _is_row(row, classes)), None)
        return "" if bad is None else f"validation.rows: line {bad} is no article of {classes} labels"


def _is_row(row: str, classes: int) -> bool:
    ids, _, scores = row.partition(":")
    try:
        values = [float(score) for score in scores.split()]
        known = all(0 <= int(name) < classes for name in ids.split())
    except ValueError:
        return False
    return known and len(values) == classes and all(0 <= value <= 1 for value in values)


def validation_scores(proba: Floats32, y: Ints, sources: Sequence[str | None] = ()) -> ValidationScores:
    """What is stored of the validation articles.

    Args:
        proba: calibrated, shape (articles, classes).
        y: label ids (articles,), or a 0/1 matrix (articles, classes).
        sources: of each article, where they are known.

    Example:
        >>> validation_scores(np.array([[0.8, 0.2], [0.4, 0.6]], dtype=np.float32), np.array([0, 1])).shares
        (0.6, 0.4)
    """
    kept = np.unique(np.linspace(0, len(proba) - 1, min(len(proba), STORED)).round().astype(np.int64))
    groups = source_numbers(sources)
    return ValidationScores(
        shares=rounded(proba.mean(axis=0, dtype=np.float64), 6),
        articles=len(proba),
        rows=tuple(_row(np.flatnonzero(y[k]) if y.ndim == 2 else [y[k]], proba[k]) for k in kept),
        groups=() if groups is None else tuple(groups[kept].tolist()),
    )


def _row(ids: Iterable[int], scores: Floats32) -> str:
    return f"{' '.join(map(str, ids))}: {' '.join(f'{score:.{DIGITS}f}' for score in scores)}"


def rounded(values: Floats | Floats32, digits: int) -> tuple[float, ...]:
    """Values as they are stored."""
    return tuple(round(float(value), digits) for value in values)
