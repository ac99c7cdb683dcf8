"""Which evaluated articles stand together, and are therefore resampled together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from classifier.arrays import Ints
from classifier.articles.article import Article
from classifier.dataset.copies import copy_clusters
from classifier.dataset.units import encode, join_units
from classifier.stats.few_groups import effective_groups


@dataclass(frozen=True)
class Grouping:
    """What an interval is taken over.

    Attributes:
        ids: a number for each article, shape (n,); articles with the same one stand together.
        name: what a group is: ``article``, ``near-duplicates``, or columns such as ``source`` or ``source, author``.
    """

    ids: Ints
    name: str

    @property
    def count(self) -> int:
        """How many groups there are."""
        return len(np.unique(self.ids))

    @property
    def effective(self) -> float:
        """How many groups of equal size they count for."""
        return effective_groups(self.ids)


def group_articles(
    articles: Sequence[Article], units: Sequence[int] | None = None, columns: Sequence[str] = ()
) -> Grouping:
    """Join the articles of a unit, and those that share a value of a column.

    An interval is about new articles of the same kind. Where the split keeps sources (or other columns) together, new
    articles come from new sources, so whole sources are resampled. Otherwise only near-duplicates are one observation.

    Args:
        articles: the evaluated articles.
        units: the unit of each article in the dataset's ``splits.parquet``; None = copies are joined (`copy_clusters`).
        columns: columns whose values here do not occur in training; articles that share a value are joined.

    Example:
        >>> group_articles([Article("1", "a", source="x"), Article("2", "b", source="x")], columns=["source"])
        Grouping(ids=array([0, 0]), name='source')
    """
    keys = copy_clusters([article.text for article in articles]).tolist() if units is None else units
    return join_groups(keys, {column: [article.column(column) for article in articles] for column in columns})


def join_groups(keys: Sequence[int | str], columns: Mapping[str, Sequence[object]]) -> Grouping:
    """`group_articles`, of articles that are not at hand.

    Args:
        keys: the same for articles that stand together anyway, such as units; shape (n,).
        columns: name -> values, each of shape (n,); articles that share a value are joined.

    Example:
        >>> join_groups([0, 1, 1, 2], {"source": ["x", "x", "y", None]})
        Grouping(ids=array([0, 0, 0, 1]), name='source')
    """
    known = {name: values for name, values in columns.items() if any(value is not None for value in values)}
    together = np.unique(np.array(keys), return_inverse=True)[1].astype(np.int64)
    ids = join_units(len(keys), [together, *(encode(values) for values in known.values())])
    single = len(np.unique(ids)) == len(keys)
    return Grouping(ids, "article" if single else ", ".join(known) or "near-duplicates")
