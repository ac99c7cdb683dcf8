"""`InputError`: a problem that the user can solve. The command line shows it without a traceback."""

from __future__ import annotations

import os
import shlex
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

SHOWN_FAULTS = 20
SHOWN_KINDS = 10
MEND_OR_SKIP = "Mend or remove these rows, or leave them out with --skip-bad (from Python: skip_bad=True)."


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with the input.

    Attributes:
        where: the place, as ``file:line`` or ``file, row N``.
        what: what is wrong there, with the value and the limit.
        kind: a short name under which equal faults are counted; ``what`` when empty.
        record: the row itself, as far as it could be read.
        id: of the article, where it has one.
    """

    where: str
    what: str
    kind: str = ""
    record: Any = field(default=None, compare=False, repr=False)
    id: str = field(default="", compare=False, repr=False)

    @property
    def name(self) -> str:
        """The kind, or what is wrong where no kind is named."""
        return self.kind or self.what

    def __str__(self) -> str:
        named = f" (id '{self.id}')" if self.id and not self._place_is_id() else ""
        return f"{self.where}{named}: {self.what}"

    def _place_is_id(self) -> bool:
        """Whether the place says the id already: a line of that number, or a text file or web page of that name."""
        return self.where.endswith(
            (f":{self.id}", *(f"/{self.id}{suffix}" for suffix in ("", ".txt", ".html", ".htm")))
        )


class InputError(Exception):
    """The user's input cannot be used: what is wrong, where, and how to correct it.

    Args:
        message: what is wrong, in one sentence that names the value and what is allowed.
        fix: what to do about it, in one sentence.
        faults: every bad row; 20 are shown, of every kind the first, then counts per kind.

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
        self.kinds: tuple[InputError, ...] = (self,)

    def __str__(self) -> str:
        lines = [self.message, *(f"  {fault}" for fault in _shown(self.faults))]
        if len(self.faults) > SHOWN_FAULTS:
            lines.append(f"  … {len(self.faults):,} faults in all: {_counts(self.faults)}")
        if self.fix:
            lines.append(f"Fix: {self.fix}")
        return "\n".join(lines)


class WrittenError(InputError):
    """The same, raised once all that was asked for is written."""


def together(what: str, errors: Iterable[InputError]) -> InputError:
    """Several errors about one input as one, with the message, the faults and the fix of each.

    Args:
        what: name of the input.
        errors: at least one; each may be made of several.

    Example:
        >>> print(together("'a.csv'", [InputError("2 bad rows.", fix="Mend them."), InputError("1 rare label.")]))
        'a.csv' has faults of 2 kinds:
        - 2 bad rows.
        - 1 rare label.
        Fix: Mend them.
    """
    kinds = tuple(kind for error in errors for kind in error.kinds)
    if len(kinds) == 1:
        return kinds[0]
    found = InputError(
        f"{what} has faults of {len(kinds)} kinds:" + "".join(f"\n- {kind.message}" for kind in kinds),
        faults=[fault for kind in kinds for fault in kind.faults],
        fix="\nFix: ".join(kind.fix for kind in kinds if kind.fix),
    )
    found.kinds = kinds
    return found


class DivergedError(InputError):
    """The loss of a training is no longer a finite number."""


class UnsafeDatasetError(InputError):
    """A training did not begin: figures on its dataset would mislead. ``anyway=True`` trains all the same."""


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """A suggestion for a misspelt word, or nothing.

    Example:
        >>> did_you_mean("learnin_rate", ["learning_rate", "seed"])
        " Did you mean 'learning_rate'?"
    """
    close = nearest(word, choices)
    return f" Did you mean '{close}'?" if close else ""


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """The choice that a misspelt word may mean; None where none is near."""
    return next(iter(get_close_matches(word, list(choices), n=1, cutoff=0.7)), None)


def shell_word(value: object) -> str:
    """A path or another value as one word of a command that a message names, as the system's shell takes it.

    Example:
        >>> print(f"classifier train {shell_word('my data/first')} --out {shell_word('runs/first')}")
        classifier train 'my data/first' --out runs/first
    """
    if os.name == "nt":
        from subprocess import list2cmdline

        return list2cmdline([str(value)])
    return shlex.quote(str(value))


def names(values: Iterable[object]) -> str:
    """Names for a message: quoted and separated by commas."""
    return ", ".join(f"'{value}'" for value in values)


def _shown(faults: Sequence[Fault]) -> list[Fault]:
    """Up to `SHOWN_FAULTS` of the faults in their order, as many of each kind as can be."""
    if len(faults) <= SHOWN_FAULTS:
        return list(faults)
    turns: Counter[str] = Counter()
    order = []
    for place, fault in enumerate(faults):
        turns[fault.name] += 1
        order.append((turns[fault.name], place))
    return [faults[place] for place in sorted(place for _, place in sorted(order)[:SHOWN_FAULTS])]


def counted(count: int, noun: str, plural: str = "") -> str:
    """A number with its noun, in the singular or the plural.

    Example:
        >>> counted(1, "text or group", "texts or groups"), counted(1200, "setting")
        ('1 text or group', '1,200 settings')
    """
    return f"{count:,} {noun if count == 1 else plural or f'{noun}s'}"


def kinds_in_words(kinds: Mapping[str, int]) -> str:
    """How many there are of each kind.

    Example:
        >>> kinds_in_words({"text is empty": 1200, "unknown label": 1})
        '1,200 × text is empty, 1 × unknown label'
    """
    return ", ".join(f"{count:,} × {kind}" for kind, count in kinds.items())


def _counts(faults: Sequence[Fault]) -> str:
    return kinds_in_words(dict(Counter(fault.name for fault in faults).most_common(SHOWN_KINDS)))


class InterruptedTrainingError(Exception):
    """The user stopped a training; its checkpoint is on disk."""
