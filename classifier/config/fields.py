"""What the sections share: the tiers of settings, a list of names, and the base of each section."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic.config import JsonDict

EVERYDAY: JsonDict = {"tier": "everyday"}  # what most people set
WHEN_NEEDED: JsonDict = {"tier": "when needed"}  # what a message, a page or a special corpus asks for
EXPERT: JsonDict = {"tier": "expert"}  # change these only if you measure the effect


def one_or_many(value: object) -> object:
    """A single name as a list of one: ``group_by = "source"``."""
    return [value] if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(one_or_many)]


class Section(BaseModel):
    """A table of the settings: it refuses what it does not know, and never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)
