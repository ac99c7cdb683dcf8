"""Scores of articles that the models which gave them were not trained on: what promises are found on.

They are those of the run's validation articles, or of a cross-validation with the run's settings. Validation is often
too small to show anything: of 600 articles it has 60, where folds have scores of all 600. These are then of several
models, each trained without the article that it scores (as in cross-conformal prediction: Vovk, "Cross-conformal
predictors", Annals of Mathematics and Artificial Intelligence 74, 2015), so what is found holds for models that are
trained so, and only nearly for the run's own. Its test articles, and what stands together with them, are left out, so
that the figures on test stay free of them.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from classifier.arrays import Bools, Floats32, Ints
from classifier.articles.article import Article
from classifier.config import Config
from classifier.config_file import load_config
from classifier.dataset.duplicates import text_key
from classifier.dataset.folder import open_dataset, run_dataset
from classifier.errors import InputError, names
from classifier.evaluation.cascade import scored_table
from classifier.evaluation.evaluate_articles import grouping_of
from classifier.evaluation.predictions import TFIDF_SCORES, read_predictions
from classifier.evaluation.result import FoldsFigures
from classifier.files import read_json_as
from classifier.jobs.several_runs import read_run_plan
from classifier.models.decider import Decider
from classifier.models.predictor import Predictor
from classifier.models.run_folder import RunFolder
from classifier.models.trained import FIGURES, Trained, open_trained
from classifier.progress import Progress

VALIDATION, CROSS_VALIDATION = "validation", "cross-validation"
DECIDES = ("model", "train")  # sections of the settings that decide what scores are like
PER_TRAINING = (  # may differ: they follow from the number of articles, or do not change what is learnt
    *("num_train_epochs", "learning_rate", "batch_size", "most_frequent_share", "seed", "budget"),
    *("device", "token_budget", "gradient_checkpointing"),
    *("eval_steps", "save_steps", "save_minutes", "report_to"),
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class HeldOutScores:
    """Scores of labelled articles.

    Attributes:
        proba: calibrated, shape (articles, classes).
        truth: the true class of each article, shape (articles,), or a 0/1 matrix.
        groups: which articles stand together, shape (articles,).
        resampled: what the groups are, as in `classifier.evaluation.groups`.
        found_on: ``validation`` or ``cross-validation``.
        tfidf: decision values of TF-IDF, shape (articles, classes); None = not known.
    """

    proba: Floats32
    truth: Ints
    groups: Ints
    resampled: str
    found_on: str
    tfidf: Floats32 | None = None


def validation_scores(predictor: Predictor, run: RunFolder, option: str, progress: Progress) -> HeldOutScores:
    """Those of the run's validation articles.

    Args:
        predictor: scores them.
        run: has the dataset.
        option: that asks for them; a message names it.
        progress: told of each step.

    Raises:
        InputError: there are none.
    """
    dataset = run_dataset(run.path)
    if VALIDATION not in dataset.splits:
        raise InputError(
            f"{option} needs validation articles, and the dataset of this run has none.",
            fix="Train with some: --set split.validation_size=0.1",
        )
    articles = list(dataset.articles(VALIDATION))
    truth = predictor.label_set.encode(article.labels for article in articles)
    grouping = grouping_of(run, articles, dataset)
    with progress.task("predicting the validation articles", len(articles)) as task:
        proba = predictor.predict_articles(articles, task)
    return HeldOutScores(proba, truth, grouping.coarser, grouping.name, VALIDATION)


def fold_scores(folds: Path, decider: Decider, run: RunFolder) -> HeldOutScores:
    """Those of a cross-validation, each by the model that did not see the article; without the run's test articles.

    Args:
        folds: what ``train --all-folds`` wrote.
        decider: of the run.
        run: for which something is to be found.

    Raises:
        InputError: there is no cross-validation, it has not ended, or its labels or its encoder are others than the
            run's; or every article of it is among the run's test articles.
    """
    trained = open_trained(folds, command="--folds", takes=("folds",))
    _check_like(trained, run)
    table = read_predictions(folds)
    labels = tuple((table.schema.metadata or {}).get(b"labels", b"").decode().split("\n"))
    if labels != decider.info.labels:
        raise InputError(
            f"The labels of '{folds}' are others than those of the run: {names(labels)} and "
            f"{names(decider.info.labels)}.",
            fix="Give a cross-validation on the articles of this run.",
        )
    groups, tested = table["group"].to_numpy(), _is_test(folds, table["id"].to_pylist(), run)
    keep = ~np.isin(groups, groups[tested])
    if not keep.any():
        raise InputError(
            f"All articles of '{folds}' are test articles of the run, or stand together with them.",
            fix="Give a cross-validation on all articles of this run.",
        )
    given = [(value,) if isinstance(value, str) else tuple(value) for value in table["label"].to_pylist()]
    figures = read_json_as(folds / FIGURES["folds"], FoldsFigures, fix="Train the folds again.")
    return HeldOutScores(
        np.array(table["scores"].to_pylist(), dtype=np.float32)[keep],
        decider.label_set.encode(given)[keep],
        groups[keep],
        figures.pooled.resampled,
        CROSS_VALIDATION,
        scored_table(table, decider.label_set).tfidf[keep] if TFIDF_SCORES in table.column_names else None,
    )


def _check_like(folds: Trained, run: RunFolder) -> None:
    """Raise `InputError` if the folds have another encoder than the run; warn of other settings that differ."""
    ours, theirs = load_config(run.config), load_config(folds.first_run().config)
    differ = [name for name in _deciding(ours) if _deciding(ours)[name] != _deciding(theirs)[name]]
    if "model.name" in differ:
        raise InputError(
            f"The encoder of '{folds.path}' is {theirs.model.name}, that of the run {ours.model.name}.",
            fix="Give a cross-validation with the settings of this run.",
        )
    if differ:
        logger.warning(
            "the cross-validation was trained with other settings (%s): what is found may not hold for this run",
            ", ".join(f"{name}={_deciding(theirs)[name]}, not {_deciding(ours)[name]}" for name in differ),
        )


def _deciding(config: Config) -> dict[str, object]:
    values = config.model_dump()
    return {
        f"{section}.{name}": value
        for section in DECIDES
        for name, value in values[section].items()
        if name not in PER_TRAINING
    }


def _is_test(folds: Path, ids: Sequence[str], run: RunFolder) -> Bools:
    """Which articles of the folds have the text and the target of a test article of the run."""
    dataset = open_dataset((folds / read_run_plan(folds).dataset).resolve())
    tested = {_key(article) for article in run_dataset(run.path).articles("test")}
    found = {article.id: _key(article) in tested for article in dataset.articles()}
    return np.array([found[name] for name in ids], dtype=bool)


def _key(article: Article) -> tuple[int, int]:
    return text_key(article.text), text_key(article.target or "")
