"""A dataset that is extended: its articles keep their splits, and only what it does not have yet is added."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from classifier.articles import Article, as_record
from classifier.assigning import Earlier
from classifier.dataset_folder import DatasetFolder, check_disjoint, open_dataset
from classifier.duplicates import text_key
from classifier.errors import Fault, InputError
from classifier.splits import SPLITS
from classifier.stripping import strip_article

SAME = {"data": ("task", "strip", "near_duplicates")}  # settings that must not change, beside all of [split]
Key = tuple[int, int]  # of text and target


@dataclass(frozen=True)
class Before:
    """What is known of a dataset that is extended.

    Attributes:
        dataset: the folder.
        earlier: the assignment of its articles, in the order in which they are read.
        known: id -> key, of its articles.
        left_out: ids of the articles that stand in none of its splits; they stay out.
    """

    dataset: DatasetFolder
    earlier: Earlier
    known: Mapping[str, Key]
    left_out: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.earlier.split)


def open_to_extend(path: Path, settings: Mapping[str, Any]) -> DatasetFolder:
    """Open a dataset that is to be extended under these settings.

    Raises:
        InputError: it is no dataset or has been changed, or it was built with other settings.
    """
    dataset = open_dataset(path)
    check_disjoint(dataset)
    old = dataset.info.settings
    keys = {"split": sorted({*settings["split"], *old["split"]}), **SAME}
    pairs = ((section, key) for section, names in keys.items() for key in names)
    differing = [f"{s}.{key}" for s, key in pairs if settings[s].get(key) != old[s].get(key)]
    if differing:
        raise InputError(
            f"'{path}' was built with other settings: {', '.join(differing)}.",
            fix="Extend it with the settings that it was built with (they stand in its dataset.json).",
        )
    return dataset


def read_before(dataset: DatasetFolder) -> Before:
    """Read what must be known of a dataset to extend it; the texts stay on disk."""
    table = dataset.assigned()
    placed = table["split" if dataset.info.folds is None else "fold"].is_valid()
    left_out = [name for name, there in zip(table["id"].to_pylist(), placed.to_pylist(), strict=True) if not there]
    known = {article.id: _key(article) for article in dataset.articles()}
    return Before(dataset, _earlier(dataset, table.filter(placed)), known, tuple(left_out))


def new_only(
    parts: Mapping[str, Iterable[Article | Fault]], before: Before, strip: tuple[str, ...]
) -> dict[str, Iterator[Article | Fault]]:
    """The articles that the older dataset does not have; an old id with another text or target is a fault.

    Args:
        parts: part -> articles and faults of the source.
        before: the older dataset.
        strip: boilerplate that is taken out of the texts before they are compared.
    """
    left_out = frozenset(before.left_out)
    return {part: _new(part, items, before, left_out, strip) for part, items in parts.items()}


def _earlier(dataset: DatasetFolder, table: Any) -> Earlier:
    if dataset.info.folds is None:
        names = table["split"].to_pylist()
        split = [code for code, name in enumerate(SPLITS) for _ in range(names.count(name))]
        return Earlier(np.array(split, dtype=np.int64), None, dataset.info.cuts, dataset.info.validation_by)
    columns = [table[f"fold_{k + 1}"].to_pylist() for k in range(dataset.info.folds)]
    folds = np.array([[SPLITS.index(name) for name in names] for names in columns], dtype=np.int64).T
    return Earlier(np.zeros(len(folds), dtype=np.int64), folds, None)


def _new(
    part: str, items: Iterable[Article | Fault], before: Before, left_out: frozenset[str], strip: tuple[str, ...]
) -> Iterator[Article | Fault]:
    for item in items:
        if isinstance(item, Fault):
            yield item
            continue
        name = next((n for n in (item.id, f"{part}/{item.id}") if n in before.known or n in left_out), None)
        problem = _problem(item, before, name, strip)
        if problem:
            yield Fault(item.where, problem, "changed article", as_record(item))
        elif name is None:
            yield item


def _problem(article: Article, before: Before, name: str | None, strip: tuple[str, ...]) -> str:
    """Why an article cannot stand beside those of the older dataset; empty where it can."""
    if (article.target is not None) != before.dataset.info.pair:
        return (
            "has no target, and the dataset's articles have one"
            if before.dataset.info.pair
            else ("has a target, and the dataset's articles have none (--set data.pair=false)")
        )
    if name is None or name not in before.known or _key(strip_article(article, strip)) == before.known[name]:
        return ""
    return f"the id '{article.id}' is in the dataset already, with another text"


def _key(article: Article) -> Key:
    return text_key(article.text), text_key(article.target or "")
