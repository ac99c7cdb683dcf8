"""Fits TF-IDF on the training articles of a dataset, for a run: what the model has to beat, and is blended with.

Where a teacher scores unlabelled articles, the model is blended with another one that has learned the labels which the
teacher gives them, beside the true ones; what it has to beat knows true labels alone.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from classifier.arrays import Ints
from classifier.articles.article import Article
from classifier.config import Config
from classifier.dataset.folder import DatasetFolder
from classifier.errors import counted
from classifier.models.run_folder import RunFolder
from classifier.models.tfidf import (
    USUAL,
    Baselines,
    fit_baselines,
    fit_counted,
    load_baselines,
    save_baselines,
)
from classifier.models.tfidf_features import count_articles
from classifier.progress import Progress
from classifier.stats.thresholds import decide
from classifier.training.folds import held_out_of
from classifier.training.teacher import read_pool, taught_by

logger = logging.getLogger(__name__)
ENOUGH = (
    500  # validation articles, which tell what TF-IDF's scores are worth without more trainings; pairs gain nothing
)


def fit_run_baselines(run: RunFolder, dataset: DatasetFolder, *, balanced: bool) -> None:
    """Write ``RUN/baseline``: fitted on train, its penalty chosen on validation where there is some.

    Args:
        run: its folder.
        dataset: what to fit it on.
        balanced: whether classes weigh the same in training, and so in what TF-IDF's scores are worth; for pairs the
            latter is not looked for, since their blend does not gain by it.
    """
    save_baselines(_fitted(dataset, balanced=balanced), run.baseline)


def refit_tfidf(run: RunFolder, config: Config, dataset: DatasetFolder) -> None:
    """Write TF-IDF anew for more training articles in ``RUN/refit``, with the penalty that validation chose before.

    Args:
        run: has the baselines of before in ``before_refit``, and what a teacher taught them in ``distil``.
        config: its settings.
        dataset: what to fit them on.
    """
    again = run.refit
    for before, folder, taught in (
        (run.before_refit.baseline, again.baseline, False),
        (run.taught_tfidf, again.taught_tfidf, True),
    ):
        if not before.exists() or folder.exists():
            continue
        older, articles = load_baselines(before), list(dataset.articles("train"))
        y = dataset.info.label_set.encode(article.labels for article in articles)
        pool, given = _lesson(run, config, dataset) if taught else ([], y[:0])
        terms = count_articles([*articles, *pool], pair=dataset.info.pair)
        fitted = fit_counted(terms, np.concatenate([y, given]), penalty=older.penalty or USUAL)
        save_baselines(replace(fitted, scale=older.scale), folder)


def fit_taught_tfidf(run: RunFolder, config: Config, dataset: DatasetFolder, progress: Progress) -> None:
    """Write ``RUN/distil/tfidf``, which has learned the teacher's labels of the unlabelled articles too.

    Nothing is written where it has been already, where there are none of these, or where no TF-IDF is blended in.
    (Learning from labels that a model gave is Lee, "Pseudo-Label", ICML 2013 workshop.)

    Args:
        run: has the teacher's scores.
        config: its settings.
        dataset: that it is trained on.
        progress: told that it is at work.
    """
    if run.taught_tfidf.exists() or not config.has_teacher or config.train.blend in ("none", 0):
        return
    pool, given = _lesson(run, config, dataset)
    if not pool:
        return
    logger.info(
        "the TF-IDF that is blended in learns what the teacher says of %s too",
        counted(len(pool), "unlabelled article"),
    )
    with progress.task("training TF-IDF on the teacher's labels too", None):
        balanced = config.train.balanced
        save_baselines(_fitted(dataset, pool, given, balanced=balanced), run.taught_tfidf)


def _lesson(run: RunFolder, config: Config, dataset: DatasetFolder) -> tuple[list[Article], Ints]:
    """The unlabelled articles, and the labels that the teacher gives to them."""
    multi_label = dataset.info.multi_label
    taught = taught_by(run, config, dataset.column("train", "id"), multi_label=multi_label)
    return list(read_pool(run)), decide(taught.scores[taught.labelled :], multi_label)


def _fitted(
    dataset: DatasetFolder, pool: Sequence[Article] = (), given: Ints | None = None, *, balanced: bool
) -> Baselines:
    """Baselines of the training articles, and of a pool with the labels that a model gave to it."""
    labels, pair, articles = dataset.info.label_set, dataset.info.pair, list(dataset.articles("train"))
    y = labels.encode(article.labels for article in articles)
    validation = list(dataset.articles("validation")) if "validation" in dataset.splits else []
    chosen_on = validation, labels.encode(article.labels for article in validation)
    alone = len(validation) >= ENOUGH or pair
    held_out = None if alone else held_out_of(articles, dataset, balanced=balanced, learnt=len(pool))
    known = y if given is None else np.concatenate([y, given])
    return fit_baselines([*articles, *pool], known, pair=pair, validation=chosen_on, held_out=held_out)
