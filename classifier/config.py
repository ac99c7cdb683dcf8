"""Every setting with its limits: frozen models, read from TOML, overridden by ``--set key=value``.

Configuration stops at the builders and the workflow; every function below them takes plain values.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import tomli_w
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from classifier.errors import Fault, InputError, did_you_mean, names

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
NEAR = 0.8
AUTO_WINDOWS = 4  # most windows that model.windows = "auto" gives an article
PATH_KEYS = (*(("data", key) for key in ("path", "train", "validation", "test", "corrections")), ("split", "file"))

Task = Literal["single_label", "multi_label"]
Metric = Literal["accuracy", "f1_macro", "f1_micro", "f1_weighted", "matthews_correlation"]


BUILDERS_OF_PARTS = ("table", "folder", "fasttext")  # take train, validation and test apart
IGNORED_BY: dict[str, tuple[str, ...]] = {  # [data] settings that a builder has no use for
    "table": ("subset", "languages", "test_languages"),
    "folder": ("task", "pair", "label_separator", "columns", "subset", "languages", "test_languages", "annotators"),
    "hub": ("encoding", "languages", "test_languages", "annotators"),
    "disk": ("encoding", "subset", "languages", "test_languages", "annotators"),
    "fasttext": ("pair", "label_separator", "columns", "subset", "languages", "test_languages", "annotators"),
    **dict.fromkeys(
        ("label_studio", "prodigy", "argilla"),
        ("label_separator", "encoding", "subset", "languages", "test_languages", "annotators"),
    ),
    "fnc1": (
        "task", "label_separator", "encoding", "columns", "subset", "languages", "test_languages", "annotators",
    ),
    "semeval2023": ("task", "pair", "label_separator", "encoding", "columns", "subset", "annotators"),
}  # fmt: skip


def _one_or_many(value: object) -> object:
    """A single name where several may stand: ``group_by = "source"``."""
    return [value] if isinstance(value, str) else value


def _day(value: object) -> object:
    """A TOML date or an ISO 8601 string as ``2024-05-31``."""
    text = value.isoformat() if isinstance(value, dt.date) else str(value)
    try:
        return dt.date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        raise ValueError("a date such as 2024-05-31") from None


def _similarity(value: object) -> object:
    """``near_duplicates = true`` is the default."""
    return NEAR if value is True else value


Trackers = Annotated[tuple[Literal["tensorboard", "mlflow", "wandb"], ...], BeforeValidator(_one_or_many)]
Names = Annotated[tuple[str, ...], BeforeValidator(_one_or_many)]
Day = Annotated[str, BeforeValidator(_day)]
Similarity = Annotated[Literal[False] | Annotated[float, Field(ge=0.3, le=1)], BeforeValidator(_similarity)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Columns(_Section):
    """Names of the columns in the user's table, where they differ from the standard ones."""

    id: str | None = None
    text: str | None = None
    label: str | None = None
    title: str | None = None
    target: str | None = None
    source: str | None = None
    author: str | None = None
    date: str | None = None
    language: str | None = None
    url: str | None = None


class DataConfig(_Section):
    """``[data]``: where the articles are and how to read them."""

    builder: Literal[
        "table", "folder", "hub", "disk", "fasttext", "label_studio", "prodigy", "argilla", "fnc1", "semeval2023"
    ] = "table"
    path: str | None = None
    train: str | None = None
    validation: str | None = None
    test: str | None = None
    task: Task = "single_label"
    pair: bool | None = None
    label_separator: str | None = Field(None, min_length=1)
    encoding: str = "utf-8"
    merge_labels: bool = False
    conflicts: Literal["error", "drop", "keep"] = "error"
    duplicates: Literal["keep", "drop", "drop_near"] = "keep"
    corrections: str | None = Field(None, description="a table of corrected labels, such as audit.csv")
    new_labels: Names = Field((), description="labels that corrections may bring though no article has them")
    near_duplicates: Similarity = Field(
        NEAR, description="Jaccard similarity of three-word shingles from which texts stay together"
    )
    strip: Names = ()
    annotators: Names = ()
    guess_language: bool = False
    subset: str | None = None
    languages: Names = Field(("en",), min_length=1)
    test_languages: Names | None = Field(None, min_length=1)
    columns: Columns = Columns()

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.path is not None and self.train is not None:
            raise ValueError("give either path (one source, split by [split]) or train/validation/test")
        if self.train is None and (self.validation is not None or self.test is not None):
            raise ValueError("validation and test need train beside them")
        if self.train is not None and self.builder not in BUILDERS_OF_PARTS:
            raise ValueError(f"builder {self.builder} takes path, not train, validation and test")
        if self.label_separator is not None and self.task != "multi_label":
            raise ValueError('label_separator goes with task = "multi_label"')
        if self.duplicates == "drop_near" and self.near_duplicates is False:
            raise ValueError('duplicates = "drop_near" needs near_duplicates, for example near_duplicates = 0.8')
        ignored = [
            key for key in IGNORED_BY[self.builder] if getattr(self, key) != type(self).model_fields[key].default
        ]
        if ignored:
            raise ValueError(f"builder {self.builder} does not use {', '.join(ignored)}: leave that out")
        return self


class SplitConfig(_Section):
    """``[split]``: how articles are shared out; ``group_by`` goes with every method but ``temporal``."""

    method: Literal["given", "stratified", "grouped", "temporal"] | None = None
    group_by: Names = ()
    test_size: float = Field(0.2, gt=0, lt=1)
    validation_size: float = Field(0.1, ge=0, lt=1)
    seed: int = Field(13, ge=0)
    folds: int | None = Field(None, ge=2, le=100)
    validation_from: Day | None = None
    test_from: Day | None = None
    file: str | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.test_size + self.validation_size >= 1:
            raise ValueError("test_size + validation_size must be less than 1, else nothing is left to train")
        if self.method == "grouped" and not self.group_by:
            raise ValueError('method = "grouped" needs group_by, for example group_by = ["source"]')
        if self.method == "temporal" and self.group_by:
            raise ValueError('method = "temporal" splits by date alone: a group that spans a cut cannot stay together')
        if self.file is not None and self.method not in (None, "given"):
            raise ValueError('file (saved splits) goes with method = "given"')
        if self.folds is not None and (self.method in ("given", "temporal") or self.file is not None):
            raise ValueError("folds go with the methods stratified and grouped")
        return self

    @model_validator(mode="after")
    def _cut_dates(self) -> Self:
        if self.method != "temporal" and (self.validation_from or self.test_from):
            raise ValueError('validation_from and test_from go with method = "temporal"')
        if self.validation_from and not self.test_from:
            raise ValueError("validation_from needs test_from beside it")
        if self.validation_from and self.test_from and self.validation_from >= self.test_from:
            raise ValueError("validation_from must be before test_from")
        return self


class ModelConfig(_Section):
    """``[model]``: the encoder, and how an article becomes windows."""

    name: str = DEFAULT_MODEL
    max_length: int = Field(256, ge=16, le=8192)
    windows: Annotated[int, Field(ge=1)] | Literal["all", "auto"] = "auto"
    stride: int = Field(0, ge=0)
    window_choice: Literal["head", "head_tail", "spread", "relevant"] = "head"
    pooling: Literal["mean", "cls"] = "mean"
    dropout: Annotated[float, Field(ge=0, lt=1)] | None = Field(
        None, description="between the layers, in training; else what the encoder was made with, mostly 0.1"
    )
    attention_dropout: float = Field(0.0, ge=0, lt=1)

    @model_validator(mode="after")
    def _windows_and_stride(self) -> Self:
        if self.stride > self.max_length // 2:
            raise ValueError(f"stride (overlap in tokens) must be at most max_length / 2 = {self.max_length // 2}")
        return self

    @property
    def most_windows(self) -> int | Literal["all"]:
        """How many windows of an article are read at most, also while that is "auto"."""
        return AUTO_WINDOWS if self.windows == "auto" else self.windows


class TrainConfig(_Section):
    """``[train]``: names as in ``transformers.TrainingArguments`` and scikit-learn."""

    preset: Literal["auto", "probe"] = Field("auto", description="probe: a head on the frozen encoder, in seconds")
    num_train_epochs: Annotated[int, Field(ge=0, le=1000)] | Literal["auto"] = "auto"
    learning_rate: Annotated[float, Field(gt=0, lt=1)] | Literal["auto"] = "auto"
    weight_decay: float = Field(0.01, ge=0, lt=1)
    freeze_layers: Annotated[int, Field(ge=0)] | Literal["auto"] = Field(
        "auto", description="lowest layers of the encoder that are not trained"
    )
    layer_decay: float = Field(1.0, gt=0, le=1, description="factor of the learning rate from a layer to the one below")
    warmup_ratio: float = Field(0.1, ge=0, lt=1)
    batch_size: int = Field(16, ge=1, description="articles per optimizer step")
    token_budget: int = Field(8192, ge=512, description="most tokens, padding included, in one forward pass")
    gradient_checkpointing: bool = Field(False, description="less memory, a third slower")
    max_grad_norm: float = Field(1.0, gt=0)
    class_weight: Literal["balanced", "none"] = "balanced"
    most_frequent_share: float = Field(1.0, ge=0.5, le=1, description="that one class has of an epoch at most")
    label_smoothing: float = Field(0.0, ge=0, lt=1)
    blend: Annotated[float, Field(ge=0, le=1)] | Literal["auto", "none"] = Field(
        "auto", description="share of TF-IDF in the scores; auto: fitted on validation"
    )
    calibration: Literal["auto", "none"] = Field("auto", description="auto: scores are calibrated on validation")
    metric_for_best_model: Metric = "f1_macro"
    early_stopping_patience: int | None = Field(None, ge=1, description="evaluations without a better score")
    eval_steps: int | None = Field(None, ge=1, description="evaluate every so many steps too, not by epoch alone")
    save_steps: int | None = Field(None, ge=1)
    save_minutes: float = Field(5.0, gt=0)
    bf16: bool | Literal["auto"] = Field("auto", description="auto: where the hardware multiplies bf16")
    device: str = Field("auto", pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")
    seed: int = Field(13, ge=0)
    report_to: Trackers | None = Field(None, description="trackers to send the figures to, beside metrics.jsonl")

    @model_validator(mode="after")
    def _probe_takes_no_steps(self) -> Self:
        if self.preset == "probe" and self.num_train_epochs not in ("auto", 0):
            raise ValueError('preset = "probe" trains the head alone: leave num_train_epochs out, or set it to 0')
        return self


class EvaluateConfig(_Section):
    """``[evaluate]``: the bootstrap behind every interval."""

    bootstrap_samples: int = Field(1000, ge=100, le=100_000)


class Config(_Section):
    """All settings of a run; every value has a default, so ``Config()`` is complete but for the source."""

    data: DataConfig = DataConfig()
    split: SplitConfig = SplitConfig()
    model: ModelConfig = ModelConfig()
    train: TrainConfig = TrainConfig()
    evaluate: EvaluateConfig = EvaluateConfig()

    @model_validator(mode="after")
    def _steps_for_a_random_head(self) -> Self:
        if self.model.pooling == "cls" and (self.train.preset == "probe" or self.train.num_train_epochs == 0):
            raise ValueError('model.pooling = "cls" starts from a random head: num_train_epochs must be 1 or more')
        return self

    @model_validator(mode="after")
    def _metric_fits_task(self) -> Self:
        if self.data.task == "multi_label" and self.train.metric_for_best_model == "matthews_correlation":
            raise ValueError("train.metric_for_best_model: there is no matthews_correlation for multi_label")
        if self.data.task == "multi_label" and self.train.most_frequent_share < 1:
            raise ValueError("train.most_frequent_share: leave it out for multi_label")
        return self


def load_config(path: Path, overrides: Sequence[str] = ()) -> Config:
    """Read a TOML file; paths in it are relative to the file.

    Args:
        path: the TOML file.
        overrides: dotted settings that win over the file, such as ``train.learning_rate=3e-5``.

    Raises:
        InputError: the file cannot be read, or keys or values are wrong; all of them, with their lines.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        values = tomllib.loads(text)
    except FileNotFoundError:
        fix = "Write one: classifier init genre --out my.toml"
        raise InputError(f"There is no config file '{path}'.", fix=fix) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not valid TOML: {error}", fix="Mend that line.") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from None
    _resolve_paths(values, path.resolve().parent)
    return make_config(values, overrides, file=path, text=text)


def make_config(
    values: Mapping[str, Any], overrides: Sequence[str] = (), *, file: Path | None = None, text: str = ""
) -> Config:
    """Check a nested mapping of settings, overridden by dotted ``key=value`` strings.

    Raises:
        InputError: unknown keys (with a suggestion) and values out of range, all at once.

    Example:
        >>> make_config({}, ["train.learning_rate=3e-5"]).train.learning_rate
        3e-05
    """
    merged = _deep_copy(values)
    for override in overrides:
        _set_dotted(merged, override)
    try:
        return Config.model_validate(merged)
    except ValidationError as error:
        faults = list(_faults(error, file, text, overrides))
        raise InputError(f"{len(faults)} setting(s) cannot be used.", faults=faults) from None


def dump_config(config: Config) -> str:
    """The settings as TOML; unset ones are left out."""
    return tomli_w.dumps(config.model_dump(mode="json", exclude_none=True))


def with_absolute_paths(config: Config) -> Config:
    """The same settings with paths that do not depend on the working directory."""
    values = config.model_dump(mode="json", exclude_none=True)
    _resolve_paths(values, Path.cwd())
    return Config.model_validate(values)


def _resolve_paths(values: dict[str, Any], folder: Path) -> None:
    hub = isinstance(values.get("data"), dict) and values["data"].get("builder") == "hub"
    for section, key in PATH_KEYS:
        table = values.get(section)
        if isinstance(table, dict) and isinstance(table.get(key), str):
            path = folder / Path(table[key]).expanduser()
            if not (hub and section == "data" and not path.exists()):
                table[key] = str(path)
    model = values.get("model")
    if isinstance(model, dict) and isinstance(model.get("name"), str) and (folder / model["name"]).is_dir():
        model["name"] = str(folder / model["name"])


def _deep_copy(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _deep_copy(value) if isinstance(value, Mapping) else value for key, value in values.items()}


def _set_dotted(values: dict[str, Any], override: str) -> None:
    key, equals, raw = override.partition("=")
    *sections, name = key.strip().split(".")
    if not equals or not sections or not name:
        raise InputError(
            f"--set takes section.key=value. Got '{override}' instead.",
            fix="For example: --set train.learning_rate=3e-5",
        )
    table = values
    for section in sections:
        table = table.setdefault(section, {})
        if not isinstance(table, dict):
            raise InputError(f"'{key}' is not a setting: '{section}' is a value, not a section.")
    table[name] = _toml_value(raw.strip())


def _toml_value(raw: str) -> Any:
    """The value as TOML reads it (numbers, booleans, lists); a bare word is a string."""
    try:
        return tomllib.loads(f"value = {raw}")["value"]
    except tomllib.TOMLDecodeError:
        return raw


def _faults(error: ValidationError, file: Path | None, text: str, overrides: Sequence[str]) -> Iterable[Fault]:
    messages: dict[tuple[str, ...], list[str]] = {}
    for item in error.errors():
        location = tuple(str(part) for part in item["loc"])
        path = location[: 3 if location[:2] == ("data", "columns") else 2]
        messages.setdefault(path, []).append(_describe(path, dict(item)))
    for path, described in messages.items():
        name = ".".join(path)
        overridden = any(f"{o.partition('=')[0].strip()}.".startswith(f"{name}.") for o in overrides)
        where = "--set" if overridden else _line_of(path, file, text)
        yield Fault(where, " Or: ".join(dict.fromkeys(described)))


def _describe(path: tuple[str, ...], item: Mapping[str, Any]) -> str:
    name = ".".join(path)
    if item["type"] == "extra_forbidden":
        known = _known_keys(path[:-1])
        return f"unknown setting '{name}'.{did_you_mean(path[-1], known)} Known here: {names(known)}."
    message = item["msg"].removeprefix("Value error, ").removeprefix("Input ").removeprefix("should be ")
    if item["type"] == "value_error":
        return f"[{name}] {message}." if name else f"{message}."
    return f"{name} must be {message}. Got {item['input']!r} instead."


def _known_keys(path: tuple[str, ...]) -> list[str]:
    model: type[BaseModel] = Config
    for part in path:
        annotation = model.model_fields[part].annotation
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return []
        model = annotation
    return list(model.model_fields)


def _line_of(path: tuple[str, ...], file: Path | None, text: str) -> str:
    """``file:line`` of a key, or the file alone when it cannot be found."""
    if file is None:
        return "settings"
    section: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped.startswith("["):
            section = tuple(part.strip() for part in stripped.strip("[]").split("#")[0].strip("] ").split("."))
        here = (*section, *(part.strip() for part in stripped.partition("=")[0].split(".")))
        if here == path or section == path:
            return f"{file}:{number}"
    return str(file)
