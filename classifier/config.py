"""Every setting with its limits: frozen models, which `config_file` reads from TOML.

Configuration stops at the builders and the jobs; every function below them takes plain values. Each setting carries its
description and its tier (`EVERYDAY`, `WHEN_NEEDED` or `EXPERT`); `make docs` writes `docs/settings.md` from them.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, model_validator
from pydantic.config import JsonDict

from classifier.durations import duration_seconds

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
NEAR = 0.8
AUTO_WINDOWS = 4  # most windows that model.windows = "auto" gives an article
AUTO_LENGTH = 256  # most tokens that model.max_length = "auto" gives a window

EVERYDAY: JsonDict = {"tier": "everyday"}  # what most people set
WHEN_NEEDED: JsonDict = {"tier": "when needed"}  # what a message, a page or a special corpus asks for
EXPERT: JsonDict = {"tier": "expert"}  # change these only if you measure the effect

TaskName = Literal["single_label", "multi_label"]
Metric = Literal["accuracy", "f1_macro", "f1_micro", "f1_weighted", "matthews_correlation"]
LabelBy = Literal["fit", "score"]
WindowChoice = Literal["head", "head_tail", "spread", "relevant", "sentences"]


def _one_or_many(value: object) -> object:
    """A single name as a list of one: ``group_by = "source"``."""
    return [value] if isinstance(value, str) else value


def _day(value: object) -> object:
    """A TOML date or an ISO 8601 string as ``2024-05-31``."""
    text = value.isoformat() if isinstance(value, dt.date) else str(value)
    try:
        return dt.date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        raise ValueError("a date such as 2024-05-31") from None


def _days(value: object) -> object:
    """A number of days; a word such as 7d is none."""
    text = str(value)
    if isinstance(value, bool) or not text.isdecimal() or int(text) < 1:
        raise ValueError(f"must be a whole number of days, such as 7. Got {value!r} instead")
    return int(text)


def _date_format(value: object) -> object:
    if isinstance(value, str) and re.search("%[YyGcx]", value):
        return value
    raise ValueError(f"must name the year as %Y or %y, such as %d/%m/%Y. Got {value!r} instead")


def _device(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?", value):
        return value
    raise ValueError(f"must be auto, cpu, mps, cuda, or one GPU such as cuda:1. Got {value!r} instead")


def _budget(value: object) -> object:
    """A length of time such as 2h30m, as it is written."""
    duration_seconds(str(value))
    return str(value).strip().lower()


def _similarity(value: object) -> object:
    """``near_duplicates = true`` and ``contained = true`` mean the default threshold."""
    return NEAR if value is True else value


Budget = Annotated[str, BeforeValidator(_budget)]
DeviceName = Annotated[str, BeforeValidator(_device)]
TrackerNames = Annotated[tuple[Literal["tensorboard", "mlflow", "wandb"], ...], BeforeValidator(_one_or_many)]
Names = Annotated[tuple[str, ...], BeforeValidator(_one_or_many)]
DateFormat = Annotated[str, BeforeValidator(_date_format)]
Day = Annotated[str, BeforeValidator(_day)]
Days = Annotated[int, BeforeValidator(_days)]
Similarity = Annotated[Literal[False] | Annotated[float, Field(ge=0.3, le=1)], BeforeValidator(_similarity)]

Containment = Annotated[Literal[False] | Annotated[float, Field(ge=0.5, le=1)], BeforeValidator(_similarity)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Columns(_Section):
    """Names of the columns in the user's table, where they differ from the standard ones."""

    id: str | None = Field(
        None,
        description="column with the articles' ids; left out: the column id, if there is one",
        json_schema_extra=WHEN_NEEDED,
    )
    text: str | None = Field(None, description="column with the texts", json_schema_extra=EVERYDAY)
    label: str | None = Field(None, description="column with the labels", json_schema_extra=EVERYDAY)
    title: str | None = Field(
        None, description="column with the titles, which the model reads before the text", json_schema_extra=EVERYDAY
    )
    target: str | None = Field(
        None,
        description="column with the claim or headline that the stance is about; it makes the input a pair",
        json_schema_extra=EVERYDAY,
    )
    source: str | None = Field(None, description="column with the outlet or site", json_schema_extra=EVERYDAY)
    author: str | None = Field(None, description="column with the author", json_schema_extra=WHEN_NEEDED)
    date: str | None = Field(
        None,
        description='column with the date, for split.method = "temporal" and for slices',
        json_schema_extra=WHEN_NEEDED,
    )
    language: str | None = Field(None, description="column with the language", json_schema_extra=WHEN_NEEDED)
    url: str | None = Field(None, description="column with the address", json_schema_extra=WHEN_NEEDED)
    labels: Names = Field(
        (),
        description="instead of label: a column for each label, with 1, true or x where an article has it",
        json_schema_extra=WHEN_NEEDED,
    )

    @property
    def named(self) -> dict[str, str | None]:
        """Standard name -> the table's name for it, or None."""
        return self.model_dump(exclude={"labels"})

    @model_validator(mode="after")
    def _one_way_of_labels(self) -> Self:
        if self.label is not None and self.labels:
            raise ValueError("give either label (one column) or labels (a column for each)")
        return self

    split: str | None = Field(
        None,
        description="column with the given splits; left out: the column split, if there is one",
        json_schema_extra=WHEN_NEEDED,
    )


class DataConfig(_Section):
    """``[data]``: where the articles are and how to read them."""

    builder: Literal[
        "table", "folder", "hub", "disk", "fasttext", "label_studio", "prodigy", "argilla", "fnc1", "semeval2023"
    ] = Field(
        "table",
        description="layout of the source: a table, a folder of texts, the Hub, what a tool wrote, or a known corpus",
        json_schema_extra=WHEN_NEEDED,
    )
    path: str | None = Field(
        None,
        description="the articles, in one source that [split] divides: a file, a folder or a Hub id",
        json_schema_extra=EVERYDAY,
    )
    train: str | None = Field(
        None,
        description="instead of path: the training articles, if the articles are split already",
        json_schema_extra=EVERYDAY,
    )
    validation: str | None = Field(
        None,
        description="validation articles beside train; left out, they are cut from train",
        json_schema_extra=EVERYDAY,
    )
    test: str | None = Field(
        None, description="test articles beside train; left out, they are cut from train", json_schema_extra=EVERYDAY
    )
    task: TaskName = Field(
        "single_label", description="one label per article, or any number of them", json_schema_extra=EVERYDAY
    )
    pair: bool | None = Field(
        None,
        description="whether the model reads a target beside the text; left out, columns and labels decide",
        json_schema_extra=WHEN_NEEDED,
    )
    label_separator: str | None = Field(
        None,
        min_length=1,
        description='what separates several labels in one cell, such as ";" (multi_label)',
        json_schema_extra=EVERYDAY,
    )
    encoding: str = Field(
        "utf-8", description="encoding of text files, such as cp1252 for an old Excel", json_schema_extra=EVERYDAY
    )
    date_format: DateFormat | None = Field(
        None,
        description="how dates are written, such as %d/%m/%Y (strptime); left out: their whole column tells",
        json_schema_extra=WHEN_NEEDED,
    )
    missing: Names | None = Field(
        None,
        description="words that mean a missing value; left out: nan, NA, null, #N/A …; but as labels: none, - and ?",
        json_schema_extra=WHEN_NEEDED,
    )
    sheet: str | None = Field(
        None,
        min_length=1,
        description="the sheet of a workbook (Excel, OpenDocument) of which several have rows",
        json_schema_extra=WHEN_NEEDED,
    )
    merge_labels: bool = Field(
        False,
        description="true: labels that differ only in case, space or look-alike characters become one",
        json_schema_extra=WHEN_NEEDED,
    )
    min_per_label: int = Field(
        5,
        ge=1,
        description="articles that a label needs; one with fewer, often a misspelt one, stops the build",
        json_schema_extra=WHEN_NEEDED,
    )
    conflicts: Literal["error", "drop", "keep"] | None = Field(
        None,
        description="equal texts with different labels: error, drop or keep; left out: drop if few (5%), else error",
        json_schema_extra=WHEN_NEEDED,
    )
    duplicates: Literal["keep", "drop", "drop_near"] = Field(
        "keep",
        description="drop: one of each exact copy stays; drop_near: one of each cluster of near-duplicates",
        json_schema_extra=WHEN_NEEDED,
    )
    corrections: str | None = Field(
        None, description="a table of corrected labels, such as audit.csv", json_schema_extra=WHEN_NEEDED
    )
    new_labels: Names = Field(
        (),
        description="labels that corrections may use although no article has them yet",
        json_schema_extra=WHEN_NEEDED,
    )
    near_duplicates: Similarity = Field(
        NEAR,
        description="Jaccard similarity of three-word shingles from which texts stay together; false: equal texts only",
        json_schema_extra=WHEN_NEEDED,
    )
    contained: Containment = Field(
        NEAR,
        description="share of a text's three-word shingles that a longer one has, from which both stay together",
        json_schema_extra=WHEN_NEEDED,
    )
    strip: Names = Field(
        (),
        description='boilerplate to remove, when predicting too: headers, urls, emails, quotes, signature, "line:…"',
        json_schema_extra=WHEN_NEEDED,
    )
    annotators: Names = Field(
        (),
        description="columns with the labels of one annotator each; the majority counts",
        json_schema_extra=WHEN_NEEDED,
    )
    guess_language: bool = Field(
        False,
        description="true: guess each article's language for the dataset's page",
        json_schema_extra=WHEN_NEEDED,
    )
    unlabelled: Names = Field(
        (),
        description="files or folders of unlabelled articles, which distil.teacher scores for the model to learn from",
        json_schema_extra=WHEN_NEEDED,
    )
    subset: str | None = Field(
        None, description="the configuration of a Hub dataset that has several", json_schema_extra=WHEN_NEEDED
    )
    languages: Names | None = Field(
        None,
        min_length=1,
        description="only articles in these languages, such as en: by their column, else guessed; left out: all",
        json_schema_extra=WHEN_NEEDED,
    )
    test_languages: Names | None = Field(
        None,
        min_length=1,
        description="languages of the test articles; else the same (builder semeval2023)",
        json_schema_extra=EXPERT,
    )
    columns: Columns = Columns()

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.path is not None and self.train is not None:
            raise ValueError("give either path (one source, split by [split]) or train/validation/test")
        if self.train is None and (self.validation is not None or self.test is not None):
            raise ValueError("validation and test need train beside them")
        if self.label_separator is not None and self.task != "multi_label":
            raise ValueError('label_separator needs task = "multi_label"')
        if self.duplicates == "drop_near" and self.near_duplicates is False:
            raise ValueError('duplicates = "drop_near" needs near_duplicates, for example near_duplicates = 0.8')
        return self

    @model_validator(mode="after")
    def _fits_its_builder(self, info: ValidationInfo) -> Self:
        """Each builder decides which settings it uses; `classifier.config_file` passes its check in the context."""
        check = (info.context or {}).get("check_data")
        if check is not None:
            check(self)
        return self


class SplitConfig(_Section):
    """``[split]``: how articles are split; every method allows ``group_by``."""

    method: Literal["given", "stratified", "grouped", "crossed", "temporal"] | None = Field(
        None,
        description="how articles are split; left out: given, grouped or stratified, depending on source and group_by",
        json_schema_extra=EVERYDAY,
    )
    group_by: Names | None = Field(
        None,
        description="columns whose values each stay in one split; left out: source, if enough are there; []: none",
        json_schema_extra=EVERYDAY,
    )
    crossed_by: Names | None = Field(
        None,
        min_length=1,
        description="crossed: columns whose values are new in test beside those of the target, such as topic",
        json_schema_extra=WHEN_NEEDED,
    )
    test_size: float = Field(
        0.2, gt=0, lt=1, description="share of the articles that becomes test", json_schema_extra=EVERYDAY
    )
    validation_size: float = Field(
        0.1, ge=0, lt=1, description="share of the articles that becomes validation", json_schema_extra=EVERYDAY
    )
    seed: int = Field(
        13,
        ge=0,
        description="seed of the split; another one tests on other articles: a second opinion",
        json_schema_extra=WHEN_NEEDED,
    )
    folds: int | None = Field(
        None,
        ge=2,
        le=100,
        description="number of folds of a cross-validation (train --all-folds)",
        json_schema_extra=EVERYDAY,
    )
    validation_from: Day | None = Field(
        None, description="temporal: first day of validation", json_schema_extra=WHEN_NEEDED
    )
    test_from: Day | None = Field(
        None,
        description="temporal: first day of test (of the first fold); left out, the shares decide",
        json_schema_extra=WHEN_NEEDED,
    )
    embargo: Days | None = Field(
        None,
        description="temporal: number of days before validation and before test whose articles are left out",
        json_schema_extra=WHEN_NEEDED,
    )
    file: str | None = Field(
        None, description="saved splits to use again: a splits.parquet", json_schema_extra=WHEN_NEEDED
    )

    @property
    def groups(self) -> tuple[str, ...]:
        """The columns of `group_by`; none where it is left out."""
        return self.group_by or ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.test_size + self.validation_size >= 1:
            raise ValueError("test_size + validation_size must be less than 1, else nothing is left to train")
        if self.method == "grouped" and not self.group_by:
            raise ValueError('method = "grouped" needs group_by, for example group_by = ["source"]')
        if self.file is not None and self.method not in (None, "given"):
            raise ValueError('file (saved splits) needs method = "given"')
        if self.folds is not None and (self.method in ("given", "crossed") or self.file is not None):
            raise ValueError("folds need the method stratified, grouped or temporal")
        if self.folds is not None and self.validation_from is not None:
            raise ValueError("validation_from does not go with folds: each fold has a validation of its own")
        if self.crossed_by and self.method != "crossed":
            raise ValueError('crossed_by needs method = "crossed"')
        return self

    @model_validator(mode="after")
    def _cut_dates(self) -> Self:
        if self.method != "temporal" and (self.validation_from or self.test_from):
            raise ValueError('validation_from and test_from need method = "temporal"')
        if self.method != "temporal" and self.embargo is not None:
            raise ValueError('embargo needs method = "temporal"')
        if self.validation_from and not self.test_from:
            raise ValueError("validation_from needs test_from beside it")
        if self.validation_from and self.test_from and self.validation_from >= self.test_from:
            raise ValueError("validation_from must be before test_from")
        return self


class ModelConfig(_Section):
    """``[model]``: the encoder, and how an article becomes windows."""

    name: str = Field(
        DEFAULT_MODEL,
        description="the encoder: a Hub id, a folder or a run; safetensors only",
        json_schema_extra=EVERYDAY,
    )
    max_length: Annotated[int, Field(ge=16, le=8192)] | Literal["auto"] = Field(
        "auto",
        description="tokens per window; auto: 256, or 128 for very many pairs",
        json_schema_extra=WHEN_NEEDED,
    )
    windows: Annotated[int, Field(ge=1)] | Literal["all", "auto"] = Field(
        "auto",
        description="most windows that are read of an article; auto: from the articles' lengths",
        json_schema_extra=EVERYDAY,
    )
    stride: int = Field(0, ge=0, description="tokens that neighbouring windows share", json_schema_extra=EXPERT)
    window_choice: WindowChoice | Literal["auto"] = Field(
        "auto",
        description="which windows are read; auto: for pairs the sentences most like the target, else the first",
        json_schema_extra=WHEN_NEEDED,
    )
    pooling: Literal["mean", "cls"] = Field(
        "mean",
        description="how tokens become one vector; cls also loads in plain transformers",
        json_schema_extra=EXPERT,
    )
    dropout: Annotated[float, Field(ge=0, lt=1)] | None = Field(
        None,
        description="dropout between the layers, in training; left out: the encoder's own, mostly 0.1",
        json_schema_extra=EXPERT,
    )
    attention_dropout: float = Field(
        0.0, ge=0, lt=1, description="dropout in attention, in training", json_schema_extra=EXPERT
    )

    @model_validator(mode="after")
    def _windows_and_stride(self) -> Self:
        if self.stride > self.most_tokens // 2:
            raise ValueError(f"stride (overlap in tokens) must be at most max_length / 2 = {self.most_tokens // 2}")
        return self

    @property
    def most_tokens(self) -> int:
        """The most tokens per window, also if the setting is "auto"."""
        return AUTO_LENGTH if self.max_length == "auto" else self.max_length

    def choice(self, *, pair: bool) -> WindowChoice:
        """Which windows are read; "auto" is the sentences most like the target for pairs, else the first windows."""
        if self.window_choice != "auto":
            return self.window_choice
        return "sentences" if pair and self.windows != "all" else "head"

    def most_windows(self, *, pair: bool) -> int | Literal["all"]:
        """The most windows that are read of an article, also if the setting is "auto"."""
        if self.windows != "auto":
            return self.windows
        return 1 if self.choice(pair=pair) == "sentences" else AUTO_WINDOWS


class TrainConfig(_Section):
    """``[train]``: names as in ``transformers.TrainingArguments`` and scikit-learn."""

    preset: Literal["auto", "probe"] = Field(
        "auto", description="probe: a head on the frozen encoder, in seconds", json_schema_extra=EVERYDAY
    )
    budget: Budget | None = Field(
        None,
        description="time that the whole command may take, such as 1h or 2h30m: what is auto keeps to it",
        json_schema_extra=EVERYDAY,
    )
    num_train_epochs: Annotated[int, Field(ge=0, le=1000)] | Literal["auto"] = Field(
        "auto",
        description="how often training sees each article; auto: from the number of articles",
        json_schema_extra=EVERYDAY,
    )
    learning_rate: Annotated[float, Field(gt=0, lt=1)] | Literal["auto"] = Field(
        "auto", description="auto: from the number of articles and the width of the encoder", json_schema_extra=EVERYDAY
    )
    weight_decay: float = Field(0.01, ge=0, lt=1, description="decay of the weights in AdamW", json_schema_extra=EXPERT)
    freeze_layers: Annotated[int, Field(ge=0)] | Literal["auto"] = Field(
        "auto",
        description="lowest layers of the encoder that are not trained; auto: half of them, for pairs none",
        json_schema_extra=WHEN_NEEDED,
    )
    freeze_embeddings: bool = Field(
        True, description="false: the vectors of words are trained too, and all layers", json_schema_extra=EXPERT
    )
    layer_decay: float = Field(
        1.0,
        gt=0,
        le=1,
        description="factor of the learning rate from a layer to the one below",
        json_schema_extra=EXPERT,
    )
    warmup_ratio: float = Field(
        0.1, ge=0, lt=1, description="share of the steps in which the learning rate rises", json_schema_extra=EXPERT
    )
    batch_size: Annotated[int, Field(ge=1)] | Literal["auto"] = Field(
        "auto",
        description="articles per optimizer step; auto: 16, or 32 for very many pairs",
        json_schema_extra=WHEN_NEEDED,
    )
    token_budget: int = Field(
        8192,
        ge=512,
        description="most tokens, padding included, in one forward pass: lower it when memory runs out",
        json_schema_extra=WHEN_NEEDED,
    )
    gradient_checkpointing: bool = Field(
        False, description="true: training needs less memory and is a third slower", json_schema_extra=WHEN_NEEDED
    )
    max_grad_norm: float = Field(
        1.0, gt=0, description="longer gradients are cut to this length", json_schema_extra=EXPERT
    )
    class_weight: Literal["balanced", "none"] = Field(
        "balanced", description="balanced: rare classes weigh as much as frequent ones", json_schema_extra=WHEN_NEEDED
    )
    most_frequent_share: Annotated[float, Field(ge=0.5, le=1)] | Literal["auto"] = Field(
        "auto",
        description="largest share of an epoch that one class may have; auto: 1, or 0.5 for very many pairs",
        json_schema_extra=WHEN_NEEDED,
    )
    label_smoothing: float = Field(
        0.0, ge=0, lt=1, description="share of each label that is spread over all labels", json_schema_extra=EXPERT
    )
    blend: Annotated[float, Field(ge=0, le=1)] | Literal["auto", "none"] = Field(
        "auto",
        description="share of TF-IDF in the scores; auto: fitted on held-out articles; none: the transformer alone",
        json_schema_extra=WHEN_NEEDED,
    )
    refit: bool = Field(
        False,
        description="true: then train once more, on train and validation, for as many epochs; about twice as long",
        json_schema_extra=WHEN_NEEDED,
    )
    calibration: Literal["auto", "none"] = Field(
        "auto", description="auto: calibrate the scores on validation", json_schema_extra=EXPERT
    )
    label_by: LabelBy = Field(
        "fit",
        description="score: give the label with the highest calibrated score: more correct labels, fewer rare ones",
        json_schema_extra=WHEN_NEEDED,
    )
    metric_for_best_model: Metric = Field(
        "f1_macro",
        description="validation metric that chooses the best weights (average_last = 0), and that tune compares",
        json_schema_extra=WHEN_NEEDED,
    )
    average_last: Annotated[float, Field(ge=0, lt=1)] | Literal["auto"] = Field(
        "auto",
        description="the model is the mean of its weights over this share of the steps, the last; 0: the best epoch's",
        json_schema_extra=WHEN_NEEDED,
    )
    early_stopping_patience: int | None = Field(
        None, ge=1, description="stop after this many evaluations without a better score", json_schema_extra=WHEN_NEEDED
    )
    eval_steps: int | None = Field(
        None,
        ge=1,
        description="evaluate after this many steps too, not only after each epoch",
        json_schema_extra=EXPERT,
    )
    save_steps: int | None = Field(
        None, ge=1, description="write a checkpoint after this many steps too", json_schema_extra=EXPERT
    )
    save_minutes: float = Field(
        5.0, gt=0, description="write a checkpoint after this many minutes", json_schema_extra=EXPERT
    )
    bf16: bool | Literal["auto"] = Field(
        "auto",
        description="compute in bfloat16; auto: where the hardware multiplies bf16",
        json_schema_extra=WHEN_NEEDED,
    )
    device: DeviceName = Field(
        "auto",
        description="what to compute on; auto: a GPU if there is one",
        json_schema_extra=WHEN_NEEDED,
    )
    seed: int = Field(13, ge=0, description="seed of the training; the split has its own", json_schema_extra=EVERYDAY)
    report_to: TrackerNames | None = Field(
        None,
        description="trackers that get the metrics, besides metrics.jsonl; each needs its extra",
        json_schema_extra=WHEN_NEEDED,
    )

    @model_validator(mode="after")
    def _scores_to_label_by(self) -> Self:
        if self.label_by == "score" and self.calibration == "none":
            raise ValueError('label_by = "score" needs calibrated scores: leave calibration = "none" out')
        return self

    @model_validator(mode="after")
    def _layers_above_trained_embeddings(self) -> Self:
        if not self.freeze_embeddings and self.freeze_layers not in ("auto", 0):
            raise ValueError(
                "freeze_embeddings = false needs freeze_layers = 0: all that is below a frozen layer is frozen"
            )
        return self

    @model_validator(mode="after")
    def _probe_takes_no_steps(self) -> Self:
        if self.preset == "probe" and self.num_train_epochs not in ("auto", 0):
            raise ValueError('preset = "probe" trains the head alone: leave num_train_epochs out, or set it to 0')
        return self


class DistilConfig(_Section):
    """``[distil]``: a small model learns from the scores of a better one, at its own speed."""

    teacher: str | None = Field(
        None,
        description="what scores the articles: a run, several seeds or folds; with the same labels",
        json_schema_extra=WHEN_NEEDED,
    )
    weight: float = Field(
        0.5,
        gt=0,
        le=1,
        description="share of the teacher's scores in what is learnt, beside the true labels",
        json_schema_extra=EXPERT,
    )
    temperature: float = Field(
        1.0,
        ge=0.5,
        le=10,
        description="above 1, the teacher's scores are made softer before they are learnt",
        json_schema_extra=EXPERT,
    )


class EvaluateConfig(_Section):
    """``[evaluate]``: the bootstrap behind every interval."""

    bootstrap_samples: int = Field(
        1000,
        ge=100,
        le=100_000,
        description="how often the test articles are drawn again for each 95% interval",
        json_schema_extra=EXPERT,
    )


class Config(_Section):
    """All settings of a run. Every setting but the source has a default, so ``Config()`` lacks only the source."""

    data: DataConfig = DataConfig()
    split: SplitConfig = SplitConfig()
    model: ModelConfig = ModelConfig()
    train: TrainConfig = TrainConfig()
    distil: DistilConfig = DistilConfig()
    evaluate: EvaluateConfig = EvaluateConfig()

    @model_validator(mode="after")
    def _teacher_of_the_unlabelled(self) -> Self:
        if self.data.unlabelled and self.distil.teacher is None:
            raise ValueError("data.unlabelled needs distil.teacher, which scores these articles")
        return self

    @model_validator(mode="after")
    def _one_training_with_a_teacher(self) -> Self:
        if self.train.refit and self.distil.teacher is not None:
            raise ValueError("train.refit and distil.teacher exclude each other: leave one of them out")
        return self

    @model_validator(mode="after")
    def _steps_for_a_random_head(self) -> Self:
        if self.model.pooling == "cls" and (self.train.preset == "probe" or self.train.num_train_epochs == 0):
            raise ValueError('model.pooling = "cls" starts from a random head: num_train_epochs must be 1 or more')
        return self

    @model_validator(mode="after")
    def _metric_fits_task(self) -> Self:
        if self.data.task == "multi_label" and self.train.metric_for_best_model == "matthews_correlation":
            raise ValueError("train.metric_for_best_model: there is no matthews_correlation for multi_label")
        if self.data.task == "multi_label" and self.train.most_frequent_share not in ("auto", 1):
            raise ValueError("train.most_frequent_share: leave it out for multi_label")
        if self.data.task == "multi_label" and self.train.label_by == "score":
            raise ValueError(
                'train.label_by = "score": leave it out for multi_label, where each label has its own threshold'
            )
        return self
