"""How often TF-IDF alone gives the label of the whole model: found and stored where training has not done so.

It is found on articles that neither was trained on: those of validation, or of a cross-validation.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

from classifier.dataset.folder import run_dataset
from classifier.errors import InputError, shell_word
from classifier.evaluation.cascade import ScoredTable, evaluated_cascade, found_cascade
from classifier.evaluation.groups import Grouping
from classifier.evaluation.predictions import PREDICTIONS, TFIDF_SCORES, read_predictions, with_tfidf_scores
from classifier.jobs.held_out_scores import VALIDATION, fold_scores
from classifier.models.cascade import check_blended
from classifier.models.decider import Decider
from classifier.models.ensemble import read_ensemble, write_ensemble
from classifier.models.model_folder import read_model_info, write_model_info
from classifier.models.predictor import Predictor
from classifier.models.run_folder import RunFolder
from classifier.models.tfidf import load_baselines
from classifier.models.trained import Trained
from classifier.progress import Progress
from classifier.stats.cascade import Cascade

logger = logging.getLogger(__name__)


def with_cascade_found(
    predictor: Predictor, trained: Trained, agreement: float | None, folds: Path | None, progress: Progress
) -> Predictor:
    """The predictor with what it needs for a cascade; found and stored where an older version trained it.

    Args:
        predictor: of the run, or of the folder of several seeds.
        trained: the run, or that folder.
        agreement: that is asked for; None = no cascade is.
        folds: a cross-validation with the run's settings, on whose articles it is found; None = validation.
        progress: told of each step.

    Raises:
        InputError: TF-IDF has no part in the model, or there are no such articles.
    """
    if agreement is None or (predictor.info.cascade is not None and folds is None):
        return predictor
    check_blended(predictor.info)
    run = trained.first_run()
    if folds is None:
        found = evaluated_cascade(predictor, trained.evaluation(VALIDATION), _validation(trained, run, progress))
    else:
        found = _of_folds(predictor, run, folds)
    if trained.ensemble is not None:
        write_ensemble(trained.path, replace(read_ensemble(trained.path), cascade=found))
    else:
        write_model_info(run.model, replace(read_model_info(run.model), cascade=found))
    logger.info("how often TF-IDF alone gives the label of the whole model is stored with it, for predict --cascade")
    return replace(predictor, info=replace(predictor.info, cascade=found))


def _validation(trained: Trained, run: RunFolder, progress: Progress) -> Any:
    """The stored predictions for validation articles, with what TF-IDF says of them."""
    folder = trained.evaluation(VALIDATION)
    if not (folder / PREDICTIONS).exists():
        raise InputError(
            f"--cascade needs an evaluation of validation articles, and '{trained.path}' has none.",
            fix=f"classifier evaluate {shell_word(trained.path)} --split validation; or train with validation "
            "articles.",
        )
    table = read_predictions(folder)
    if TFIDF_SCORES in table.column_names:
        return table
    older = run.before_refit.baseline
    baselines = load_baselines(older if older.exists() else run.baseline)
    with progress.task("scoring validation by TF-IDF alone", None):
        articles = {article.id: article for article in run_dataset(run.path).articles(VALIDATION)}
        classes = len((table.schema.metadata or {}).get(b"labels", b"").split(b"\n"))
        return with_tfidf_scores(table, baselines.scores([articles[k] for k in table["id"].to_pylist()], classes))


def _of_folds(decider: Decider, run: RunFolder, folds: Path) -> Cascade:
    scores = fold_scores(folds, decider, run)
    if scores.tfidf is None:
        raise InputError(
            f"'{folds}' is of an older version, and does not hold what TF-IDF says of each article.",
            fix="Train the folds again, or leave out --folds.",
        )
    known = ScoredTable(scores.truth, decider.decide(scores.proba), scores.proba, scores.tfidf)
    return found_cascade(decider, known, Grouping(scores.groups, scores.resampled), scores.found_on)
