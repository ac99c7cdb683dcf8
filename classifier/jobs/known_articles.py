"""What a model keeps of its training articles, opened, or made for a run of an older version."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from classifier.articles.article import Article
from classifier.articles.boilerplate import strip_article
from classifier.checksums import update_checksums
from classifier.dataset.duplicates import text_key
from classifier.dataset.folder import run_dataset
from classifier.errors import InputError
from classifier.evaluation.drift import FEW_SOURCES, Drift, NewArticles, measure_drift
from classifier.models.known_articles import FILE, load_vectors, read_known_articles
from classifier.models.model_folder import ModelInfo, read_model_info
from classifier.models.trained import Trained
from classifier.reports.drift import NAMES
from classifier.reports.words import joined
from classifier.training.known_articles import keep_known_articles

logger = logging.getLogger(__name__)
NOT_COMPARED = (
    "whether these articles are like those of training is not checked, because the model keeps nothing of those: an "
    "older version made it, or it had too few. Where the run has its dataset, classifier evaluate RUN makes what that "
    "takes"
)


def drift_of(trained: Trained, info: ModelInfo, new: NewArticles) -> Drift:
    """How new articles differ from those that a model was trained on.

    Where they seem to, those that it was trained on are left out, as far as its dataset is there: they are not new, and
    articles are compared with what training articles would be if they were.

    Args:
        trained: the model, or the ensemble, whose first member has what is compared with.
        info: of it.
        new: some of the new articles.

    Raises:
        InputError: what it keeps of its training articles is damaged.
    """
    folder = trained.models[0]
    measured = partial(measure_drift, info, read_known_articles(folder), load=partial(load_vectors, folder))
    found = measured(new)
    if found.found:
        seen = _trained_on(folder.parent, info, new.articles)
        if any(seen):
            logger.info(
                "%s of these articles, of %s that were looked at, were trained on, and are not compared with training",
                *(f"{sum(seen):,}", f"{len(seen):,}"),
            )
            found = measured(new.without(seen))
    _say_not_compared(found)
    return found


def _trained_on(run: Path, info: ModelInfo, articles: Sequence[Article]) -> list[bool]:
    """Which articles have a text that a run was trained on; none where its dataset is gone."""
    try:
        seen = {text_key(article.text) for article in run_dataset(run, refit=info.refit).articles("train")}
    except InputError:
        return [False] * len(articles)
    return [text_key(strip_article(article, info.strip).text) in seen for article in articles]


def _say_not_compared(found: Drift) -> None:
    """Say what too few sources keep from being compared: some traits, or all."""
    few = [NAMES[kind] for kind, why in found.missing.items() if why == FEW_SOURCES]
    if few and found.kinds:
        logger.info("not compared with the training articles: %s (%s)", joined(few), FEW_SOURCES)
    elif few:
        logger.info("whether these articles are like those of training cannot be told: %s", FEW_SOURCES)


def make_known_articles(trained: Trained) -> None:
    """Write what a model keeps of its training articles, where an older version has not, and say so.

    Args:
        trained: a run, or several seeds.
    """
    made = [_make(folder) for folder in trained.models]
    if any(made):
        logger.info("predict and estimate now compare new articles with those of training")


def _make(folder: Path) -> bool:
    if (folder / FILE).exists():
        return False
    info = read_model_info(folder)
    try:
        dataset = run_dataset(folder.parent, refit=info.refit)
    except InputError:  # it is gone, or has changed: the model works without
        return False
    try:
        if not keep_known_articles(folder, info, dataset):
            return False
        update_checksums(folder, FILE)
    except InputError as error:  # the run may be another's, and read-only
        logger.info("what new articles are compared with is not stored: %s", error.message)
        return False
    return True
