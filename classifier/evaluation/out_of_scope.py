"""What a model does with articles that belong to none of its labels, and ``out_of_scope.json``, which holds it.

They are compared with the evaluated articles, which belong to one of them: see `classifier.stats.out_of_scope`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from classifier.arrays import Floats32, Ints
from classifier.articles.article import Article
from classifier.articles.labels import label_scores
from classifier.dataset.units import encode, join_units
from classifier.evaluation.groups import Grouping, group_articles
from classifier.files import read_json_as
from classifier.stats.out_of_scope import ScopeFigures, Side, measure_scope, side_of

if TYPE_CHECKING:
    from classifier.models.decider import Decider

FILE = "out_of_scope.json"
SOURCE = "source"


@dataclass(frozen=True)
class OutsideArticles:
    """Articles that belong to none of a model's labels.

    Attributes:
        name: of the file that they are from.
        articles: without labels.
    """

    name: str
    articles: Sequence[Article]


@dataclass(frozen=True)
class OutOfScope:
    """What ``out_of_scope.json`` holds.

    Attributes:
        split: names the articles in scope.
        name: of the file with the others.
        figures: what becomes of them.
        resampled: what the intervals are taken over, of those out of scope: ``article``, or groups as in
            `classifier.evaluation.groups`.
        min_precision: that the stored thresholds promise for each class; None = there are none.
    """

    split: str
    name: str
    figures: ScopeFigures
    resampled: str
    min_precision: float | None = None
    schema_version: int = 1


def read_out_of_scope(folder: Path) -> OutOfScope | None:
    """What ``evaluate --out-of-scope`` wrote into an evaluation folder; None where it was not asked for.

    Raises:
        InputError: it is damaged, or of another version.
    """
    file = folder / FILE
    if not file.exists():
        return None
    return read_json_as(file, OutOfScope, fix="classifier evaluate RUN --out-of-scope FILE makes it again.")


def measure_out_of_scope(
    split: str,
    decider: Decider,
    inside: tuple[Sequence[Article], Floats32, Grouping],
    outside: tuple[OutsideArticles, Floats32],
    samples: int,
) -> OutOfScope:
    """Compare evaluated articles with those that belong to no label.

    Articles out of scope are grouped by source where that is known, since others would come from other sources, and
    copies stand together. Where those in scope are grouped by source too, articles of one source stand together on both
    sides.

    Args:
        split: names the evaluated articles.
        decider: the model.
        inside: those articles, their calibrated scores, and which stand together.
        outside: the others, with their scores.
        samples: of the bootstrap.
    """
    articles, proba, grouping = inside
    others, other_proba = outside
    theirs = group_articles(others.articles, columns=[SOURCE])
    groups = _together(articles, grouping, others.articles, theirs.ids)
    labelled = np.array([bool(article.labels) for article in articles], dtype=bool)
    figures = measure_scope(
        decider.info.labels,
        _side(decider, proba, groups[: len(articles)]).of(labelled),
        _side(decider, other_proba, groups[len(articles) :]),
        samples=samples,
    )
    stored = decider.info.abstention
    return OutOfScope(split, others.name, figures, theirs.name, None if stored is None else stored.min_precision)


def _side(decider: Decider, proba: Floats32, groups: Ints) -> Side:
    given = decider.given(proba)
    return side_of(label_scores(proba, given), proba, given, decider.info.abstention, groups)


def _together(articles: Sequence[Article], grouping: Grouping, others: Sequence[Article], theirs: Ints) -> Ints:
    """Which articles of both kinds stand together, those in scope first."""
    ours = grouping.coarser
    by_source = SOURCE in grouping.name.replace(",", " ").split()
    sources = [article.source if by_source else None for article in articles]
    return join_units(
        len(articles) + len(others),
        [
            np.concatenate([np.unique(ours, return_inverse=True)[1].reshape(-1), theirs + len(articles)]),
            encode([*sources, *(article.source for article in others)]),
        ],
    )
