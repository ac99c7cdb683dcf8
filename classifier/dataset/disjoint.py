"""Whether the splits of a dataset on disk are still apart, and as ``splits.parquet`` says."""

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
    """Raise `InputError` if an id or a text stands in two splits, or articles were added, moved or removed."""
    seen: dict[tuple[str, str | int], object] = {}
    found = []
    again = "Build the dataset again; its folder has been changed since."
    for home, article in _at_home(dataset):
        for key in (("id", article.id), ("text", text_key(article.text))):
            if seen.setdefault(key, home) != home:
                message = f"The {key[0]} of article '{article.id}' stands in two splits of '{dataset.path}'."
                raise InputError(message, fix=again)
        found.append((article.id, home))
    if found != _recorded(dataset):
        raise InputError(f"'{dataset.path}' holds other articles than its splits.parquet says.", fix=again)


def _at_home(dataset: DatasetFolder) -> Iterator[tuple[object, Article]]:
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
    homes = table["split" if dataset.info.folds is None else "fold"].to_pylist()
    kept = [place for place in zip(table["id"].to_pylist(), homes, strict=True) if place[1] is not None]
    return kept if dataset.info.folds else sorted(kept, key=lambda place: SPLITS.index(place[1]))
