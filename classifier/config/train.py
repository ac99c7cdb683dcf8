"""Settings of the training: its length, its steps, what is learnt and what is kept."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from classifier.config.fields import EVERYDAY, EXPERT, WHEN_NEEDED, Section, one_or_many
from classifier.durations import duration_seconds

Metric = Literal["accuracy", "f1_macro", "f1_micro", "f1_weighted", "matthews_correlation"]
LabelBy = Literal["fit", "score"]


def _device(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?", value):
        return value
    raise ValueError(f"must be auto, cpu, mps, cuda, or one GPU such as cuda:1. Got {value!r} instead")


def _budget(value: object) -> object:
    """A length of time such as 2h30m, as it is written."""
    duration_seconds(str(value))
    return str(value).strip().lower()


Budget = Annotated[str, BeforeValidator(_budget)]
DeviceName = Annotated[str, BeforeValidator(_device)]
TrackerNames = Annotated[tuple[Literal["tensorboard", "mlflow", "wandb"], ...], BeforeValidator(one_or_many)]


class TrainConfig(Section):
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
        description="how often training sees each article; auto: from the articles, 0 where a head alone is better",
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
    refit: bool | Literal["auto"] = Field(
        "auto",
        description="true: then train again, on validation too: twice as long; auto: with fewer than 1,000 articles",
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

    @property
    def balanced(self) -> bool:
        """Whether every class has the same weight."""
        return self.class_weight == "balanced"

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
