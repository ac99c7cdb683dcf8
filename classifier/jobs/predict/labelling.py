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
    "reading.columns": "--set data.columns",
    "reading.encoding": "--encoding",
    "reading.missing": "--set data.missing",
    "reading.sheet": "--sheet",
    "reading.stdin_format": "--format",
    "reading.target": "--target",
    "sizes": "how rows are cut into chunks",
    "more.cascade": "--cascade",
    "more.threshold": "the log-odds from which an article skips the transformer",
    "more.skipping": "the model of the cascade",
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
        then, now = _by_name(stored), _by_name(self.stored())
        names = [name for name in {**then, **now} if then.get(name) != now.get(name)]
        left_out = {"sizes"} if "explain" in names else set()
        if "more.cascade" in names:
            left_out |= {"more.threshold", "more.skipping"}
        return [
            f"{_in_words(name)} ({_shown(then.get(name))} then, {_shown(now.get(name))} now)"
            for name in names
            if name not in left_out
        ]


def _by_name(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Every value by its name; of settings within others such as ``reading.columns.text``."""
    found: dict[str, Any] = {}
    for field in fields(Labelling):
        value = stored.get(field.name)
        found |= _within(field.name, value) if isinstance(value, Mapping) else {field.name: value}
    return found


def _within(name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in values.items():
        inner = f"{name}.{key}"
        found |= _within(inner, value) if isinstance(value, Mapping) else {inner: value}
    return found


def _in_words(name: str) -> str:
    """The words of a name, or of the longest beginning of it that has some, with the rest."""
    known = max((each for each in WORDS if f"{name}.".startswith(f"{each}.")), key=len, default="")
    return f"{WORDS[known]}{name[len(known) :]}" if known else name


def _shown(value: Any) -> str:
    return "not given" if value is None else repr(value)
