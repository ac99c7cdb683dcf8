"""About how long a training will take on this machine: some of it is done first, on some of its articles."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from classifier.arrays import evenly
from classifier.dataset.folder import DatasetFolder
from classifier.models.held_out import HeldOut
from classifier.models.run_folder import RunFolder
from classifier.models.tfidf import fit_baselines
from classifier.models.transformer.encoder_config import encoder_size
from classifier.models.transformer.tokenizer import load_tokenizer
from classifier.models.weights import find_weights
from classifier.progress import SILENT
from classifier.training.auto import ChosenConfig, text_encoder
from classifier.training.baselines import ENOUGH
from classifier.training.folds import FOLDS
from classifier.training.head_articles import FEWEST_ARTICLES, MOST_ARTICLES, SHARE
from classifier.training.teacher import read_lesson, untaught
from classifier.training.undersampling import kept
from classifier.training.vector_memory import READ

if TYPE_CHECKING:
    from classifier.training.prepare import Fitting

TRIED = 3  # optimizer steps that are measured; the first one warms up
SAMPLE = 200  # training articles that are cut into tokens and given to TF-IDF
FEWEST_TOKENS = 300_000  # that a training reads: below that it is over before the measuring pays
AROUND = 4.0  # seconds for loading, writing and the report
PER_SAMPLE = 5e-7  # seconds for an article in one sample of one bootstrap, of which there are some thousands
CONTROLS, CONTROLLED = 5, 500  # times that so many pairs are read again, as in `classifier.evaluation.target_controls`


@dataclass(frozen=True)
class Sizes:
    """How many articles a dataset has.

    Attributes:
        train, validation, test: articles.
        frequent: training articles with the most frequent label; 0 where an article may have several labels.
        pair: whether articles have targets.
        unlabelled: articles without labels that are learnt from too.
    """

    train: int
    validation: int
    test: int
    frequent: int
    pair: bool
    unlabelled: int = 0


def sizes_of(dataset: DatasetFolder, *, unlabelled: int = 0) -> Sizes:
    """Those of a dataset, and of the unlabelled articles that are learnt from too."""
    counts, y = dataset.counts(), dataset.info.label_set.encode(dataset.labels("train"))
    train, validation, test = (
        counts[split].articles if split in counts else 0 for split in ("train", "validation", "test")
    )
    return Sizes(
        train, validation, test, 0 if y.ndim == 2 else int(np.bincount(y).max()), dataset.info.pair, unlabelled
    )


@dataclass(frozen=True)
class Amount:
    """How much a training reads.

    Attributes:
        sizes: of the dataset.
        per_epoch: training articles in an epoch.
        epochs: how many; 0 = a head is fitted on the frozen encoder.
        frozen: share of the layers that are frozen, whose outputs are computed once.
        samples: of each bootstrap.
        refit: whether it trains once more at the end, on validation too.
        own_teacher: whether a head on the frozen encoder is fitted first, and scores all articles that are learnt from.
    """

    sizes: Sizes
    per_epoch: int
    epochs: int
    frozen: float
    samples: int
    refit: bool = False
    own_teacher: bool = False

    @property
    def passes(self) -> int:
        """How many articles the optimizer steps read, again in each epoch."""
        return self.per_epoch * self.epochs

    @property
    def read_before(self) -> float:
        """How many times an article goes through the encoder before the first step."""
        few = max(FEWEST_ARTICLES, SHARE * self.passes) if self.passes else MOST_ARTICLES
        head = min(self.sizes.train, MOST_ARTICLES, few) * (1 - self._kept)
        taught = 0 if self.passes else min(self.sizes.unlabelled, MOST_ARTICLES)  # a head alone learns from these too
        labelled = self.sizes.train + self.sizes.validation
        own = min(self.sizes.train, MOST_ARTICLES) + labelled + self.sizes.unlabelled if self.own_teacher else 0
        return head + taught + own + (self.sizes.train + self.sizes.unlabelled + self.sizes.validation) * self._kept

    @property
    def read_between(self) -> float:
        """How many times an article goes through the encoder after an epoch: validation."""
        return self.sizes.validation * (1 - self._kept)

    @property
    def _kept(self) -> float:
        """Share of the layers whose outputs for training and validation are computed once."""
        return self.frozen if self.epochs else 0.0

    @property
    def read_after(self) -> float:
        """How many times an article goes through the encoder after the last step: calibration, figures, controls."""
        controls = CONTROLS * min(CONTROLLED, self.sizes.test) if self.sizes.pair else 0
        return self.sizes.validation * (1 - self._kept) + self.sizes.test + controls


def amount_of(config: ChosenConfig, sizes: Sizes, layers: int) -> Amount:
    """How much a training with these settings reads; ``layers`` are those of the encoder."""
    train, others = config.train, sizes.train - sizes.frequent
    in_epoch = others + kept(sizes.frequent, others, train.most_frequent_share) if sizes.frequent else sizes.train
    frozen = train.freeze_layers / layers
    samples, refit = config.evaluate.bootstrap_samples, train.refit and sizes.validation > 0
    in_epoch += sizes.unlabelled
    return Amount(sizes, in_epoch, train.num_train_epochs, frozen, samples, refit, config.teaches_itself)


@dataclass(frozen=True)
class Pace:
    """How fast this machine is with some settings.

    Attributes:
        step: seconds for an article in an optimizer step.
        forward: seconds for an article that the encoder only reads.
        cut: seconds to cut an article into tokens.
        fit_words, read_words: seconds for an article in the training of TF-IDF, and where it predicts.
    """

    step: float
    forward: float
    cut: float
    fit_words: float
    read_words: float


@dataclass(frozen=True)
class Outlook:
    """How many seconds a training will take, about.

    Attributes:
        before: the first step: loading, TF-IDF, tokens, frozen layers, the head.
        steps: of the optimizer, with the validation after each epoch.
        after: the last step: calibration, a refit, figures, report.
    """

    before: float
    steps: float
    after: float

    @property
    def seconds(self) -> float:
        """Of all together."""
        return self.before + self.steps + self.after


def outlook_of(amount: Amount, pace: Pace) -> Outlook:
    """How long a training takes that reads so much, at such a pace.

    Example:
        >>> sizes = Sizes(400, validation=60, test=140, frequent=100, pair=False)
        >>> amount = Amount(sizes, per_epoch=400, epochs=6, frozen=0.5, samples=1000)
        >>> outlook_of(amount, Pace(step=0.2, forward=0.02, cut=0.001, fit_words=0.01, read_words=0.005)).steps
        483.6
    """
    sizes, held_out = amount.sizes, amount.sizes.validation + amount.sizes.test
    learnt = sizes.train + sizes.unlabelled  # by the TF-IDF that is blended in
    words = pace.fit_words * (sizes.train + (learnt if sizes.unlabelled else 0)) + pace.read_words * sizes.validation
    cut = pace.cut * (sizes.train + sizes.unlabelled + sizes.validation)
    before = AROUND / 2 + words + cut + pace.forward * amount.read_before
    steps = pace.step * amount.passes + pace.forward * amount.read_between * amount.epochs
    after = AROUND / 2 + pace.forward * amount.read_after + (pace.cut + 2 * pace.read_words) * held_out
    if amount.refit:
        again = (pace.fit_words + pace.cut) * learnt + pace.forward * amount.read_before + pace.step * amount.passes
        after += again * (1 + sizes.validation / sizes.train)
    return Outlook(round(before, 2), round(steps, 2), round(after + PER_SAMPLE * amount.samples * held_out, 2))


@dataclass(frozen=True)
class Measured:
    """What was measured with some settings, and how other ones scale it.

    Attributes:
        config: the settings.
        sizes: of the dataset.
        layers: of the encoder.
        lengths: tokens of each article of a sample, of which a training may read a part.
        pace: as it was measured.
    """

    config: ChosenConfig
    sizes: Sizes
    layers: int
    lengths: npt.NDArray[np.int64]
    pace: Pace

    def pace_of(self, config: ChosenConfig) -> Pace:
        """About the pace with other settings: it follows the tokens that are read, and the layers that are trained."""
        read = self._read(config) / self._read(self.config)
        trained = (self.layers - config.train.freeze_layers) / max(1, self.layers - self.config.train.freeze_layers)
        step = self.pace.step * read * trained if self.pace.step else 3 * self.pace.forward * read * trained
        return Pace(step, self.pace.forward * read, self.pace.cut, self.pace.fit_words, self.pace.read_words)

    def outlook(self, config: ChosenConfig) -> Outlook:
        """About how long a training with these settings takes."""
        return outlook_of(amount_of(config, self.sizes, self.layers), self.pace_of(config))

    def _read(self, config: ChosenConfig) -> float:
        model = config.model
        if model.windows == "all":
            return float(self.lengths.mean())
        return float(np.minimum(self.lengths + 2, model.windows * model.max_length).mean())


def measure(run: RunFolder, config: ChosenConfig, dataset: DatasetFolder) -> Measured:
    """Take a few steps with the settings on some training articles, read some, and train TF-IDF on some.

    The training itself is as without this: it draws its random numbers anew.

    Args:
        run: of the training; nothing is written there.
        config, dataset: what is trained, and on what.

    Raises:
        InputError: the weights or the windows cannot be used.
    """
    articles = dataset.counts()["train"].articles
    rows = evenly(articles, SAMPLE)
    part = dataset.training_on(rows.tolist())
    part = part.validating_on([0]) if "validation" in dataset.splits else part
    unlabelled = read_lesson(run).unlabelled if config.has_teacher else 0
    sizes = sizes_of(dataset, unlabelled=unlabelled)
    plain = untaught(config)  # the teacher has not scored yet
    with _silent():  # the training says it all again
        fit_words, read_words = _words_seconds(part, few=sizes.validation < ENOUGH and not sizes.pair)
        from classifier.models.transformer.forward import article_logits
        from classifier.training.prepare import prepare  # loads torch

        fitting = prepare(run, plain, part, SILENT)
        encoded = fitting.train.encoded
        cut = _seconds(lambda: fitting.encoder.encode(islice(part.articles("train"), TRIED * 8))) / (TRIED * 8)
        few = encoded.take(evenly(len(rows), 2 * config.train.batch_size))
        read = partial(article_logits, fitting.learner.model, few, fitting.encoder, device=fitting.device)
        forward = _second_time(read) / len(few.tokens)
        step = _step_seconds(fitting) if config.train.num_train_epochs else 0.0
    tokens = len(encoded.tokens) / len(encoded)
    pace = Pace(step * tokens, forward * tokens, cut, fit_words, read_words)
    layers, _ = encoder_size(find_weights(config.model.name))
    return Measured(config, sizes, layers, encoded.tokens_total, pace)


def about_seconds(run: RunFolder, config: ChosenConfig, dataset: DatasetFolder) -> float | None:
    """How long a training takes on this machine, about; None for one that is too short to be measured.

    Args, raises: as `measure`.
    """
    windows = config.model.windows if isinstance(config.model.windows, int) else 1
    if _articles_to_read(config, dataset) * windows * config.model.max_length < FEWEST_TOKENS:
        return None
    return measure(run, config, dataset).outlook(config).seconds


def _articles_to_read(config: ChosenConfig, dataset: DatasetFolder) -> int:
    """Those of all epochs; for a head alone those that the encoder has not read before in this process."""
    counts, epochs = dataset.counts(), config.train.num_train_epochs
    train = counts["train"].articles
    if epochs:
        return train * epochs
    total = sum(count.articles for count in counts.values())
    if not READ.vectors:
        return total
    encoder = text_encoder(config, dataset.info.pair, load_tokenizer(find_weights(config.model.name)))
    first = encoder.encode(islice(dataset.articles("train"), TRIED))
    return total - train if READ.knows(first) else total


@contextmanager
def _silent() -> Iterator[None]:
    logger = logging.getLogger("classifier")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def _words_seconds(part: DatasetFolder, *, few: bool) -> tuple[float, float]:
    """Seconds for an article in the training of TF-IDF, and where it predicts.

    Args:
        part: has the articles.
        few: whether so few validation articles tell what its scores are worth that it is trained in folds too.
    """
    articles = list(part.articles("train"))
    y = part.info.label_set.encode(article.labels for article in articles)
    started = time.perf_counter()
    held_out = HeldOut(np.arange(len(articles)) % FOLDS, balanced=True) if few else None
    baselines = fit_baselines(articles, y, pair=part.info.pair, validation=(articles[:1], y[:1]), held_out=held_out)
    fitted = time.perf_counter()
    baselines.predict_tfidf(articles)
    return (fitted - started) / len(articles), (time.perf_counter() - fitted) / len(articles)


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _second_time(work: Callable[[], object]) -> float:
    """Seconds that some work takes once it has been done before."""
    work()
    return _seconds(work)


def _step_seconds(fitting: Fitting) -> float:
    """Seconds for a token in an optimizer step, the first one left out."""
    from classifier.training.loop import train_steps

    steps = train_steps(fitting.learner, fitting.train, fitting.encoder, class_weights=None, device=fitting.device)
    taken = list(islice(steps, TRIED))
    warm = taken[1:] or taken
    return sum(record.seconds for record in warm) / sum(record.tokens for record in warm)
