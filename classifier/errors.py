"""`InputError`: a problem that the user can solve. The command line shows it without a traceback."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

SHOWN_FAULTS = 20


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with the input.

    Attributes:
        where: the place, as ``file:line`` or ``file, row N``.
        what: what is wrong there, with the value and the limit.
        kind: a short name under which equal faults are counted; ``what`` when empty.
        record: the row itself, as far as it could be read.
    """

    where: str
    what: str
    kind: str = ""
    record: Any = field(default=None, compare=False, repr=False)

    @property
    def name(self) -> str:
        """The kind, or what is wrong where no kind is named."""
        return self.kind or self.what

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class InputError(Exception):
    """The user's input cannot be used: what is wrong, where, and how to correct it.

    Args:
        message: what is wrong, in one sentence that names the value and what is allowed.
        fix: what to do about it, in one sentence.
        faults: every bad row; the first 20 are shown, then counts per kind.

    Example:
        >>> print(InputError("There is no file 'a.csv'.", fix="Check the path."))
        There is no file 'a.csv'.
        Fix: Check the path.
    """

    def __init__(self, message: str, *, fix: str = "", faults: Sequence[Fault] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.faults = tuple(faults)

    def __str__(self) -> str:
        lines = [self.message, *(f"  {fault}" for fault in self.faults[:SHOWN_FAULTS])]
        if len(self.faults) > SHOWN_FAULTS:
            lines.append(f"  … {len(self.faults):,} faults in all: {_counts(self.faults)}")
        if self.fix:
            lines.append(f"Fix: {self.fix}")
        return "\n".join(lines)


class DivergedError(InputError):
    """The loss of a training is no longer a finite number."""


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """A suggestion for a misspelt word, or nothing.

    Example:
        >>> did_you_mean("learnin_rate", ["learning_rate", "seed"])
        " Did you mean 'learning_rate'?"
    """
    close = get_close_matches(word, list(choices), n=1, cutoff=0.7)
    return f" Did you mean '{close[0]}'?" if close else ""


def names(values: Iterable[object]) -> str:
    """Names for a message: quoted and separated by commas."""
    return ", ".join(f"'{value}'" for value in values)


def _counts(faults: Sequence[Fault]) -> str:
    counts = Counter(fault.name for fault in faults)
    return ", ".join(f"{count:,} × {kind}" for kind, count in counts.most_common(10))


class InterruptedTrainingError(Exception):
    """The user stopped a training; its checkpoint is on disk."""
