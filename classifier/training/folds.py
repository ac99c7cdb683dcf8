"""Folds of labelled articles: those of one fold are scored by what has learned from the others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from classifier.arrays import Ints
from classifier.articles.article import Article
from classifier.dataset.folder import DatasetFolder
from classifier.dataset.stratification import stratify
from classifier.models.held_out import LEARNT, HeldOut

FOLDS = 5


def folds_of(articles: Sequence[Article], dataset: DatasetFolder) -> Ints | None:
    """A fold for each training article; what the split keeps together is in one fold, and copies too.

    Returns:
        Numbers of shape (articles,); None where all articles belong together.
    """
    units = dataset.units_with_copies([article.id for article in articles])
    unit = np.unique(units, return_inverse=True)[1]
    folds = min(FOLDS, int(unit.max()) + 1)
    if folds < 2:
        return None
    fold = stratify([article.labels for article in articles], unit, {str(k): 1 / folds for k in range(folds)}, seed=0)
    return fold if len(np.unique(fold)) > 1 else None


def held_out_of(
    articles: Sequence[Article], dataset: DatasetFolder, *, balanced: bool, learnt: int = 0
) -> HeldOut | None:
    """How labelled articles are scored by what did not learn from them, in the folds of `folds_of`.

    Args:
        articles: of the dataset.
        dataset: knows what belongs together.
        balanced: whether every class has the same weight.
        learnt: how many articles more there are behind these, that are only learned from.

    Returns:
        None where all articles belong together.
    """
    fold = folds_of(articles, dataset)
    return None if fold is None else HeldOut(np.append(fold, np.full(learnt, LEARNT)), balanced)
