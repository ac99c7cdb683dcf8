"""Collects rows that cannot be used: in a file with counts, or for one error."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from classifier.articles.arrow import to_json
from classifier.articles.checked import NONE_GOOD as NO_OTHER_GOOD
from classifier.articles.checked import rows_fix
from classifier.errors import Fault, InputError, counted, kinds_in_words

REJECTED = "rejected.jsonl"
OTHER_COLUMN = "Or, if another column is meant: --set data.columns.text=NAME, or data.columns.label=NAME"
OF_A_COLUMN = (
    "is empty",
    "is missing",
    "is a number",
    "is a URL alone",
    "is the name of a file alone",
    "is markup alone",
    "must be text",
    "must be a name",
    "holds 0 and 1 in place of names",
)  # ends of kinds of faults that a cell of another column may not have; a row that cannot be read has no cells
NUMBERS = re.compile(r"([0-9]+)")


def left_out_in_words(kinds: Mapping[str, int]) -> str:
    """How many bad rows were left out, and of which kinds.

    Example:
        >>> left_out_in_words({"text is empty": 2, "unknown label": 1})
        '3 bad rows were left out (2 × text is empty, 1 × unknown label)'
    """
    return f"{counted(sum(kinds.values()), 'bad row was', 'bad rows were')} left out ({kinds_in_words(kinds)})"


class Rejects:
    """Bad rows: counted, and written to a file, or without a file kept for one error."""

    def __init__(self, file: Path | None) -> None:
        self.file = file
        self.counts: Counter[str] = Counter()
        self.faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Write the row to the file, or keep it for the error."""
        self.counts[fault.name] += 1
        if self.file is None:
            self.faults.append(replace(fault, record=None))
            return
        record = {"where": fault.where, "what": fault.what, "row": fault.record}
        with self.file.open("a", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(to_json(record) + "\n")

    @property
    def kinds(self) -> dict[str, int]:
        """How many there are of each kind, the most frequent first."""
        return dict(sorted(self.counts.items(), key=lambda item: (-item[1], item[0])))

    def problem(self, what: str, good: int) -> InputError | None:
        """The error for the rows that were kept for one, or for all being bad; None where others are left.

        Args:
            what: name of the source in the message.
            good: how many rows are good.
        """
        if not self.faults:
            return self._none_left(what) if self.counts and not good else None
        rows = "row" if len(self.faults) == 1 else "rows"
        kinds = {fault.name for fault in self.faults}
        fix = rows_fix(kinds, good, none_good=_none_good(kinds))
        if kinds == {"changed article"}:
            fix = "Give new articles ids of their own (a column id), or build a new dataset."
        faults = sorted(self.faults, key=_file_and_line)
        return InputError(f"{what} has {len(faults):,} bad {rows}.", faults=faults, fix=fix)

    def _none_left(self, what: str) -> InputError:
        message = f"All {self.counts.total():,} rows of {what} are bad, so none is left: {kinds_in_words(self.kinds)}."
        return InputError(message, fix=_none_good(self.counts))


def _none_good(kinds: Iterable[str]) -> str:
    """What to do where no row is good."""
    return f"{NO_OTHER_GOOD} {OTHER_COLUMN}" if any(kind.endswith(OF_A_COLUMN) for kind in kinds) else NO_OTHER_GOOD


def _file_and_line(fault: Fault) -> list[tuple[int, str]]:
    """Numbers in a place are compared as numbers, so that line 9 comes before line 10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in NUMBERS.split(fault.where)]
