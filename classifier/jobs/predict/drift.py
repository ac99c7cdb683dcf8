"""Compares the articles that `predict` labels with those of training, warns where they differ, and writes the page."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from classifier.arrays import Floats32
from classifier.articles.article import Article
from classifier.errors import InputError
from classifier.evaluation.drift import Drift, NewArticles
from classifier.jobs.known_articles import NOT_COMPARED, drift_of
from classifier.models.known_articles import FILE
from classifier.models.model_folder import ModelInfo
from classifier.models.trained import Trained
from classifier.reports.drift import drift_warning

logger = logging.getLogger(__name__)


class DriftCheck:
    """Takes the articles and their scores as they are labelled, in order, and compares some of them at the end.

    The same articles are taken whenever a job begins again, so it does not matter where it was interrupted.

    Args:
        trained: what labels; None = a model that was never stored, and nothing is compared.
        info: of the model or ensemble.
        run: names it in messages.
        page: to write; None = none.
    """

    def __init__(self, trained: Trained | None, info: ModelInfo, run: object = "RUN", page: Path | None = None) -> None:
        self.trained, self.info, self.run, self.page = trained, info, run, page
        self.new = NewArticles()

    def add(self, articles: Sequence[Article], proba: Floats32) -> None:
        """The next articles, with the model's own calibrated scores of them."""
        if self.trained is not None:
            self.new.add(articles, proba)

    def finish(self) -> Drift | None:
        """Compare, warn, and write the page.

        Raises:
            InputError: what the model keeps of its training articles is damaged.
        """
        if self.trained is None:
            return None
        found = drift_of(self.trained, self.info, self.new)
        if not (self.trained.models[0] / FILE).exists():
            logger.info("%s", NOT_COMPARED)
        if found.found:
            logger.warning("%s", drift_warning(found, self.run))
        if self.page is not None:
            from classifier.reports.drift_page import write_drift_page

            write_drift_page(found, self.run, self.page)
        return found


def check_page(page: str | Path | None, *, overwrite: bool) -> None:
    """Raise `InputError` unless a page can be written there."""
    if page is None:
        return
    if Path(page).suffix.lower() != ".html" or Path(page).is_dir():
        raise InputError(f"--report '{page}' is not the name of a page.", fix="For example: --report drift.html")
    if Path(page).exists() and not overwrite:
        raise InputError(f"'{page}' exists already.", fix="Choose another --report, or add --overwrite.")
