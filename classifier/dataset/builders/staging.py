"""Keeps articles in a temporary file until their columns, types and labels are known, which some formats need."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from typing import IO, Any

from classifier.articles.arrow import kind_of
from classifier.articles.article import OPTIONAL, Article
from classifier.articles.typed_json import decoded, encoded

FIELDS = tuple(part.name for part in fields(Article))


@dataclass
class StagedArticles:
    """Articles in a temporary file, and what a format must know before it writes the first one.

    Attributes:
        file: holds the articles.
        count: how many there are.
        filled: standard columns in which any article has a value.
        extra: extra column -> kinds of its values, from `kind_of`.
        labels: labels that occur.
    """

    file: IO[bytes]
    count: int = 0
    filled: set[str] = field(default_factory=set)
    extra: dict[str, set[str]] = field(default_factory=dict)
    labels: set[str] = field(default_factory=set)

    def __iter__(self) -> Iterator[Article]:
        self.file.seek(0)
        for line in self.file:
            yield Article(**dict(zip(FIELDS, decoded(json.loads(line)), strict=True)))

    def extra_name(self, name: str) -> str:
        """The name of an extra column, changed if a standard column in use has the same name."""
        return f"original_{name}" if name in self.filled else safe_name(name)

    def columns(self, multi_label: bool) -> dict[str, set[str]]:
        """Column -> kinds of its values: id, text, label(s), the standard columns in use, the extra ones."""
        labels = {"labels": {"list str"}} if multi_label else {"label": {"str"}}
        standard = {name: {"str"} for name in OPTIONAL if name in self.filled}
        extra = {self.extra_name(name): kinds for name, kinds in self.extra.items()}
        return {"id": {"str"}, "text": {"str"}, **labels, **standard, **extra}

    def records(self, multi_label: bool) -> Iterator[dict[str, Any]]:
        """Each article as a record with these columns, without the extra columns that the article lacks."""
        used = [name for name in OPTIONAL if name in self.filled]
        for article in self:
            labels = {"labels": list(article.labels)} if multi_label else {"label": next(iter(article.labels), None)}
            standard = {name: article.column(name) for name in used}
            extra = {self.extra_name(name): value for name, value in article.extra.items()}
            yield {"id": article.id, "text": article.text, **labels, **standard, **extra}


def stage_articles(articles: Iterable[Article], file: IO[bytes]) -> StagedArticles:
    """Write articles to a temporary file, and note their columns, kinds of values and labels."""
    found = StagedArticles(file)
    for article in articles:
        file.write(json.dumps([encoded(getattr(article, name)) for name in FIELDS]).encode() + b"\n")
        found.count += 1
        found.filled.update(name for name in OPTIONAL if getattr(article, name) is not None)
        found.labels.update(article.labels)
        for name, value in article.extra.items():
            found.extra.setdefault(name, set()).add(kind_of(value))
    return found


def safe_name(name: str) -> str:
    """The name of an extra column: ``original_NAME`` if it is the name of the id, the text or the labels."""
    return f"original_{name}" if name in ("id", "text", "label", "labels") else name


def columns_to_write(article: Article) -> dict[str, Any]:
    """Id, text and every other column that has a value, without the labels."""
    standard = {name: value for name in OPTIONAL if (value := getattr(article, name)) is not None}
    extra = {safe_name(name): value for name, value in article.extra.items() if value is not None}
    return {**extra, **standard, "id": article.id, "text": article.text}


def describe_place(article: Article) -> str:
    """The place of an article for messages: its file and line, else its id."""
    return article.where or f"article '{article.id}'"
