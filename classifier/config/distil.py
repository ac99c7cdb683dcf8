"""Settings of learning from a teacher."""

from __future__ import annotations

from pydantic import Field

from classifier.config.fields import EXPERT, WHEN_NEEDED, Section


class DistilConfig(Section):
    """``[distil]``: a small model learns from the scores of a better one, at its own speed."""

    teacher: str | None = Field(
        None,
        description="what scores the articles: a run, seeds or folds with the same labels; else a first training",
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
