"""What is counted while parts come by, one after the other: rows, bad rows and columns."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from classifier.arrays import Floats32
from classifier.articles.new_articles import ERROR
from classifier.errors import Fault, InputError, WrittenError, counted, kinds_in_words
from classifier.jobs.predict.columns import Columns
from classifier.jobs.predict.part import Part

logger = logging.getLogger(__name__)
SHOWN = 3  # bad rows that a warning names
KEPT = 1000  # bad rows that are kept for a message; all are counted


@dataclass
class Totals:
    """What there is so far.

    Attributes:
        classes: of the model.
        keep_scores: whether the scores of all articles are kept, from which shares are estimated.
        parts, rows, articles: how many.
        skipped: how many articles skipped the transformer.
        columns: of the rows.
        faults: the first bad rows.
        kinds: of all bad rows, how many.
        proba: the scores of the articles, where they are kept.
        sources: and the keys of their sources.
    """

    classes: int
    keep_scores: bool = False
    parts: int = 0
    rows: int = 0
    articles: int = 0
    skipped: int = 0
    columns: Columns = field(default_factory=Columns)
    faults: list[Fault] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    proba: list[Floats32] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)

    @property
    def failed(self) -> int:
        """How many rows cannot be labelled."""
        return self.rows - self.articles

    @property
    def scores(self) -> Floats32:
        """The scores of all articles, where they are kept."""
        return np.concatenate([np.zeros((0, self.classes), dtype=np.float32), *self.proba])

    def add(self, part: Part) -> None:
        """Count the next part."""
        self.parts += 1
        self.rows += len(part.lines)
        self.articles += len(part.proba)
        self.skipped += sum(part.skipped or ())
        self.columns.merge(part.columns)
        failed = part.failed
        self.faults += failed[: KEPT - len(self.faults)]
        self.kinds.update(fault.name for fault in failed)
        if self.keep_scores:
            self.proba.append(part.proba)
            self.sources += [source for source, fault in zip(part.sources, part.faults, strict=True) if fault is None]

    def check_some(self) -> None:
        """Raise `InputError` where no row can be labelled."""
        if not self.rows:
            raise InputError("The input holds no articles.", fix="Give at least one.")
        if not self.articles:
            raise InputError(
                f"None of {counted(self.rows, 'row')} can be labelled.", faults=self.faults, fix="Mend the input."
            )

    def say_failed(self) -> None:
        """Warn of rows that could not be labelled."""
        if not self.failed:
            return
        shown = "; ".join(map(str, self.faults[:SHOWN])) + ("; …" if self.failed > SHOWN else "")
        each = "" if len(self.kinds) < 2 else f"{kinds_in_words(dict(self.kinds.most_common()))}: "
        logger.warning(
            "%s of %s could not be labelled: they are in the output without a label, and the column '%s' says why "
            "(%s%s)",
            f"{self.failed:,}",
            counted(self.rows, "row"),
            ERROR,
            each,
            shown,
        )

    def strict_error(self, out: object) -> WrittenError:
        """What ``--strict`` says of bad rows; everything is written all the same."""
        return WrittenError(
            f"{self.failed:,} of {counted(self.rows, 'row')} could not be labelled (--strict). All rows are in {out}, "
            f"these without a label, and with the reason in the column '{ERROR}'.",
            faults=self.faults,
            fix="Mend these rows and label them anew, or leave out --strict.",
        )
