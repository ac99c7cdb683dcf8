"""Compares the articles that `predict` labels with those of training, warns where they differ, and writes the page."""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Sequence
from itertools import compress
from pathlib import Path

from classifier.arrays import Floats32
from classifier.articles.article import Article
from classifier.errors import Fault, InputError
from classifier.evaluation.drift import Drift, NewArticles
from classifier.files import REPLACE
from classifier.jobs.known_articles import NOT_COMPARED, drift_of
from classifier.models.known_articles import FILE
from classifier.models.model_folder import ModelInfo
from classifier.models.trained import Trained
from classifier.reports.drift import drift_warning

logger = logging.getLogger(__name__)


class DriftCheck:
    """Takes all articles as they are read, and their scores as these are known, and compares some of them at the end.

    It takes the same articles when a job begins again, so it does not matter where that was stopped.

    Args:
        trained: what labels.
        info: of the model or ensemble.
        run: names it in messages.
        page: to write; None = none.
    """

    def __init__(self, trained: Trained, info: ModelInfo, run: object = "RUN", page: Path | None = None) -> None:
        self.trained, self.info, self.run, self.page = trained, info, run, page
        self.new = NewArticles()
        self._waiting: deque[Sequence[Article | Fault]] = deque()

    @property
    def has_page(self) -> bool:
        """Whether the page is there, or none is asked for."""
        return self.page is None or self.page.exists()

    def read(self, rows: Sequence[Article | Fault]) -> None:
        """The articles of the next rows, or why one is none; their scores come later."""
        self._waiting.append(rows)

    def scored(self, proba: Floats32, faults: Sequence[Fault | None] = ()) -> None:
        """The scores of the articles that have waited longest.

        Args:
            proba: the model's own, of shape (articles, classes).
            faults: of each row, why it has no scores; None = it has some. None at all: every article has.
        """
        rows = self._waiting.popleft()
        scored = rows if not faults else compress(rows, [fault is None for fault in faults])
        self.new.add([what for what in scored if isinstance(what, Article)], proba)

    def finish(self) -> Drift:
        """Compare, warn, and write the page.

        Other languages alone are no reason to warn: that was said before (`classifier.jobs.predict.languages`).

        Raises:
            InputError: what the model keeps of its training articles is damaged.
        """
        found = drift_of(self.trained, self.info, self.new)
        if not (self.trained.models[0] / FILE).exists():
            logger.info("%s", NOT_COMPARED)
        if any(kind.kind != "languages" for kind in found.found):
            logger.warning("%s", drift_warning(found, self.run))
        if self.page is not None:
            from classifier.reports.drift_page import write_drift_page

            write_drift_page(found, self.run, self.page)
        return found


def check_drift_page(page: str | Path | None, *, overwrite: bool) -> None:
    """Raise `InputError` unless the page can be written."""
    if page is None:
        return
    if Path(page).suffix.lower() != ".html" or Path(page).is_dir():
        raise InputError(f"--report '{page}' is not the name of a page.", fix="For example: --report drift.html")
    above = next(folder for folder in Path(page).absolute().parents if folder.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise InputError(
            f"--report '{page}' cannot be written: '{above}' is no folder that can be written to.",
            fix="Choose another --report.",
        )
    if Path(page).exists() and not overwrite:
        raise InputError(f"'{page}' exists already.", fix=f"Choose another --report (from Python: page), or {REPLACE}.")
