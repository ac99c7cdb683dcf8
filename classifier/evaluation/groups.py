"""Which evaluated articles stand together, and are therefore resampled together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from classifier.arrays import Bools, Ints
from classifier.articles.article import Article
from classifier.config import NEAR
from classifier.dataset.copies import copy_clusters
from classifier.dataset.crossed import crossing_units
from classifier.dataset.units import encode, join_units
from classifier.stats.few_groups import effective_groups
from classifier.stats.two_way import two_way_effective


@dataclass(frozen=True)
class Grouping:
    """What an interval is taken over.

    Attributes:
        ids: a number for each article, shape (n,); articles with the same one stand together.
        name: what a group is: ``article``, ``near-duplicates``, or columns such as ``source`` or ``source, author``;
            ``text and target`` or ``source and target`` where pairs are crossed.
        crossed: a second number for each pair, shape (n,): those with the same one share their target, though their
            texts are of different groups. None where no two groups share a target, or where targets are not new.
    """

    ids: Ints
    name: str
    crossed: Ints | None = None

    @property
    def count(self) -> int:
        """How many groups there are."""
        return len(np.unique(self.ids))

    @property
    def effective(self) -> float:
        """How many groups of equal size they count for; of crossed pairs, the side that has fewer counts."""
        return two_way_effective(self.ids, self.crossed)

    @property
    def coarser(self) -> Ints:
        """A number for each article; of crossed pairs, that on the side which has fewer effective groups."""
        if self.crossed is None or effective_groups(self.ids) <= effective_groups(self.crossed):
            return self.ids
        return self.crossed

    def of(self, rows: Bools | Ints) -> Grouping:
        """The groups of some of the articles."""
        return replace(self, ids=self.ids[rows], crossed=None if self.crossed is None else self.crossed[rows])


def group_articles(
    articles: Sequence[Article],
    units: Sequence[int] | None = None,
    columns: Sequence[str] = (),
    crossed: Sequence[str] = (),
) -> Grouping:
    """Join the articles of a unit, and those that share a value of a column.

    An interval is about new articles of the same kind. Where the split keeps sources (or other columns) together, new
    articles come from new sources, so whole sources are resampled. Otherwise only near-duplicates are one observation.
    Where both the texts and the targets of pairs are new, both are resampled.

    Args:
        articles: the evaluated articles.
        units: the unit of each article in the dataset's ``splits.parquet``; None = copies are joined (`copy_clusters`).
        columns: columns whose values here do not occur in training; articles that share a value are joined.
        crossed: columns whose values are new beside those, such as ``target``; they are resampled too.

    Example:
        >>> group_articles([Article("1", "a", source="x"), Article("2", "b", source="x")], columns=["source"])
        Grouping(ids=array([0, 0]), name='source', crossed=None)
        >>> group_articles([Article("1", "a", target="x"), Article("2", "b", target="x")], crossed=["target"]).name
        'text and target'
    """
    keys = copy_clusters([article.text for article in articles]).tolist() if units is None else units
    values, others = (
        {name: [article.column(name) for article in articles] for name in side} for side in (columns, crossed)
    )
    return join_groups(keys, values, others)


def join_groups(
    keys: Sequence[int | str],
    columns: Mapping[str, Sequence[object]],
    crossed: Mapping[str, Sequence[Any]] | None = None,
) -> Grouping:
    """`group_articles`, of articles that are not at hand.

    Args:
        keys: the same for articles that stand together anyway, such as units; shape (n,).
        columns: name -> values, each of shape (n,); articles that share a value are joined.
        crossed: name -> values of the columns that are resampled beside those; None = there are none.

    Example:
        >>> join_groups([0, 1, 1, 2], {"source": ["x", "x", "y", None]})
        Grouping(ids=array([0, 0, 0, 1]), name='source', crossed=None)
    """
    known = {name: values for name, values in columns.items() if any(value is not None for value in values)}
    together = np.unique(np.array(keys), return_inverse=True)[1].astype(np.int64)
    ids = join_units(len(keys), [together, *(encode(values) for values in known.values())])
    others = _others(ids, crossed or {})
    if others is not None:
        return Grouping(ids, f"{', '.join(known) or 'text'} and {', '.join(crossed or {})}", others)
    single = len(np.unique(ids)) == len(keys)
    return Grouping(ids, "article" if single else ", ".join(known) or "near-duplicates")


def _others(ids: Ints, crossed: Mapping[str, Sequence[Any]]) -> Ints | None:
    """The groups of the other side; None where each is within one of the groups."""
    if not crossed:
        return None
    others = crossing_units(crossed, NEAR)
    pairs = np.unique(np.stack([ids, others], axis=1), axis=0)
    return others if len(pairs) > len(np.unique(others)) else None
