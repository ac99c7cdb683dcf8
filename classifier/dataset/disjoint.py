"""Checks that the splits of a dataset on disk share no article, and agree with ``splits.parquet``."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, repeat

from classifier.articles.article import Article
from classifier.articles.split_names import SPLITS
from classifier.dataset.duplicates import text_key
from classifier.dataset.folder import DatasetFolder
from classifier.errors import InputError

Place = tuple[str | None, ...]  # the split in each fold, None where it is in none; one entry where there are no folds


def check_disjoint(dataset: DatasetFolder) -> None:
    """Raise `InputError` if an id or a text is in two splits, or if articles were added, moved or removed."""
    seen: dict[tuple[str, str | int], Place] = {}
    found = []
    again = "Build the dataset again: its folder has been changed since, or an older version of classifier built it."
    for place, article in _with_place(dataset):
        for key in (("id", article.id), ("text", text_key(article.text))):
            known = seen.setdefault(key, place)
            if known == place:
                continue
            if any(a != b for a, b in zip(known, place, strict=False) if a and b):
                message = f"The {key[0]} of article '{article.id}' is in two splits of '{dataset.path}'."
                raise InputError(message, fix=again)
            seen[key] = tuple(a or b for a, b in zip(known, place, strict=False))
        found.append((article.id, place))
    if found != _recorded(dataset):
        raise InputError(f"'{dataset.path}' holds other articles than its splits.parquet lists.", fix=again)


def _with_place(dataset: DatasetFolder) -> Iterator[tuple[Place, Article]]:
    """(its place, article) for all articles."""
    if dataset.info.folds is None:
        for split in dataset.splits:
            yield from (((split,), article) for article in dataset.articles(split))
    else:
        places = [place for _, place in _recorded(dataset)]
        yield from zip(chain(places, repeat(())), dataset.articles(), strict=False)


def _recorded(dataset: DatasetFolder) -> list[tuple[str, Place]]:
    """(id, its place) of all articles, in the order in which they are read."""
    table, folds = dataset.assigned(), dataset.info.folds
    columns = ["split"] if folds is None else [f"fold_{k + 1}" for k in range(folds)]
    places = zip(*(table[name].to_pylist() for name in columns), strict=True)
    kept = [(name, place) for name, place in zip(table["id"].to_pylist(), places, strict=True) if any(place)]
    return kept if folds else sorted(kept, key=lambda one: SPLITS.index(one[1][0] or ""))
