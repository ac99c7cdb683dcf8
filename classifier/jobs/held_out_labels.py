"""One label held out at a time: what becomes of articles of a kind that a run was not trained on."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from classifier.arrays import Bools, Ints
from classifier.articles.article import Article
from classifier.config import Config
from classifier.dataset.folder import DatasetFolder, run_dataset
from classifier.dataset.stratification import stratify
from classifier.durations import time_words
from classifier.errors import InputError, names
from classifier.evaluation.evaluate_articles import grouping_of
from classifier.evaluation.labels.held_out import (
    FEWEST,
    HeldOutLabels,
    enough,
    hold_out_labels,
    labelled_articles,
    seconds_of_a_label,
)
from classifier.evaluation.labels.out_of_fold import FOLDS
from classifier.jobs.frozen_encoder import embed, frozen_settings
from classifier.models.model_folder import ModelInfo
from classifier.models.run_folder import RunFolder
from classifier.progress import Progress
from classifier.training.auto import ChosenConfig

logger = logging.getLogger(__name__)
OPTION = "--held-out-labels"
MOST_LEARNED, MOST_TESTED = 4_000, 2_000  # training and validation articles, and test articles; of more, a sample
TRIED = 16  # articles that are read to tell how long all of them take
WORTH_TELLING = 200  # articles, below which the telling would take as long
PRECISION = 0.9  # that thresholds promise where the model has none


def check_can_hold_out(info: ModelInfo) -> None:
    """Raise `InputError` unless at least two labels are left where one is held out.

    Args:
        info: what the model says about itself.
    """
    if len(info.labels) < 3:
        raise InputError(
            f"{OPTION} needs three labels at least, and this model has {len(info.labels)} ({names(info.labels)}): "
            "without one of them there is nothing left to tell apart.",
            fix="Give articles that belong to neither: --out-of-scope FILE",
        )


def hold_out(run: RunFolder, config: Config, info: ModelInfo, progress: Progress) -> HeldOutLabels:
    """Train a stand-in without each label in turn; about how long that takes is said before.

    Args:
        run: has the dataset, all of whose articles are scored.
        config: of the run.
        info: of its model: names the labels, and the precision of its thresholds.
        progress: told of each step.

    Raises:
        InputError: the encoder or the dataset cannot be used, or no label has enough articles.
    """
    dataset = run_dataset(run.path)
    articles, learned = _articles(dataset)
    sampled = _sample(learned)
    chosen, settings = [articles[row] for row in sampled], frozen_settings(config, pair=info.pair)
    grouping = grouping_of(run, chosen, dataset)
    units = np.unique(dataset.units_with_copies([article.id for article in chosen]), return_inverse=True)[1].reshape(-1)
    shares = {str(fold): 1 / FOLDS for fold in range(FOLDS)}
    fold = stratify([article.labels for article in chosen], units, shares, 0)
    with progress.task("counting words", None):
        labels = dataset.info.label_set
        found = labelled_articles(chosen, labels, learned[sampled], fold, grouping.coarser)
        held, few = enough(found)
    if not held:
        raise InputError(
            f"No label has {FEWEST} articles that could be held out ({names(few)}).", fix="Label more articles."
        )
    with progress.task("measuring how long it will take", None):
        seconds = seconds_of_a_label(found) * (len(held) + 1) + _seconds_of_reading(chosen, settings, info)
    logger.info(
        "holding out %s labels in turn, of %s articles: about %s on this machine",
        *(len(held), f"{len(chosen):,}", time_words(seconds)),
    )
    with progress.task("reading with the frozen encoder", len(chosen)) as task:
        vectors = embed(chosen, settings, pair=info.pair, task=task)
    precision = PRECISION if info.abstention is None else info.abstention.min_precision
    each, accuracy = hold_out_labels(
        replace(found, vectors=vectors), held, precision, samples=config.evaluate.bootstrap_samples, progress=progress
    )
    return HeldOutLabels(
        f"logistic regressions on TF-IDF and on the frozen encoder {config.model.name}",
        each,
        few,
        len(chosen),
        len(articles),
        len(np.unique(fold)),
        precision,
        accuracy,
        grouping.name,
    )


def _articles(dataset: DatasetFolder) -> tuple[list[Article], Bools]:
    """All articles, and which of them are for training and validation."""
    parts = {split: list(dataset.articles(split)) for split in dataset.splits}
    learned = [split != "test" for split, part in parts.items() for _ in part]
    return [article for part in parts.values() for article in part], np.array(learned, dtype=bool)


def _sample(learned: Bools) -> Ints:
    """The articles that are looked at, in their order."""
    rng, parts = np.random.default_rng(0), ((learned, MOST_LEARNED), (~learned, MOST_TESTED))
    return np.sort(np.concatenate([rng.permutation(np.flatnonzero(part))[:most] for part, most in parts]))


def _seconds_of_reading(articles: Sequence[Article], settings: ChosenConfig, info: ModelInfo) -> float:
    """About how long the encoder takes to read articles: some are read, and one of them alone, for the loading."""
    if len(articles) < WORTH_TELLING:
        return 0.0
    spread = articles[:: max(1, len(articles) // TRIED)][:TRIED]
    taken = []
    for some in (spread[:1], spread[:1], spread):  # the first time warms up
        started = time.perf_counter()
        embed(some, settings, pair=info.pair)
        taken.append(time.perf_counter() - started)
    return max(0.0, taken[2] - taken[1]) / (len(spread) - 1) * len(articles) + taken[1]
