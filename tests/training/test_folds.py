from pathlib import Path

import numpy as np

from classifier.dataset.folder import open_dataset
from classifier.models.held_out import LEARNT
from classifier.training.folds import folds_of, held_out_of


def test_what_belongs_together_is_in_one_fold(in_examples: Path) -> None:
    dataset = open_dataset(in_examples / "datasets" / "mine")
    articles = list(dataset.articles("train"))
    units = dataset.units_with_copies([article.id for article in articles])
    fold = folds_of(articles, dataset)
    assert fold is not None and len(set(fold.tolist())) == 5
    assert len({(unit, part) for unit, part in zip(units, fold.tolist(), strict=True)}) == len(set(units))
    assert folds_of(articles[:1], dataset) is None


def test_what_is_only_learned_from_is_in_no_fold(in_examples: Path) -> None:
    dataset = open_dataset(in_examples / "datasets" / "mine")
    articles = list(dataset.articles("train"))
    held_out = held_out_of(articles, dataset, balanced=False, learnt=3)
    assert held_out is not None and not held_out.balanced
    assert np.array_equal(held_out.fold[:-3], folds_of(articles, dataset))
    assert held_out.fold[-3:].tolist() == [LEARNT] * 3
    assert held_out_of(articles[:1], dataset, balanced=True) is None
