"""What decides the scores of a job that labels: a job that was stopped goes on only where all of it is the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

WORDS = {
    "model": "the model",
    "version": "the version of classifier",
    "device": "--device",
    "bf16": "--bf16",
    "explain": "--explain",
    "reading": "how the input is read",
    "sizes": "how rows are cut into chunks",
    "more": "options of the model",
}


@dataclass(frozen=True)
class Labelling:
    """What decides which scores a row gets.

    Attributes:
        model: the fingerprint of the model.
        version: of this package.
        device, bf16: as they are asked for.
        explain: whether evidence is found with the scores, ``later``, or not at all.
        reading: the settings by which rows become articles.
        sizes: rows of the first chunks.
        more: what else is asked of the model, by name.
    """

    model: str
    version: str
    device: str = "auto"
    bf16: bool | None = None
    explain: str = "no"
    reading: Mapping[str, Any] | None = None
    sizes: Sequence[int] = ()
    more: Mapping[str, Any] | None = None

    def stored(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {**asdict(self), "sizes": list(self.sizes)}

    def differences(self, stored: Mapping[str, Any]) -> list[str]:
        """What is another in a stored job, in words.

        Example:
            >>> Labelling("3f9a2c1b7d04", "1.0").differences(Labelling("000000000000", "1.0").stored())
            ["the model ('000000000000' then, '3f9a2c1b7d04' now)"]
        """
        own = self.stored()
        return [
            f"{WORDS[field.name]} ({stored.get(field.name)!r} then, {own[field.name]!r} now)"
            for field in fields(self)
            if own[field.name] != stored.get(field.name)
        ]
