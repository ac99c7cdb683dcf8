"""Settings of an evaluation."""

from __future__ import annotations

from pydantic import Field

from classifier.config.fields import EXPERT, Section


class EvaluateConfig(Section):
    """``[evaluate]``: the bootstrap behind every interval."""

    bootstrap_samples: int = Field(
        1000,
        ge=100,
        le=100_000,
        description="how often the test articles are drawn again for each 95% interval",
        json_schema_extra=EXPERT,
    )
