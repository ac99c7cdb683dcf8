"""Articles in memory to a corpus on disk, and to its splits, in one call."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from classifier.articles import Article, checked
from classifier.assigning import assign, index_columns
from classifier.builders import open_parts
from classifier.config import DataConfig, SplitConfig
from classifier.corpus import Corpus, Preparation, read_corpus
from classifier.errors import Fault
from classifier.progress import SilentTask
from classifier.settling import Settled, distinct_ids, first_of_ids, settle
from classifier.splits import SPLITS, Assignment

Parts = Mapping[str, Sequence[Article | Fault]]


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
) -> Settled:
    """The corpus settled with the default policies, or others."""
    corpus = distinct_ids(make_corpus(articles, folder, index_columns(split or SplitConfig())))
    policies = {
        "multi_label": False, "merge_labels": False, "conflicts": "error", "duplicates": "keep", "near": 0.8, **more,
    }  # fmt: skip
    return settle(corpus, first_of_ids(corpus, lambda fault: None), **policies)


def split(articles: Parts | Sequence[Article], folder: Path, *, policies: Any = None, **settings: Any) -> Assignment:
    """The assignment of these articles under these split settings."""
    config = SplitConfig(**settings)
    return assign(settled(articles, folder, config, **(policies or {})), config)[1]


def by_id(articles: Sequence[Article], assignment: Assignment) -> dict[str, str]:
    """Article id -> split, without those that were left out."""
    codes = zip(articles, assignment.split, strict=True)
    return {article.id: SPLITS[code] for article, code in codes if code >= 0}
