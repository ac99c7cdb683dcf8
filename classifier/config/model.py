"""Settings of the model: the encoder, and how an article becomes windows."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from classifier.config.fields import EVERYDAY, EXPERT, WHEN_NEEDED, Section

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
AUTO_WINDOWS = 4  # most windows that model.windows = "auto" gives an article
AUTO_LENGTH = 256  # most tokens that model.max_length = "auto" gives a window

WindowChoice = Literal["head", "head_tail", "spread", "relevant", "sentences"]
Layers = Literal["last", "all"]
Pairs = Literal["together", "apart"]


class ModelConfig(Section):
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
    layers: Layers | Literal["auto"] = Field(
        "auto",
        description="whose vectors a head on the frozen encoder reads; auto: what is better out of fold",
        json_schema_extra=EXPERT,
    )
    pairs: Pairs | Literal["auto"] = Field(
        "auto",
        description="whether a text and its target are read in one window or each by itself, which a head on the "
        "frozen encoder can; auto: apart where a head alone is trained",
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
        return 1 if self.choice(pair=pair) == "sentences" and self.pairs != "apart" else AUTO_WINDOWS
