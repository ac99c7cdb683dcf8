"""What a model keeps of its training articles, measured when it is written (`classifier.models.known_articles`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from classifier.arrays import Floats, Floats32, Ints, evenly
from classifier.articles.article import Article
from classifier.articles.source_names import spelt_alike
from classifier.dataset.folder import DatasetFolder
from classifier.models.known_articles import (
    FEWEST,
    KnownArticles,
    Traits,
    distances,
    foreign_of,
    lengths_of,
    read_texts,
    write_known_articles,
)
from classifier.models.known_words import WordUnits, word_numbers
from classifier.models.model_folder import ModelInfo
from classifier.models.word_vectors import WordVectors, load_word_vectors, table_name
from classifier.stats.label_shift.sources import source_numbers
from classifier.stats.mahalanobis import DIRECTIONS, POINTS_PER_DIRECTION, fit_cloud

COMPARED = 1_000  # articles whose traits are kept, at most half of them of validation
PLACED = 2_000  # training articles that make up the cloud
PARTS = 5  # in which training articles are measured by a cloud of the others


def keep_known_articles(folder: Path, info: ModelInfo, dataset: DatasetFolder) -> bool:
    """Write what new articles are compared with into a model folder that is whole otherwise.

    Args:
        folder: of the model.
        info: of the model.
        dataset: that it was trained on.

    Returns:
        False where there are too few training articles to compare with, or no table of word pieces.
    """
    table = table_name(folder)
    if table is None or len(dataset.column("train", "id")) < FEWEST:
        return False
    write_known_articles(folder, known_articles(info, dataset, load_word_vectors(folder, table), table))
    return True


def known_articles(info: ModelInfo, dataset: DatasetFolder, vectors: WordVectors, table: str) -> KnownArticles:
    """What new articles are compared with.

    Args:
        info, dataset: as in `keep_known_articles`.
        vectors: of the model's word pieces.
        table: their name among its weights.
    """
    units = _units(dataset)
    words = WordUnits()
    for article, unit in zip(dataset.articles("train"), units, strict=True):
        words.add(word_numbers(read_texts([article], info)[0]), unit)
    placed = list(dataset.sample("train", PLACED))
    own = np.array(units)[evenly(len(units), PLACED)]  # those that `DatasetFolder.sample` takes
    texts = read_texts(placed, info)
    means = vectors.means(texts)
    cloud = fit_cloud(means[~np.isnan(means).any(axis=1)], _directions(means))
    held = list(dataset.sample("validation", COMPARED // 2)) if "validation" in dataset.splits else []
    chosen = evenly(len(placed), COMPARED - len(held))
    far = _far_from_others(means, own)[chosen]
    rows = [(word_numbers(texts[k]), int(own[k])) for k in chosen]
    of_train = Traits(
        lengths_of([texts[k] for k in chosen]),
        np.array([words.unknown_share(numbers, unit) for numbers, unit in rows]),
        far,
        np.zeros(0),
    )
    new = KnownArticles(words.known, cloud, table, of_train, np.zeros(0, np.int64))
    of_held = new.traits_of(held, info, vectors)
    articles = [*held, *(placed[k] for k in chosen)]
    traits = Traits(
        np.concatenate([of_held.length, of_train.length]),
        np.concatenate([of_held.unknown, of_train.unknown]),
        np.concatenate([of_held.distance, of_train.distance]),
        foreign_of(articles, info),
    )
    return KnownArticles(words.known, cloud, table, traits, _groups(articles))


def _units(dataset: DatasetFolder) -> list[int]:
    """A number for each training article, the same for those that the split keeps together and for copies."""
    found = dataset.units_with_copies(dataset.column("train", "id"))
    return [int(number) for number in np.unique(found, return_inverse=True)[1]]


def _directions(means: Floats32) -> int:
    """How many the clouds of all articles and of four fifths of them have: their distances must be of one scale."""
    of_four_fifths = len(means) * (PARTS - 1) // PARTS // POINTS_PER_DIRECTION
    return max(1, min(int(means.shape[1]), DIRECTIONS, of_four_fifths))


def _far_from_others(means: Floats32, units: Ints) -> Floats:
    """How far each article is from a cloud of others: of other units, where there are several."""
    alone = len(np.unique(units)) < PARTS
    numbers = np.arange(len(means)) if alone else np.unique(units, return_inverse=True)[1]
    part = np.random.default_rng(0).permutation(int(numbers.max()) + 1)[numbers] % PARTS
    known = ~np.isnan(means).any(axis=1)
    found = np.full(len(means), np.inf)
    for one in range(PARTS):
        inside, others = part == one, known & (part != one)
        if inside.any() and others.any():
            found[inside] = distances(fit_cloud(means[others], _directions(means)), means[inside])
    return found


def _groups(articles: Sequence[Article]) -> Ints:
    found = source_numbers(spelt_alike([article.source for article in articles]))
    return np.zeros(0, np.int64) if found is None else found
