"""Makes the ids of a corpus distinct: adds the part if parts use the same ids, and rejects repeated ids."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from classifier.arrays import Bools
from classifier.articles.article import as_record
from classifier.dataset.corpus import OLD, Corpus, Index
from classifier.errors import Fault

logger = logging.getLogger(__name__)


def distinct_ids(corpus: Corpus) -> Corpus:
    """Put the part's name before each id if several parts use the same ids, for example row numbers.

    An article that really is in two parts is found by its text.
    """
    index = corpus.index
    if not _share_ids(index, set(corpus.parts) - {OLD}):
        return corpus
    logger.info("some ids occur in several parts: the part's name was put before each id, as in train/17")
    named = zip(index.parts, index.ids, strict=True)
    ids = [name if part == OLD else f"{part}/{name}" for part, name in named]
    return replace(corpus, index=replace(index, ids=ids))


def _share_ids(index: Index, parts: set[str]) -> bool:
    """Whether an id occurs in two of these parts, or did so in the dataset that is extended."""
    if len(parts) < 2:
        return False
    within: dict[str, set[str]] = {part: set() for part in (*parts, OLD)}
    for part, name in zip(index.parts, index.ids, strict=True):
        within[part].add(name)
    if any(name.startswith(tuple(f"{part}/" for part in parts)) for name in within.pop(OLD)):
        return True
    return sum(map(len, within.values())) > len(set().union(*within.values()))


def first_of_ids(corpus: Corpus, reject: Callable[[Fault], None]) -> Bools:
    """Which articles have an id that no earlier one has, shape (n,); ``reject`` gets a fault for each other one."""
    kept = np.ones(len(corpus), dtype=bool)
    first: dict[str, int] = {}
    twice = [(row, first[name]) for row, name in enumerate(corpus.index.ids) if first.setdefault(name, row) != row]
    kept[[row for row, _ in twice]] = False
    where = corpus.places(earlier for _, earlier in twice)
    for article, (_, earlier) in zip(corpus.articles(np.flatnonzero(~kept)), twice, strict=True):
        what = f"the id '{article.id}' is already that of {where[earlier]}"
        reject(Fault(article.where, what, "duplicate id", as_record(article)))
    return kept
