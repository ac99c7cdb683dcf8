"""The cheap part of a search: every encoder at hand as a frozen one, under a logistic regression, in a minute or so.

How an encoder does frozen says much about how it does fine-tuned, at a hundredth of the cost. The better half goes on
to fine-tunings (successive halving; Jamieson and Talwalkar, 2016, arXiv:1502.07943), on as many training articles as
the time allows.

STUDY/encoders.json: what was found, so that a study goes on with the same encoders and articles
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from classifier.arrays import Ints
from classifier.config import Config
from classifier.config_file import make_config
from classifier.dataset.folder import DatasetFolder
from classifier.durations import time_words
from classifier.errors import InputError, names
from classifier.files import read_json_as
from classifier.jobs.frozen_encoder import embed_layers, layers_for, probe_settings
from classifier.jobs.request import Request
from classifier.models.at_hand import Encoder, encoders_at_hand, parameter_words
from classifier.models.layers import fit_layer_probe
from classifier.models.run_folder import RunFolder
from classifier.models.transformer.forward import probabilities
from classifier.progress import Progress
from classifier.stats.metrics import headline
from classifier.stats.thresholds import decide
from classifier.training.auto import ChosenConfig, chosen
from classifier.training.outlook import measure

logger = logging.getLogger(__name__)

FILE = "encoders.json"
MOST_READ = 1_000  # articles of each split that a frozen encoder reads
SHARE_OF_TIME = 0.25  # after which no further encoder is tried
MOST_KEPT = 3
TRIALS_WANTED = 10  # that the time is to allow
FEWEST_ARTICLES = 300  # of a fine-tuning in the search


@dataclass(frozen=True)
class TriedEncoder:
    """An encoder as a frozen one, under a logistic regression.

    Attributes:
        name: as ``model.name`` takes it.
        parameters: numbers in its weights.
        score: on validation; None = there was no time for it, or it cannot read the articles.
        seconds: that it took.
        kept: whether fine-tunings of it are tried.
    """

    name: str
    parameters: int
    score: float | None
    seconds: float
    kept: bool = False


@dataclass(frozen=True)
class EncoderChoice:
    """What ``encoders.json`` holds.

    Attributes:
        metric: of the scores.
        tried: the encoders, the best first.
        articles: training articles that each fine-tuning of the search reads; None = all of them.
    """

    metric: str
    tried: tuple[TriedEncoder, ...]
    articles: int | None = None
    format_version: int = 1

    @property
    def kept(self) -> tuple[str, ...]:
        """The encoders whose fine-tunings are tried, the best first."""
        return tuple(encoder.name for encoder in self.tried if encoder.kept)


def candidates(config: Config, most: int, *, fixed: bool) -> list[Encoder]:
    """The encoders that may be tried: those at hand, and that of the settings; the smallest first.

    Args:
        config: names one.
        most: parameters that an encoder may have.
        fixed: whether the one that is named is the only one.

    Raises:
        InputError: none has so few parameters, or the one that is named cannot be had.
    """
    named = encoders_at_hand([config.model.name])
    found = [one for one in named if one.name == config.model.name] if fixed else named
    small = [one for one in found if one.parameters <= most]
    if not small:
        least = found[0]
        raise InputError(
            f"--max-params {most:,}: no encoder at hand has so few parameters; '{least.name}' has the fewest, "
            f"{least.parameters:,}.",
            fix=f"--max-params {parameter_words(least.parameters)}",
        )
    return small


def try_encoders(
    config: Config, dataset: DatasetFolder, found: Sequence[Encoder], deadline: float | None, progress: Progress
) -> EncoderChoice:
    """Score every encoder on validation as a frozen one, and keep the better half.

    Args:
        config: the settings, "auto" where they are to be chosen for each encoder.
        dataset: with train and validation; test is not read.
        found: the encoders; the smallest come first, and are tried whatever time there is for others.
        deadline: by `time.monotonic`, after which no further one is tried; None = all are.
        progress: told of each article.
    """
    metric, part = config.train.metric_for_best_model, _part(dataset, config.train.seed)
    tried: list[TriedEncoder] = []
    for encoder in found:
        started = time.monotonic()
        slowest = max((one.seconds / one.parameters for one in tried), default=0.0)  # seconds for a parameter
        if deadline is None or not tried or started + slowest * encoder.parameters < deadline:
            score = _score(config, part, encoder.name, metric, progress)
            seconds = time.monotonic() - started
            said = "cannot read these articles with these settings" if score is None else f"{metric} {score:.3f}"
            logger.info("frozen, %s (%s): %s", encoder.name, parameter_words(encoder.parameters), said)
            tried.append(TriedEncoder(encoder.name, encoder.parameters, score, round(seconds, 1)))
        else:
            logger.info("no time is left to try %s (%s)", encoder.name, parameter_words(encoder.parameters))
            tried.append(TriedEncoder(encoder.name, encoder.parameters, None, 0.0))
    return EncoderChoice(metric, _halved(tried))


def _halved(tried: Sequence[TriedEncoder]) -> tuple[TriedEncoder, ...]:
    """The best first; of those with a score the better half is kept, one of two."""
    ranked = sorted(tried, key=lambda one: (one.score is None, -(one.score or 0.0), one.parameters))
    scored = sum(one.score is not None for one in ranked)
    if not scored:
        raise InputError(
            f"None of the encoders at hand can be used: {names([one.name for one in ranked])}.",
            fix="Give another one: --set model.name=FOLDER",
        )
    most = min(MOST_KEPT, -(-scored // 2))
    return tuple(
        TriedEncoder(one.name, one.parameters, one.score, one.seconds, kept=place < most)
        for place, one in enumerate(ranked)
    )


def with_encoder(config: Config, name: str) -> Config:
    """The settings with another encoder."""
    return make_config(config.model_dump(mode="json", exclude_none=True), {"model.name": name})


def _part(dataset: DatasetFolder, seed: int) -> DatasetFolder:
    counts = dataset.counts()
    train, validation = (_drawn(counts[split].articles, MOST_READ, seed) for split in ("train", "validation"))
    return dataset.training_on(train.tolist()).validating_on(validation.tolist())


def draw_articles(dataset: DatasetFolder, count: int | None, seed: int) -> DatasetFolder:
    """The dataset with so many of its training articles, drawn at random; all of them for None."""
    if count is None:
        return dataset
    return dataset.training_on(_drawn(dataset.counts()["train"].articles, count, seed).tolist())


def _drawn(articles: int, most: int, seed: int) -> Ints:
    return np.sort(np.random.default_rng([seed, articles]).permutation(articles)[:most]).astype(np.int64)


def _score(config: Config, part: DatasetFolder, name: str, metric: str, progress: Progress) -> float | None:
    """The score of a logistic regression on the frozen encoder; None where it cannot read the articles."""
    info = part.info
    articles = sum(part.counts()[split].articles for split in ("train", "validation"))
    try:
        settings = _reading_settings(with_encoder(config, name), part)
        with progress.task(f"reading with {name}", articles) as task:
            train, held_out = (
                embed_layers(part.articles(split), settings, pair=info.pair, count=articles, task=task)
                for split in ("train", "validation")
            )
    except InputError as error:
        logger.warning("%s is left out: %s", name, error.message)
        return None
    y, truth = (info.label_set.encode(part.labels(split)) for split in ("train", "validation"))
    layers = layers_for(train, list(part.articles("train")), part, settings)
    balanced = settings.train.balanced
    probe = fit_layer_probe(train, y, len(info.labels), balanced=balanced, layers=layers)
    predicted = decide(probabilities(probe.logits(held_out), info.multi_label), info.multi_label)
    return headline(truth, predicted, info.labels)[metric]


def _reading_settings(config: Config, part: DatasetFolder) -> ChosenConfig:
    """Settings of a probe that reads the first window of an article, unless they say otherwise."""
    windows = 1 if config.model.windows == "auto" else config.model.windows
    model = config.model.model_copy(update={"windows": windows})
    return probe_settings(config.model_copy(update={"model": model}), part)


def choose_encoders(
    request: Request, config: Config, dataset: DatasetFolder, found: Sequence[Encoder], deadline: float | None
) -> EncoderChoice:
    """Which encoders are fine-tuned.

    Args:
        request: asks for the search.
        config: the settings, "auto" where they are to be chosen.
        dataset: with train and validation.
        found: the encoders, from `candidates`.
        deadline: of the search, by `time.monotonic`; None = it has none.
    """
    now = time.monotonic()
    early = None if deadline is None else now + SHARE_OF_TIME * (deadline - now)
    choice = try_encoders(config, dataset, found, early, request.progress)
    logger.info("fine-tuning is tried with %s", names(choice.kept))
    return choice


def with_articles(
    choice: EncoderChoice, settings: Config, dataset: DatasetFolder, deadline: float | None, progress: Progress
) -> EncoderChoice:
    """The choice with as many training articles in each trial as there is time for, so that there are enough trials.

    Args:
        choice: from `choose_encoders`.
        settings: of the first trial.
        dataset, deadline: as in `choose_encoders`.
        progress: told that a trial is measured.
    """
    if deadline is None:
        return choice
    with progress.task("measuring how long a trial will take", None):
        first = chosen(settings)
        seconds = measure(RunFolder(dataset.path), first, dataset).outlook(first).steps
    articles = dataset.counts()["train"].articles
    affordable = int(articles * (deadline - time.monotonic()) / TRIALS_WANTED / max(seconds, 1e-9))
    part = max(FEWEST_ARTICLES, affordable)
    if part >= articles:
        return choice
    every = time_words(seconds)
    logger.info("each trial reads %s of %s training articles: all would take %s", f"{part:,}", f"{articles:,}", every)
    return replace(choice, articles=part)


def read_choice(study: Path) -> EncoderChoice | None:
    """What `choose_encoders` found for a study; None where it tunes the encoder of its settings alone."""
    file = study / FILE
    return read_json_as(file, EncoderChoice, fix="Begin the study again: --overwrite") if file.exists() else None
