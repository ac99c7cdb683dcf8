"""Settings of the split: the method, what stays together, shares, folds and dates."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from classifier.config.fields import EVERYDAY, WHEN_NEEDED, Names, Section


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


Day = Annotated[str, BeforeValidator(_day)]
Days = Annotated[int, BeforeValidator(_days)]


class SplitConfig(Section):
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
