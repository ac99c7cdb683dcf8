"""Articles in memory to a corpus on disk, and to its splits, in one call."""

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from classifier.articles.article import Article
from classifier.articles.checked import checked
from classifier.articles.split_names import SPLITS
from classifier.config import DataConfig, SplitConfig
from classifier.dataset.assign import assign, index_columns
from classifier.dataset.builders import open_parts
from classifier.dataset.consistency import ConsistentCorpus, make_consistent
from classifier.dataset.corpus import Corpus
from classifier.dataset.corpus_reader import Preparation, read_corpus
from classifier.dataset.ids import distinct_ids, first_of_ids
from classifier.dataset.splits import Assignment
from classifier.errors import Fault
from classifier.progress import SilentTask

Parts = Mapping[str, Sequence[Article | Fault]]
SYLLABLES = [f"{a}{b}" for a in "bcdfghlmnprstvz" for b in ("an", "er", "il", "os")]
VOCABULARY = [f"{a}{b}{c}" for a in "bdgklmnprst" for b in ("a", "ei", "o", "u") for c in SYLLABLES]
BOILERPLATE = (
    "Copyright Example Media. All rights reserved. This material may not be published, broadcast, rewritten or "
    "redistributed without the written permission of its owners. Sign up here for the morning letter."
)


def read_parts(data: DataConfig) -> dict[str, list[Article]]:
    """The articles of a source by part; an error with every bad row."""
    return {part: checked(stream, part) for part, stream in open_parts(data).items()}


def make_corpus(articles: Parts | Sequence[Article], folder: Path, columns: Sequence[str] = (), **more: Any) -> Corpus:
    """A corpus of these articles in a new folder; faults are dropped."""
    parts = articles if isinstance(articles, Mapping) else {"all": articles}
    folder.mkdir(parents=True)
    preparation = Preparation(tuple(columns), **more)
    return read_corpus(parts, folder, preparation, lambda fault: None, SilentTask(), workers=1)


def settled(
    articles: Parts | Sequence[Article], folder: Path, split: SplitConfig | None = None, **more: Any
) -> ConsistentCorpus:
    """The corpus settled with the default policies, or others."""
    columns = index_columns(split or SplitConfig(), articles if isinstance(articles, Mapping) else ("all",))
    corpus = distinct_ids(make_corpus(articles, folder, columns))
    policies = {
        "multi_label": False,
        "merge_labels": False,
        "conflicts": "error",
        "duplicates": "keep",
        "near": 0.8,
        "contained": 0.8,
        **more,
    }
    return make_consistent(corpus, first_of_ids(corpus, lambda fault: None), **policies)


def split(articles: Parts | Sequence[Article], folder: Path, *, policies: Any = None, **settings: Any) -> Assignment:
    """The assignment of these articles under these split settings."""
    config = SplitConfig(**settings)
    return assign(settled(articles, folder, config, **(policies or {})), config)[1]


def by_id(articles: Sequence[Article], assignment: Assignment) -> dict[str, str]:
    """Article id -> split, without those that were left out."""
    codes = zip(articles, assignment.split, strict=True)
    return {article.id: SPLITS[code] for article, code in codes if code >= 0}


def make_text(rng: random.Random, words: int = 400) -> str:
    """Random words in sentences of twenty: no two texts share a run of three words, but by rare chance."""
    chosen = rng.choices(VOCABULARY, k=words)
    return " ".join(f"{word}." if place % 20 == 19 else word for place, word in enumerate(chosen))


def change_sentence(text: str, rng: random.Random, words: int = 20) -> str:
    """The text with so many words in a row replaced by others."""
    old = text.split()
    start = rng.randrange(len(old) - words)
    return " ".join([*old[:start], *rng.choices(VOCABULARY, k=words), *old[start + words :]])


def drop_paragraph(text: str, rng: random.Random, words: int = 40) -> str:
    """The text without so many words in a row."""
    old = text.split()
    start = rng.randrange(len(old) - words)
    return " ".join([*old[:start], *old[start + words :]])
