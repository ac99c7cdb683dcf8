"""What goes into a regression on labels: articles with their covariates, and those labelled by hand."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from classifier.arrays import Floats, Ints
from classifier.articles.new_articles import score_column
from classifier.errors import InputError
from classifier.evaluation.shares.covariates import (
    Covariates,
    complete_rows,
    make_covariates,
    typed_columns,
    unlabelled_levels,
)
from classifier.evaluation.shares.input_columns import NONE, PERIODS
from classifier.evaluation.shares.model_formula import ModelFormula
from classifier.evaluation.shares.prediction_counts import PredictedArticle
from classifier.stats.design_based import FEWEST_LABELLED

ALONE = "none"  # as a column to cluster by: articles stand for themselves


@dataclass
class PredictedColumns:
    """The predictions as columns, of the outcomes alone."""

    outcomes: tuple[str, ...]
    positions: tuple[int, ...]
    by: tuple[str, ...]
    ids: list[str] = field(default_factory=list)
    values: list[tuple[str, ...]] = field(default_factory=list)
    sources: list[str | None] = field(default_factory=list)
    guesses: list[Ints] = field(default_factory=list)
    scores: list[tuple[float, ...] | None] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    truth: list[Ints] = field(default_factory=list)
    inclusion: list[float] = field(default_factory=list)
    cut: set[str] = field(default_factory=lambda: {*PERIODS})

    def add(self, article: PredictedArticle) -> None:
        """One more article."""
        row, picked = len(self.ids), list(self.positions)
        self.ids.append(article.id or str(row + 1))
        self.values.append(article.group)
        self.sources.append(article.source)
        self.guesses.append(article.guess[picked])
        self.scores.append(_scores(article.values, self.outcomes))
        self.cut -= article.values.keys()
        if article.truth is not None:
            self.rows.append(row)
            self.truth.append(article.truth[picked])
            self.inclusion.append(article.inclusion)

    def column(self, name: str) -> list[str]:
        """The values of a covariate, or of the column to cluster by."""
        at = self.by.index(name)
        return [values[at] for values in self.values]


def _scores(values: Mapping[str, Any], outcomes: Sequence[str]) -> tuple[float, ...] | None:
    """The score of each outcome, from the column ``scores`` of what was predicted, or from those of each label."""
    listed = values.get("scores")
    try:
        if listed is None:
            found = tuple(float(values[score_column(name)]) for name in outcomes)
        else:
            entries = json.loads(listed) if isinstance(listed, str) else listed
            by_label = {entry["label"]: float(entry["score"]) for entry in entries}
            found = tuple(by_label[name] for name in outcomes)
    except (TypeError, ValueError, KeyError):
        return None
    return found if all(map(math.isfinite, found)) else None


@dataclass(frozen=True)
class RegressionSample:
    """What goes into the regression.

    Attributes:
        kept: positions of the articles in the predictions.
        values: covariate -> its values for these articles.
        covariates: the design.
        rows: positions of the labelled articles among those kept.
        truth: 0/1 rows of the outcomes (labelled, outcomes).
        inclusion: the probability with which each labelled article was drawn.
        guesses, surrogates: predicted labels, and scores where there are any (articles, outcomes).
        groups: of articles that stand together; None where each stands for itself.
        clusters: the column that they come from.
        missing: articles without a covariate.
        silent: covariate -> levels without a labelled article.
        of_silent: articles of such levels.
    """

    kept: Ints
    values: Mapping[str, Any]
    covariates: Covariates
    rows: Ints
    truth: Floats
    inclusion: Floats
    guesses: Floats
    surrogates: Floats
    groups: Ints | None
    clusters: str | None
    missing: int
    silent: Mapping[str, list[str]]
    of_silent: int

    @classmethod
    def of(cls, formula: ModelFormula, corpus: PredictedColumns, cluster: str | None) -> RegressionSample:
        """Leave out what cannot be used, and make the design of the rest."""
        number = len(corpus.ids)
        columns = typed_columns({name: corpus.column(name) for name in formula.variables}, frozenset(corpus.cut))
        by_hand = np.zeros(number, dtype=bool)
        by_hand[corpus.rows] = True
        kept = complete_rows(columns, number)
        missing = number - int(kept.sum())
        silent = dict(unlabelled_levels(columns, kept, by_hand)) if (kept & by_hand).any() else {}
        for name, levels in silent.items():
            kept &= ~np.isin(columns[name], levels)
        used = np.array([kept[row] for row in corpus.rows], dtype=bool)
        place = np.cumsum(kept) - 1
        rows = place[np.array(corpus.rows, dtype=np.int64)[used]]
        values = {name: column[kept] for name, column in columns.items()}
        _check_labelled(formula, len(rows), missing)
        covariates = make_covariates(formula, values, len(place[kept]), rows)
        _check_enough(formula, len(rows), len(covariates.terms))
        named = _named_groups(corpus, formula, cluster)
        groups = None if named is None else _group_numbers([named[i] for i in np.flatnonzero(kept)])
        guesses = np.array(corpus.guesses, dtype=np.float64)[kept]
        scores = [corpus.scores[i] for i in np.flatnonzero(kept)]
        return cls(
            np.flatnonzero(kept),
            values,
            covariates,
            rows,
            np.array(corpus.truth, dtype=np.float64)[used],
            np.array(corpus.inclusion)[used],
            guesses,
            guesses if any(score is None for score in scores) else np.array(scores),
            groups,
            None if groups is None else cluster or "source",
            missing,
            silent,
            number - missing - int(kept.sum()),
        )


def _check_labelled(formula: ModelFormula, labelled: int, missing: int) -> None:
    if not labelled:
        why = f" {missing:,} articles lack a covariate, all labelled ones among them." if missing else ""
        raise InputError(f"--model '{formula.text}': no labelled article can be used.{why}", fix="Label others.")


def _check_enough(formula: ModelFormula, labelled: int, terms: int) -> None:
    if labelled < terms + FEWEST_LABELLED:
        raise InputError(
            f"--model '{formula.text}' has {terms} coefficients, and {labelled:,} labelled articles are too few for "
            f"them (at least {terms + FEWEST_LABELLED:.0f}).",
            fix="Leave terms out, join levels, or label more articles.",
        )


def _named_groups(corpus: PredictedColumns, formula: ModelFormula, cluster: str | None) -> list[str] | None:
    """What says which articles stand together; an article without a value stands for itself."""
    if cluster == ALONE:
        return None
    given = corpus.sources if cluster is None else [None if v == NONE else v for v in corpus.column(cluster)]
    named = [f"\0{row}" if value is None else value for row, value in enumerate(given)]
    number = len(set(named))
    if cluster is None and (number < 2 or number == len(named)):
        return None
    for name in formula.variables:
        column = corpus.column(name)
        if len(set(zip(column, named, strict=True))) == len(set(column)) == number:
            if cluster is None:
                return None
            raise InputError(
                f"--cluster {cluster}: it is a covariate, so that nothing is left to vary between its articles.",
                fix=f"Take another column, or --cluster {ALONE}: the intervals are then for these alone.",
            )
    return named


def _group_numbers(named: Sequence[str]) -> Ints:
    numbers = {name: index for index, name in enumerate(dict.fromkeys(named))}
    return np.array([numbers[name] for name in named], dtype=np.int64)
