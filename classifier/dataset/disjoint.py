"""Checks that the splits of a dataset on disk share no article, and agree with ``splits.parquet``."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, repeat
from typing import Any

from classifier.articles.article import Article
from classifier.articles.split_names import SPLITS
from classifier.dataset.duplicates import text_key
from classifier.dataset.folder import DatasetFolder
from classifier.errors import InputError


def check_disjoint(dataset: DatasetFolder) -> None:
    """Raise `InputError` if an id or a text is in two splits, or if articles were added, moved or removed."""
    seen: dict[tuple[str, str | int], object] = {}
    found = []
    again = "Build the dataset again: its folder has been changed since, or an older version of classifier built it."
    for split, article in _with_split(dataset):
        for key in (("id", article.id), ("text", text_key(article.text))):
            if seen.setdefault(key, split) != split:
                message = f"The {key[0]} of article '{article.id}' is in two splits of '{dataset.path}'."
                raise InputError(message, fix=again)
        found.append((article.id, split))
    if found != _recorded(dataset):
        raise InputError(f"'{dataset.path}' holds other articles than its splits.parquet lists.", fix=again)


def _with_split(dataset: DatasetFolder) -> Iterator[tuple[object, Article]]:
    """(split, or number of the fold, article) for all articles."""
    if dataset.info.folds is None:
        for split in dataset.splits:
            yield from ((split, article) for article in dataset.articles(split))
    else:
        folds = [fold for _, fold in _recorded(dataset)]
        yield from zip(chain(folds, repeat(None)), dataset.articles(), strict=False)


def _recorded(dataset: DatasetFolder) -> list[tuple[str, Any]]:
    """(id, split or number of the fold) of all articles, in the order in which they are read."""
    table = dataset.assigned()
    names = table["split" if dataset.info.folds is None else "fold"].to_pylist()
    kept = [place for place in zip(table["id"].to_pylist(), names, strict=True) if place[1] is not None]
    return kept if dataset.info.folds else sorted(kept, key=lambda place: SPLITS.index(place[1]))
