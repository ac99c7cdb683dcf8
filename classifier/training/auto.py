"""Settings that are "auto", chosen from the corpus: how much of an article is read, how long and how fast to train.

The choice depends on the training articles alone, so the same corpus always gets the same settings; each one comes
with its reason, and a setting that is given by hand is left as it is.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from classifier.config import AUTO_LENGTH, AUTO_WINDOWS, Config, Layers, ModelConfig, Pairs, TrainConfig, WindowChoice
from classifier.dataset.folder import DatasetFolder
from classifier.errors import InputError, counted
from classifier.models.model_folder import MODEL_FILE, read_model_info
from classifier.models.transformer.encoder_config import check_layers, encoder_size, read_encoder_config
from classifier.models.transformer.tokenizer import load_tokenizer
from classifier.models.transformer.windows import TextEncoder
from classifier.models.weights import find_weights
from classifier.training.languages import warn_before_training
from classifier.training.undersampling import kept

logger = logging.getLogger(__name__)

FEW = 100  # articles below which only a head is trained on the frozen encoder
FEW_PAIRS = 1_000  # pairs below which a head that reads text and target apart is no worse than fine-tuning
FEW_TO_LOOK = 1_000  # single texts below which a head on all layers, where these tell most, is better than fine-tuning
FEW_TO_REFIT = 1_000  # articles below which validation articles are learnt from in the end, in a second training
TOKENS = 30_000_000  # a training should not read many more than these: about 45 minutes on two cores
EPOCHS = ((200, 5), (5_000, 4), (20_000, 3))  # (fewer articles than, epochs); docs/measured.md
FEWEST_EPOCHS = 2
PAIR_EPOCHS = ((200, 10), (1_000, 8), (5_000, 6), (20_000, 5))  # FNC-1 gained from each: .70, .74, .79 macro F1
FEWEST_PAIR_EPOCHS = 3
PAIR_LENGTH, SHARE = 128, 0.5
PAIR_TOKENS = 8_000_000  # through all layers: about 45 minutes on one core; FNC-1 in the next three takes 36
BATCH = 16
LEARNING_RATE = 1e-4  # of an encoder as wide as the default one
MANY, RATE_OF_MANY = 2_000, 3e-4  # macro F1 on 3,000 texts of 20 newsgroups .852 instead of .844, on all .907 / .894
WIDTH = 384
FROZEN = 0.5  # share of the layers
OF_STEPS = (
    "train.most_frequent_share",
    "train.freeze_layers",
    "train.batch_size",
    "train.learning_rate",
    "train.average_last",
)  # have no effect where no step is taken
SAMPLE = 2000  # training articles whose lengths are measured
AVERAGED = 0.5  # of the steps of a training on fewer than MANY articles
LARGEST_ARTICLE = 4  # token budgets that one article may fill


class ChosenModel(ModelConfig):
    """``[model]`` without "auto"."""

    max_length: int
    windows: int | Literal["all"]
    window_choice: WindowChoice
    pairs: Pairs


class ChosenTrain(TrainConfig):
    """``[train]`` without "auto"."""

    num_train_epochs: int
    learning_rate: float
    freeze_layers: int
    batch_size: int
    most_frequent_share: float
    refit: bool
    average_last: float


class ChosenConfig(Config):
    """All settings, none of them "auto" any more."""

    model: ChosenModel
    train: ChosenTrain


Look = Callable[[ChosenConfig, DatasetFolder], Mapping[Layers, float]]


@dataclass(frozen=True)
class CorpusFacts:
    """What the choice depends on.

    Attributes:
        lengths: tokens of each training article, or of a sample of them.
        articles: how many training articles there are.
        frequent: how many of them have the most frequent label; 0 where an article may have several labels.
        pair: whether they have targets.
        layers: how many the encoder has.
        width: numbers in a hidden state of the encoder.
        limit: most tokens that the encoder can read at once.
        unlabelled: articles beside them that a teacher scored, to be learnt from too.
        cut: validation articles that were cut from those for training.
        losses: of heads on the last layer of the frozen encoder and on all, out of fold; empty where nobody looked.
        compares: whether the encoder is a trained model's that has learned to compare the two texts of a pair.
    """

    lengths: npt.NDArray[np.int64]
    articles: int
    frequent: int
    pair: bool
    layers: int
    width: int
    limit: int = 512
    unlabelled: int = 0
    cut: int = 0
    losses: Mapping[Layers, float] = field(default_factory=dict)
    compares: bool = False

    def per_epoch(self, share: float) -> int:
        """How many articles an epoch has where the most frequent label has at most a share of it."""
        others = self.articles - self.frequent
        labelled = others + kept(self.frequent, others, share) if self.frequent else self.articles
        return labelled + self.unlabelled

    @property
    def what(self) -> str:
        """What the articles are, in a word."""
        return "pairs" if self.pair else "articles"


def choose(config: Config, corpus: CorpusFacts) -> tuple[ChosenConfig, dict[str, str]]:
    """Replace every "auto" by a value for this corpus.

    Returns:
        The settings, and for each one that was chosen and has an effect the reason, by its dotted name.

    Example:
        >>> corpus = CorpusFacts(np.full(500, 700), 500, 125, pair=False, layers=6, width=384, limit=512)
        >>> config, reasons = choose(Config(), corpus)
        >>> config.model.windows, config.train.num_train_epochs
        (3, 4)
        >>> reasons["model.windows"]
        '80% of the articles have at most 700 tokens'
    """
    values = config.model_dump()
    reasons: dict[str, str] = {}
    for name, rule in RULES.items():
        section, key = name.split(".")
        if values[section][key] == "auto":
            values[section][key], reasons[name] = rule(values, corpus)
    if values["train"]["most_frequent_share"] == 1:  # nothing is left out: as ever
        reasons.pop("train.most_frequent_share", None)
    if not values["train"]["refit"]:
        reasons.pop("train.refit", None)
    if not corpus.pair:
        reasons.pop("model.pairs", None)
    if not values["train"]["num_train_epochs"]:  # the head alone is fitted
        reasons = {name: reason for name, reason in reasons.items() if name not in OF_STEPS}
    return ChosenConfig.model_validate(values), reasons


def chosen(config: Config) -> ChosenConfig:
    """The same settings as a `ChosenConfig`, where none is "auto".

    Raises:
        InputError: a setting is still "auto", as in a run that another version began.
    """
    try:
        return ChosenConfig.model_validate(config.model_dump())
    except ValidationError:
        raise InputError(
            "This training was begun by another version of classifier.", fix="Start it again with another --out."
        ) from None


def _is_costly(values: Mapping[str, Any], corpus: CorpusFacts) -> bool:
    """Whether a training on all pairs, through all layers and in windows of the usual length, takes hours."""
    epochs = values["train"]["num_train_epochs"]
    if not corpus.pair or values["train"]["preset"] == "probe" or values["model"]["layers"] == "all":
        return False
    if values["model"]["pairs"] == "apart":
        return False
    epochs = _usual_epochs(corpus, corpus.articles) if epochs == "auto" else epochs
    return bool(corpus.articles * epochs * AUTO_LENGTH > PAIR_TOKENS)


def _usual_epochs(corpus: CorpusFacts, per_epoch: int) -> int:
    steps, fewest = (PAIR_EPOCHS, FEWEST_PAIR_EPOCHS) if corpus.pair else (EPOCHS, FEWEST_EPOCHS)
    return next((epochs for fewer, epochs in steps if per_epoch < fewer), fewest)


def _most_frequent_share(values: Mapping[str, Any], corpus: CorpusFacts) -> tuple[float, str]:
    share = corpus.frequent / max(1, corpus.articles)
    if share <= SHARE or not _is_costly(values, corpus):
        return 1.0, "no article is left out of an epoch"
    return SHARE, f"{share:.0%} of {corpus.articles:,} pairs have one label: other ones of them in each epoch"


def _max_length(values: Mapping[str, Any], corpus: CorpusFacts) -> tuple[int, str]:
    if values["model"]["window_choice"] in ("auto", "sentences") and _is_costly(values, corpus):
        reason = (
            f"{corpus.articles:,} pairs: {AUTO_LENGTH} would take hours, and these hold what is most like the target"
        )
        return min(PAIR_LENGTH, corpus.limit), reason
    if corpus.limit < AUTO_LENGTH:
        return corpus.limit, "more the encoder cannot read"
    return AUTO_LENGTH, f"{corpus.articles:,} training {corpus.what}"


def _epochs(values: Mapping[str, Any], corpus: CorpusFacts) -> tuple[int, str]:
    """As many as so few articles need, and for pairs, where every layer is trained, no more than there is time for."""
    if values["train"]["preset"] == "probe":
        return 0, 'preset "probe": a head on the frozen encoder'
    if corpus.articles < FEW and values["model"]["pooling"] == "mean":
        return 0, f"fewer than {FEW} articles: a head on the frozen encoder"
    if values["model"]["layers"] == "all":
        return 0, 'model.layers = "all": a head on the frozen encoder'
    if corpus.losses and corpus.losses["all"] < corpus.losses["last"]:
        told = f"log-loss out of fold {corpus.losses['all']:.3f} instead of {corpus.losses['last']:.3f}"
        return 0, f"all layers of the frozen encoder tell the labels better than its last one, {told}: a head on them"
    if values["model"]["pairs"] == "apart":
        return 0, 'model.pairs = "apart": a head on the frozen encoder'
    if _are_few_pairs(values, corpus):
        return 0, f"fewer than {FEW_PAIRS:,} pairs: a head on the frozen encoder, which reads text and target apart"
    per_epoch = corpus.per_epoch(values["train"]["most_frequent_share"])
    epochs = _usual_epochs(corpus, per_epoch)
    drawn = f", {per_epoch:,} in an epoch" if per_epoch < corpus.articles else ""
    reason = f"{corpus.articles:,} training {corpus.what}{drawn}"
    affordable = max(FEWEST_PAIR_EPOCHS, PAIR_TOKENS // (per_epoch * values["model"]["max_length"]))
    if corpus.pair and affordable < epochs:
        return affordable, f"{reason}: more would take long"
    return epochs, reason


def _are_few_pairs(values: Mapping[str, Any], corpus: CorpusFacts) -> bool:
    """Whether a head can read text and target apart, and there is too little to learn more from."""
    model = values["model"]
    few = corpus.pair and corpus.articles + corpus.unlabelled < FEW_PAIRS and not corpus.compares
    return few and model["pairs"] != "together" and model["pooling"] == "mean" and model["layers"] != "all"


def _pairs(values: Mapping[str, Any], corpus: CorpusFacts) -> tuple[Pairs, str]:
    """Apart where a head alone is trained: how two texts go together, the frozen encoder tells of neither layer."""
    if values["train"]["num_train_epochs"]:
        return "together", "every layer compares the article with its target"
    if not corpus.pair or values["model"]["layers"] == "all":
        return "together", "the head reads what the encoder says of both in one window"
    if corpus.compares:
        return "together", f"{values['model']['name']} was trained to read two texts in one window"
    return "apart", "a head compares what the frozen encoder says of text and target"


def _refit(values: Mapping[str, Any], corpus: CorpusFacts) -> tuple[bool, str]:
    """Where there are few articles each counts, and a head is fitted again in seconds; what is given stays apart."""
    few = not values["train"]["num_train_epochs"] or corpus.articles < FEW_TO_REFIT
    reason = f"{counted(corpus.cut, 'validation article')} to learn from too, as soon as they have chosen"
    return bool(few and corpus.cut), reason


def _window_choice(values: Mapping[str, Any], corpus: CorpusFacts) -> tuple[str, str]:
    choice = ModelConfig.model_validate(values["model"]).choice(pair=corpus.pair)
    if choice == "sentences":
        return choice, "pairs: what an article says of the target can stand anywhere in it"
    return choice, "all are read" if values["model"]["windows"] == "all" else "articles begin with what they are about"


def _windows(values: Mapping[str, Any], corpus: CorpusFacts) -> tuple[int, str]:
    """As many as most articles need and the training has time for; one where it holds the most relevant sentences."""
    max_length = values["model"]["max_length"]
    if values["model"]["window_choice"] == "sentences" and values["model"]["pairs"] == "together":
        return 1, "of the sentences most like the target"
    usual = int(np.quantile(corpus.lengths, 0.8)) if len(corpus.lengths) else 1
    wanted = max(1, math.ceil(usual / (max_length - 2)))
    needed = min(AUTO_WINDOWS, wanted)
    passes = corpus.per_epoch(values["train"]["most_frequent_share"]) * max(1, values["train"]["num_train_epochs"])
    affordable = max(1, TOKENS // (passes * max_length))
    if affordable < needed:
        return affordable, f"{corpus.articles:,} articles: more would take long"
    most = f", but more than {AUTO_WINDOWS} windows only if set" if needed < wanted else ""
    return needed, f"80% of the articles have at most {usual:,} tokens{most}"


def _frozen(values: Mapping[str, Any], corpus: CorpusFacts) -> tuple[int, str]:
    if corpus.pair:
        return 0, "pairs: every layer compares the article with its target"
    if not values["train"]["freeze_embeddings"]:
        return 0, "the embeddings below them are trained"
    return int(corpus.layers * FROZEN), f"half of {corpus.layers} layers: about twice as fast"


def _batch_size(values: Mapping[str, Any], corpus: CorpusFacts) -> tuple[int, str]:
    """Half as many tokens in a window, twice as many articles: a step reads as much."""
    short = values["model"]["max_length"] <= PAIR_LENGTH and _is_costly(values, corpus)
    return (
        2 * BATCH if short else BATCH
    ), f"{corpus.articles:,} {corpus.what} in windows of {values['model']['max_length']} tokens"


def _learning_rate(values: Mapping[str, Any], corpus: CorpusFacts) -> tuple[float, str]:
    """A wider encoder takes smaller steps (Yang et al., 2022, "Tensor Programs V", arXiv:2203.03466)."""
    per_epoch = corpus.per_epoch(values["train"]["most_frequent_share"])
    many = per_epoch >= MANY and not corpus.pair and corpus.width <= WIDTH
    rate = (RATE_OF_MANY if many else LEARNING_RATE) * min(1.0, WIDTH / corpus.width)
    return float(f"{rate:.2g}"), f"{per_epoch:,} {corpus.what} in an epoch, an encoder {corpus.width} wide"


def _average_last(values: Mapping[str, Any], corpus: CorpusFacts) -> tuple[float, str]:
    """Where validation has few articles, a mean of weights is surer than the epoch that is best on them."""
    per_epoch = corpus.per_epoch(values["train"]["most_frequent_share"])
    if per_epoch < MANY:
        return AVERAGED, f"{per_epoch:,} {corpus.what} in an epoch: a mean is surer than a choice among epochs"
    return 0.0, f"{per_epoch:,} {corpus.what} in an epoch: the best epoch is chosen on validation"


RULES = {  # in this order: each may ask for what the ones before have chosen
    "train.most_frequent_share": _most_frequent_share,
    "model.max_length": _max_length,
    "train.num_train_epochs": _epochs,
    "model.pairs": _pairs,
    "train.refit": _refit,
    "model.window_choice": _window_choice,
    "model.windows": _windows,
    "train.freeze_layers": _frozen,
    "train.batch_size": _batch_size,
    "train.learning_rate": _learning_rate,
    "train.average_last": _average_last,
}
AUTOMATIC = tuple(RULES)


def text_encoder(config: Config, pair: bool, tokenizer: Any) -> TextEncoder:
    """The text encoder that the settings ask for."""
    model, strip = config.model, config.data.strip
    windows, choice = model.most_windows(pair=pair), model.choice(pair=pair)
    length = min(AUTO_LENGTH, tokenizer.model_max_length) if model.max_length == "auto" else model.max_length
    return TextEncoder(tokenizer, length, windows, model.stride, choice, pair, strip, model.pairs == "apart")


def with_pairs_chosen(config: Config, articles: int, *, pair: bool) -> Config:
    """Settings that say whether so many training articles would be read apart from their targets.

    Raises:
        InputError: the encoder is not at hand.
    """
    if not pair or config.model.pairs != "auto":
        return config
    weights = find_weights(config.model.name)
    corpus = CorpusFacts(np.zeros(0, np.int64), articles, 0, pair, *encoder_size(weights), compares=_compares(weights))
    pairs = choose(config, corpus)[0].model.pairs
    return config.model_copy(update={"model": config.model.model_copy(update={"pairs": pairs})})


def choose_settings(
    config: Config, dataset: DatasetFolder, *, unlabelled: int = 0, look: Look | None = None
) -> ChosenConfig:
    """Choose what is "auto" for the training articles of a dataset, and say why.

    With fewer than 1,000 single texts the frozen encoder reads them first: it decides whether a head alone is trained.

    Args:
        config, dataset: what is trained, and on what.
        unlabelled: articles without labels that are learnt from too.
        look: reads them through the frozen encoder, as `classifier.training.first_look.look_at_layers` does; None = the
            encoder is trained wherever there are articles enough.

    Raises:
        InputError: the encoder or its tokenizer cannot be used, or it has fewer layers than are to be frozen.
    """
    weights = find_weights(config.model.name)
    encoder = text_encoder(config, dataset.info.pair, load_tokenizer(weights))
    counts = dataset.counts()
    articles = counts["train"].articles
    cut = counts["validation"].articles if "validation" in counts and dataset.info.validation_is_cut else 0
    sample = encoder.encode(islice(dataset.articles("train"), 0, None, max(1, articles // SAMPLE)))
    warn_before_training(config.model.name, weights, encoder.tokenizer, dataset)
    y, limit = dataset.info.label_set.encode(dataset.labels("train")), int(encoder.tokenizer.model_max_length)
    frequent = 0 if y.ndim == 2 else int(np.bincount(y).max())
    size, pair = encoder_size(weights), dataset.info.pair
    corpus = CorpusFacts(sample.tokens_total, articles, frequent, pair, *size, limit, unlabelled, cut)
    corpus = replace(corpus, compares=_compares(weights))
    if look is not None and _is_worth_a_look(config, corpus):
        corpus = replace(corpus, losses=look(choose(as_head(config), corpus)[0], dataset))
    settings, reasons = choose(config, corpus)
    check_layers(settings.train.freeze_layers, corpus.layers)
    _check_all_layers(settings, weights)
    for name, reason in reasons.items():
        section, key = name.split(".")
        value = settings.model_dump()[section][key]
        logger.info("chosen: %s = %s (%s)", name, "true" if value is True else value, reason)
    return settings


def _compares(weights: Path) -> bool:
    """Whether weights are of a model that was trained to compare two texts in one window."""
    if not (weights / MODEL_FILE).exists():
        return False
    info = read_model_info(weights)
    return info.pair and info.pairs == "together"


def as_head(config: Config) -> Config:
    """The settings of a head alone, for those that leave it open."""
    alone = config.train.model_copy(update={"preset": "probe", "num_train_epochs": 0})
    return config.model_copy(update={"train": alone})


def _is_worth_a_look(config: Config, corpus: CorpusFacts) -> bool:
    """Whether it is open if the encoder is trained, and few articles make the layers decide."""
    open_ones = (config.train.num_train_epochs, config.train.preset, config.model.layers)
    few = FEW <= corpus.articles < FEW_TO_LOOK and not corpus.pair
    return few and config.model.pooling == "mean" and set(open_ones) == {"auto"}


def _check_all_layers(config: ChosenConfig, weights: Path) -> None:
    """Raise `InputError` if a head is to read all layers that cannot be given them."""
    if config.model.layers != "all":
        return
    if config.train.num_train_epochs:
        raise InputError(
            'model.layers = "all" is for a head on the frozen encoder; here the encoder is trained too.',
            fix="--set train.preset=probe, or leave model.layers out",
        )
    from classifier.models.transformer.packed_encoder import IN_LAYERS, PACKABLE, gives_all_layers  # loads torch

    kind = read_encoder_config(weights)
    if not gives_all_layers(kind):
        raise InputError(
            f"model.layers = \"all\" is not known for encoders of the kind '{kind.model_type}' "
            f"({config.model.name}); it is for {', '.join(sorted(PACKABLE | IN_LAYERS))}.",
            fix="Leave model.layers out, or choose another model.name.",
        )


def check_encoder(config: Config, *, pair: bool) -> None:
    """Raise `InputError` unless the encoder can be found and its windows are possible."""
    text_encoder(config, pair, load_tokenizer(find_weights(config.model.name)))
