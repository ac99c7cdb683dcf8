"""What tuning searches over: the settings of [train] and [model] that matter when a small encoder is fine-tuned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

from classifier.config import Config
from classifier.config_file import Settings, make_config
from classifier.errors import InputError
from classifier.models.transformer.encoder_config import encoder_size
from classifier.models.transformer.tokenizer import load_tokenizer
from classifier.models.weights import find_weights
from classifier.training.auto import LARGEST_ARTICLE, text_encoder

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution


@dataclass(frozen=True)
class Range:
    """Numbers from ``low`` to ``high``, both included.

    Attributes:
        low, high: the bounds; a value of the user's own that lies beyond one moves it.
        log: whether the logarithm is searched evenly.
        whole: whole numbers only.
        start: stands for a value of the user's own that is not a number.
    """

    low: float
    high: float
    start: float
    log: bool = False
    whole: bool = False

    def around(self, value: object) -> Range:
        """The same range, wide enough for a value."""
        if not isinstance(value, int | float):
            return self
        return Range(min(self.low, value), max(self.high, value), value, self.log and value > 0, self.whole)


RANGES = {
    "train.learning_rate": Range(1e-5, 5e-4, 1e-4, log=True),
    "train.num_train_epochs": Range(2, 8, 4, whole=True),
    "train.label_smoothing": Range(0.0, 0.2, 0.0),
}
WINDOW_CHOICE = "model.window_choice"
CHOICES: Mapping[str, tuple[object, ...]] = {
    "train.batch_size": (8, 16, 32),
    "train.class_weight": ("balanced", "none"),
    WINDOW_CHOICE: ("head", "head_tail", "spread"),  # and sentences, for pairs
}
WINDOWS, MAX_LENGTH = "model.windows", "model.max_length"
READING = f"{WINDOWS} × {MAX_LENGTH}"  # one parameter, because only some pairs can be read
ENCODER, FREEZING = "model.name", "train.freeze_layers"
FROZEN_ENCODER = f"{ENCODER} × {FREEZING}"  # one parameter, because encoders have different numbers of layers
READING_CHOICES = {WINDOWS: (1, 2, 4), MAX_LENGTH: (128, 256, 512)}
MOST_TOKENS = 1024  # windows × max_length beyond that is left out: it takes too long to try


@dataclass(frozen=True)
class SearchSpace:
    """Parameters of a study, and the settings that they stand for.

    Attributes:
        base: the settings that the study begins with.
        ranges: parameter (a setting) -> its numbers.
        choices: parameter -> name of a choice -> the settings of it.
        start: the parameters of ``base``.
    """

    base: Config
    ranges: Mapping[str, Range]
    choices: Mapping[str, Mapping[str, Settings]]
    start: Mapping[str, float | str]

    @property
    def names(self) -> tuple[str, ...]:
        """All parameters."""
        return (*self.ranges, *self.choices)

    def distributions(self) -> dict[str, BaseDistribution]:
        """The space as Optuna takes it."""
        from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

        numbers: dict[str, BaseDistribution] = {
            name: IntDistribution(int(r.low), int(r.high)) if r.whole else FloatDistribution(r.low, r.high, log=r.log)
            for name, r in self.ranges.items()
        }
        return numbers | {name: CategoricalDistribution(tuple(found)) for name, found in self.choices.items()}

    def settings(self, parameters: Settings) -> dict[str, Any]:
        """The settings that parameters stand for.

        Example:
            >>> reading = {"2 × 256": {"model.windows": 2, "model.max_length": 256}}
            >>> space = SearchSpace(Config(), {}, {"model.windows × model.max_length": reading}, {})
            >>> space.settings({"train.learning_rate": 3e-5, "model.windows × model.max_length": "2 × 256"})
            {'train.learning_rate': 3e-05, 'model.windows': 2, 'model.max_length': 256}
        """
        found: dict[str, Any] = {}
        for name, value in parameters.items():
            found.update(self.choices[name][str(value)] if name in self.choices else {name: value})
        return found

    def config(self, settings: Settings) -> Config:
        """The settings that the study begins with, and these in place of theirs."""
        return _with_settings(self.base, settings)

    def as_json(self) -> dict[str, Any]:
        """What the space consists of, to be kept in a file."""
        choices = {name: list(found) for name, found in self.choices.items()}
        return {"ranges": {name: asdict(found) for name, found in self.ranges.items()}, "choices": choices}


def search_space(config: Config, fixed: Iterable[str], *, pair: bool, encoders: Sequence[str] = ()) -> SearchSpace:
    """All settings that are worth a search and that the user has not fixed.

    Args:
        config: the settings to begin with; its values are in the space too.
        fixed: settings that keep their value, such as ``train.learning_rate``.
        pair: whether articles have targets.
        encoders: that are searched, with how many of their layers are frozen; none = that of ``config``, frozen as it
            says.

    Raises:
        InputError: the encoder cannot be used with ``config``, or nothing is left to search.
    """
    kept = set(fixed)
    ranges = {name: found.around(_get(config, name)) for name, found in RANGES.items() if name not in kept}
    choices: dict[str, Mapping[str, Settings]] = {
        name: {str(value): {name: value} for value in _with_own(config, name, values, pair)}
        for name, values in CHOICES.items()
        if name not in kept
    }
    names = dict.fromkeys([config.model.name, *encoders])
    tokenizers = [load_tokenizer(find_weights(name)) for name in names]
    readings = {_reading_name(found): found for found in _readings(config, kept, pair, tokenizers)}
    choices |= {READING: readings} if len(readings) > 1 else {}
    frozen = {_encoder_name(found): found for found in _encoders(config, kept, encoders)}
    choices |= {FROZEN_ENCODER: frozen} if len(frozen) > 1 else {}
    if all(found[WINDOWS] in ("all", None if pair else 1) for found in readings.values()):
        choices.pop(WINDOW_CHOICE, None)  # there is nothing to choose between
    if not ranges and not choices:
        raise InputError("Every setting that tuning searches is fixed.", fix=f"Leave out --set {sorted(kept)[0]}=…")
    start: dict[str, float | str] = {name: found.start for name, found in ranges.items()}
    start |= {name: str(_get(config, name)) for name in choices if name not in (READING, FROZEN_ENCODER)}
    start |= {READING: _reading_name(_own_reading(config))} if READING in choices else {}
    start |= {FROZEN_ENCODER: _encoder_name(_own_encoder(config))} if FROZEN_ENCODER in choices else {}
    return SearchSpace(config, ranges, choices, start)


def _with_own(config: Config, name: str, values: tuple[object, ...], pair: bool) -> list[object]:
    """The choices of a setting, its own value among them."""
    more = ("sentences",) if pair and name == WINDOW_CHOICE else ()
    return list(dict.fromkeys((*values, *more, _get(config, name))))


def _readings(config: Config, fixed: set[str], pair: bool, tokenizers: Sequence[Any]) -> Iterator[Settings]:
    """Every way to cut an article into windows that the encoders can read; that of ``config`` is one of them."""
    for tokenizer in tokenizers:
        text_encoder(config, pair, tokenizer)
    own = _own_reading(config)
    values = [(own[name],) if name in fixed else found for name, found in READING_CHOICES.items()]
    for windows, max_length in product(*values):
        reading = {WINDOWS: windows, MAX_LENGTH: max_length}
        tried = _try_settings(config, reading)
        if reading != own and all(_is_readable(tried, pair, tokenizer) for tokenizer in tokenizers):
            yield reading
    yield own


def _try_settings(config: Config, settings: Settings) -> Config | None:
    try:
        return _with_settings(config, settings)
    except InputError:  # such as a stride that is too long for these windows
        return None


def _is_readable(config: Config | None, pair: bool, tokenizer: Any) -> bool:
    """Whether the encoder takes such windows, and the memory all windows of an article at once."""
    if config is None:
        return False
    model, most = config.model, min(MOST_TOKENS, LARGEST_ARTICLE * config.train.token_budget)
    if isinstance(model.windows, int) and model.windows * model.most_tokens > most:
        return False
    try:
        text_encoder(config, pair, tokenizer)
    except InputError:
        return False
    return True


def _encoders(config: Config, fixed: set[str], encoders: Sequence[str]) -> Iterator[Settings]:
    """Every encoder with none, half, and all but one of its layers frozen; that of ``config`` is one of them."""
    own = _own_encoder(config)
    for name in encoders:
        layers, _ = encoder_size(find_weights(name))
        keeps_own = FREEZING in fixed and own[FREEZING] <= layers
        counts = (
            {own[FREEZING]} if keeps_own else {0, layers // 2, layers - 1} if config.train.freeze_embeddings else {0}
        )
        yield from ({ENCODER: name, FREEZING: frozen} for frozen in sorted(counts))
    yield own


def _own_encoder(config: Config) -> dict[str, Any]:
    return {ENCODER: config.model.name, FREEZING: config.train.freeze_layers}


def _encoder_name(found: Settings) -> str:
    return f"{found[ENCODER]} × {found[FREEZING]}"


def _own_reading(config: Config) -> dict[str, Any]:
    return {WINDOWS: config.model.windows, MAX_LENGTH: config.model.max_length}


def _reading_name(reading: Settings) -> str:
    return f"{reading[WINDOWS]} × {reading[MAX_LENGTH]}"


def _get(config: Config, name: str) -> Any:
    section, key = name.split(".")
    return getattr(getattr(config, section), key)


def _with_settings(config: Config, settings: Settings) -> Config:
    values = config.model_dump(mode="json", exclude_none=True)
    for name, value in settings.items():
        section, key = name.split(".")
        values[section][key] = value
    return make_config(values)
