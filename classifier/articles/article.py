"""`Article`: one article, labelled or not, and the text that a model reads of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

OPTIONAL = ("title", "target", "source", "author", "date", "language", "url")


@dataclass(frozen=True, slots=True)
class Article:
    """One article, labelled or not.

    Attributes:
        id: unique within its dataset.
        text: the body.
        labels: names of its labels; one for single-label, none or several for multi-label, empty when unlabelled.
        title: joined to the text by `input_text`.
        target: the claim or headline towards which a stance is taken; present = pair input.
        source: outlet or site.
        date: as ISO 8601.
        extra: every other column.
        where: ``file:line``, for messages.
    """

    id: str
    text: str
    labels: tuple[str, ...] = ()
    title: str | None = None
    target: str | None = None
    source: str | None = None
    author: str | None = None
    date: str | None = None
    language: str | None = None
    url: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    where: str = ""

    def column(self, name: str) -> Any:
        """The value of a standard column or of an extra one; None when there is none."""
        value = getattr(self, name) if name in OPTIONAL else None
        return self.extra.get(name) if value is None else value


def as_record(article: Article) -> dict[str, Any]:
    """The article as a row: those of its columns that have a value."""
    label = article.labels[0] if len(article.labels) == 1 else list(article.labels)
    plain = {name: getattr(article, name) for name in OPTIONAL if getattr(article, name) is not None}
    return {"id": article.id, "text": article.text, "label": label, **plain, **article.extra}


def input_text(article: Article) -> str:
    """The text that a model reads: the title, a blank line, the body.

    A title that the body already begins with is not repeated.
    """
    title = (article.title or "").strip()
    if not title or article.text.lstrip().startswith(title):
        return article.text
    return f"{title}\n\n{article.text}"
