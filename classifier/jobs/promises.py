"""What is promised of labels, found on validation and stored with the model: thresholds to abstain by, label sets."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from classifier.dataset.folder import run_dataset
from classifier.errors import InputError
from classifier.evaluation.evaluate_articles import grouping_of
from classifier.evaluation.result import APART
from classifier.models.classifier import Classifier
from classifier.models.ensemble import EnsembleInfo, write_ensemble
from classifier.models.model_folder import ModelInfo, read_model_info, write_model_info
from classifier.models.run_folder import RunFolder
from classifier.progress import Progress
from classifier.stats.abstention import check_precision, fit_abstention
from classifier.stats.conformal import check_level, fit_sets

logger = logging.getLogger(__name__)


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


def with_promises(classifier: Classifier, run: RunFolder, asked: Promises, progress: Progress) -> Classifier:
    """The classifier with what was asked for, found on the run's validation articles.

    Raises:
        InputError: there are none, or too few; or sets are asked of a model that may give several labels.
    """
    names = list(asked.names)
    if not names:
        return classifier
    option = "--sets" if asked.min_precision is None else "--min-precision"
    if asked.sets is not None and classifier.info.multi_label:
        raise InputError(
            "--sets is for models that give one label, and this one may give an article several.",
            fix="Leave it out; --min-precision 0.9 finds from which score on each label is right often enough.",
        )
    dataset = run_dataset(run.path)
    if "validation" not in dataset.splits:
        raise InputError(
            f"{option} needs validation articles, and the dataset of this run has none.",
            fix="Train with some: --set split.validation_size=0.1",
        )
    articles = list(dataset.articles("validation"))
    truth = classifier.label_set.encode(article.labels for article in articles)
    grouping = grouping_of(run, articles, dataset)
    what = {"abstention": "thresholds", "sets": "label sets"}
    with progress.task(f"finding {' and '.join(what[name] for name in names)} on validation", len(articles)) as task:
        proba = classifier.predict_articles(articles, task)
    given, info = classifier.given(proba), classifier.info
    if asked.min_precision is not None:
        right = classifier.label_set.matrix(truth)
        found = fit_abstention(proba, given, right, asked.min_precision, grouping.coarser, grouping.name)
        info = replace(info, abstention=found)
    if asked.sets is not None:
        info = replace(info, sets=fit_sets(proba, given, truth, asked.sets, grouping.coarser, grouping.name))
    return replace(classifier, info=info)


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
        write_ensemble(path, replace(ensemble, **new))
    else:
        write_model_info(run.model, replace(read_model_info(run.model), **new))
    older = {"abstention": "abstention, which were of older thresholds", "sets": "label sets, which were older"}
    for name in new:
        for file in path.glob(f"evaluation/*/{APART[name]}"):
            if file.parent.resolve() != folder.resolve():
                file.unlink()
                logger.warning(
                    "evaluation/%s lost its figures of %s: evaluate on it again", file.parent.name, older[name]
                )
