"""What is promised of labels, found on articles that training did not see, and stored with the model.

These are thresholds to abstain by, and label sets.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from classifier.articles.source_names import spelt_alike
from classifier.dataset.folder import run_dataset
from classifier.errors import InputError
from classifier.evaluation.out_of_scope import FILE as OUT_OF_SCOPE
from classifier.evaluation.result import APART
from classifier.jobs.held_out_scores import fold_scores, validation_scores
from classifier.models.adaptation import check_enough_articles, check_estimable
from classifier.models.ensemble import EnsembleInfo, read_ensemble, write_ensemble
from classifier.models.model_folder import ModelInfo, read_model_info, write_model_info
from classifier.models.predictor import Predictor
from classifier.models.run_folder import RunFolder
from classifier.models.trained import Trained
from classifier.progress import Progress
from classifier.stats.abstention import check_precision, fit_abstention
from classifier.stats.conformal import check_has_sets, check_level, fit_sets
from classifier.stats.label_shift import validation_scores as summary

logger = logging.getLogger(__name__)
OF_THRESHOLDS = ", which were of older thresholds"
OLDER = {"abstention": f"abstention{OF_THRESHOLDS}", "sets": "label sets, which were older"}


@dataclass(frozen=True)
class Promises:
    """What is asked for.

    Attributes:
        min_precision: the share of each class's labels that is to be right; None = not asked for.
        sets: the share of label sets that are to hold the true label; None = not asked for.

    Example:
        >>> list(Promises(0.9, None).names)
        ['abstention']
    """

    min_precision: float | None = None
    sets: float | None = None

    def __post_init__(self) -> None:
        """Raise `InputError` unless each can be promised."""
        if self.min_precision is not None:
            check_precision(self.min_precision)
        if self.sets is not None:
            check_level(self.sets)

    @property
    def names(self) -> Iterator[str]:
        """The fields of a model, and of an evaluation, that hold what was asked for."""
        if self.min_precision is not None:
            yield "abstention"
        if self.sets is not None:
            yield "sets"


def with_promises(
    predictor: Predictor,
    run: RunFolder,
    asked: Promises,
    progress: Progress,
    folds: Path | None = None,
    before: Predictor | None = None,
) -> Predictor:
    """The predictor with what was asked for, found on the run's validation articles, or on all of a cross-validation.

    Args:
        predictor: of the run, or the ensemble that it is the first of.
        run: has the dataset.
        asked: what is to be promised.
        progress: told of each step.
        folds: a cross-validation with the run's settings (`classifier.jobs.held_out_scores`); None = validation.
        before: what scores validation, where the predictor has learned from it (``train.refit``).

    Raises:
        InputError: there are none, or too few; or sets are asked of a model that may give several labels.
    """
    if not list(asked.names):
        if folds is not None:
            raise InputError("--folds goes with --min-precision, --sets or --cascade.", fix="Add --min-precision 0.9")
        return predictor
    option = "--sets" if asked.min_precision is None else "--min-precision"
    if asked.sets is not None:
        check_has_sets(multi_label=predictor.info.multi_label, run=run.path)
    if folds is None:
        scores = validation_scores(before or predictor, run, option, progress)
    else:
        scores = fold_scores(folds, predictor, run)
    given, info, where = predictor.given(scores.proba), predictor.info, scores.found_on
    if asked.min_precision is not None:
        right = predictor.label_set.matrix(scores.truth)
        found = fit_abstention(scores.proba, given, right, asked.min_precision, scores.groups, scores.resampled)
        info = replace(info, abstention=replace(found, found_on=where))
    if asked.sets is not None:
        sets = fit_sets(scores.proba, given, scores.truth, asked.sets, scores.groups, scores.resampled)
        info = replace(info, sets=replace(sets, found_on=where))
    return replace(predictor, info=info)


def store_promises(
    path: Path, run: RunFolder, ensemble: EnsembleInfo | None, found: ModelInfo, asked: Promises, folder: Path
) -> None:
    """Keep what was found with the model or the ensemble, and remove figures of what was stored there before.

    Args:
        path: the run, or the folder of several seeds.
        run: whose model it is kept with, unless there is an ensemble.
        ensemble: what is fitted to it.
        found: has what was found.
        asked: what that is.
        folder: of the evaluation whose figures are new.
    """
    new = {name: getattr(found, name) for name in asked.names}
    if ensemble is not None:
        write_ensemble(path, replace(ensemble, validation=found.validation, **new))
    else:
        write_model_info(run.model, replace(read_model_info(run.model), **new))
    files = {name: {APART[name]: OLDER[name]} for name in new}
    if "abstention" in new:
        files["abstention"][OUT_OF_SCOPE] = f"articles out of scope{OF_THRESHOLDS}"
    for name, what in (pair for held in files.values() for pair in held.items()):
        for file in path.glob(f"evaluation/*/{name}"):
            if file.parent.resolve() != folder.resolve():
                file.unlink()
                logger.warning("evaluation/%s lost its figures of %s: evaluate on it again", file.parent.name, what)


def with_validation(predictor: Predictor, trained: Trained, articles: int, progress: Progress) -> Predictor:
    """The predictor with its scores of validation, which adapting to other shares of labels needs.

    Args:
        predictor: of the run or the ensemble. One of an older version does not have them; they are found, and stored.
        trained: the run, or the folder of several seeds.
        articles: how many there are to adapt to.
        progress: told of each step.

    Raises:
        InputError: there are no validation articles, or scores are not calibrated, or there are too few articles to
            estimate shares from.
    """
    check_enough_articles(articles)
    if predictor.info.validation is not None or predictor.info.calibration is None:
        check_estimable(predictor.info, trained.path)
        return predictor
    run = trained.first_run()
    scores = validation_scores(predictor, run, "--adapt", progress)
    sources = spelt_alike(run_dataset(run.path).column("validation", "source"))
    found = summary(scores.proba, scores.truth, sources=sources)
    if trained.ensemble is not None:
        write_ensemble(trained.path, replace(read_ensemble(trained.path), validation=found))
    else:
        write_model_info(run.model, replace(read_model_info(run.model), validation=found))
    logger.info("the shares that scores take for granted are stored with the model: predict --adapt can be used")
    info = replace(predictor.info, validation=found)
    check_estimable(info, trained.path)
    return replace(predictor, info=info)
