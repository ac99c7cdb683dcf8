"""From an article to scores, and a model on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier.lazy import lazy_names

if TYPE_CHECKING:
    from classifier.models.classifier import Classifier

__all__ = ["Classifier"]
__getattr__, __dir__ = lazy_names(__name__, {"Classifier": "classifier.models.classifier"})
