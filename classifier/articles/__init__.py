"""Articles in and out of files: rows, columns, labels, boilerplate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier.lazy import lazy_names

if TYPE_CHECKING:
    from classifier.articles.article import Article
    from classifier.articles.labels import LabelSet

__all__ = ["Article", "LabelSet"]
__getattr__, __dir__ = lazy_names(
    __name__, {"Article": "classifier.articles.article", "LabelSet": "classifier.articles.labels"}
)
