"""A dataset folder whose splits keep groups, dates and copies apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier.lazy import lazy_names

if TYPE_CHECKING:
    from classifier.dataset.folder import DatasetFolder, open_dataset

__all__ = ["DatasetFolder", "open_dataset"]
__getattr__, __dir__ = lazy_names(
    __name__, {"DatasetFolder": "classifier.dataset.folder", "open_dataset": "classifier.dataset.folder"}
)
