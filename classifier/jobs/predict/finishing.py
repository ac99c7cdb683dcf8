"""Puts the parts together into one file: labels are worked out here, from the stored scores of all rows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from classifier.arrays import Floats32
from classifier.articles.arrow import Evidence
from classifier.articles.csv_style import CsvStyle
from classifier.articles.new_articles import ERROR, renamed
from classifier.articles.writers import open_writer
from classifier.articles.xlsx import cell_faults, is_xlsx
from classifier.errors import InputError, counted, names
from classifier.jobs.predict.adapting import AskedShares, Labeller, make_labeller, say_changes
from classifier.jobs.predict.added import EVIDENCE, More, kinds_of_added, records
from classifier.jobs.predict.columns import kept
from classifier.jobs.predict.part import Part
from classifier.jobs.predict.totals import Totals
from classifier.models.decider import Decider
from classifier.progress import SILENT, Progress

logger = logging.getLogger(__name__)
Record = dict[str, Any]
Explain = Callable[[Part, Decider, Floats32], Sequence[Evidence]]  # with the scores that are given


@dataclass
class Labels:
    """Makes the rows of the output from parts.

    Attributes:
        used: gives labels to scores.
        more: what is added beside the labels.
        failed: whether every row has a column for the reason why it has no label; None = only those rows have it, since
            it is not known yet whether there are any.
        explain: finds the evidence of a part for the labels that are given; None = the part holds it.
        empty: how many articles have no label although they could be labelled.
    """

    used: Labeller
    more: More
    failed: bool | None = None
    explain: Explain | None = None
    empty: int = field(default=0)

    def __post_init__(self) -> None:
        self.more = replace(self.more, model=self.used.named(self.more.model))

    def records(self, part: Part) -> list[Record]:
        """The rows of a part, in order: their values, and what is added."""
        rows = part.rows
        good = [row for row, fault in zip(rows, part.faults, strict=True) if fault is None]
        decider, own = self.used.decider, part.proba
        proba, inside = self.used.scores(own), self.used.inside(own) if self.more.sets else None
        evidence = part.evidence if self.explain is None else self.explain(part, decider, proba)
        failed = self.failed is not False
        given = (good, proba, decider, evidence, self.more)
        made = iter(records(*given, failed=failed, inside=inside, skipped=part.skipped))
        added = self.more.columns(decider.info.labels, failed=failed)
        found = []
        for row, fault in zip(rows, part.faults, strict=True):
            if fault is None:
                record = next(made)
                self.empty += not record["label"]
                if self.failed is None:
                    del record[ERROR]
            else:
                record = {**renamed(row.values, added), **dict.fromkeys(added), ERROR: str(fault)}
            found.append(record)
        return found


def finish(
    parts: Iterable[Part],
    totals: Totals,
    labels: Labels,
    out: Path,
    style: CsvStyle,
    *,
    ready: Callable[[Path], None] | None = None,
    progress: Progress = SILENT,
) -> None:
    """Write all parts to the output; it appears under its name when it is complete and on the disk.

    Args:
        parts: in order.
        totals: what was counted while they were made.
        labels: makes the rows of the output.
        out: the file.
        style: of a CSV file.
        ready: called with the complete file before it gets its name.
        progress: told of each part.

    Raises:
        InputError: the file cannot be written, or cannot hold the rows.
    """
    info = labels.used.plain.info
    added = labels.more.columns(info.labels, failed=totals.failed > 0)
    columns = totals.columns.beside(added)
    if taken := kept(columns):
        logger.warning(
            "the input has columns with the names of those that are added; they are kept as %s", names(taken)
        )
    types = kinds_of_added(info)
    written = shortened = 0
    with (
        open_writer(out, {**columns, **{name: types[name] for name in added}}, style, ready) as writer,
        progress.task("writing", totals.rows) as task,
    ):
        for part in parts:
            found = labels.records(part)
            if is_xlsx(out) and labels.more.explain:
                shortened += sum(map(_fit_evidence, found))
            writer.write(found)
            written += len(found)
            task.advance(len(found), 0)
        if written != totals.rows:
            raise InputError(
                f"{totals.rows:,} rows were labelled, and {written:,} are in the parts of '{out}'.",
                fix="Repeat the command: what is missing is labelled again.",
            )
    if shortened:
        logger.warning(
            "the evidence of %s is longer than a cell of Excel: its weakest sentences are left out",
            counted(shortened, "article"),
        )


def _fit_evidence(record: Record) -> bool:
    """Leave out the weakest sentences of evidence that a cell of Excel cannot hold; whether that was needed."""
    evidence = record[EVIDENCE]
    while evidence and cell_faults("", {EVIDENCE: evidence}):
        weakest = min(evidence, key=lambda sentence: abs(sentence["effect"]))
        evidence = Evidence(sentence for sentence in evidence if sentence is not weakest)
    shorter = evidence is not record[EVIDENCE]
    record[EVIDENCE] = evidence
    return shorter


def labels_of(
    plain: Decider, asked: AskedShares | None, totals: Totals, more: More, explain: Explain | None = None
) -> Labels:
    """What makes the rows of the output, once all is counted and all scores are known.

    Args:
        plain: the model's own decider.
        asked: to which shares it is adapted; None = it is not.
        totals: with the scores, where shares are asked for.
        more, explain: as in `Labels`.

    Raises:
        InputError: there are too few articles to estimate shares from.
    """
    used = Labeller(plain) if asked is None else make_labeller(plain, asked, totals.scores, totals.sources)
    return Labels(used, more, totals.failed > 0, explain)


def say_done(labels: Labels, totals: Totals) -> None:
    """Tell what became of the rows."""
    totals.say_failed()
    say_changes(labels.used, totals.articles, sets=labels.more.sets)
    if labels.more.abstain:
        logger.info(
            "abstained on %s of %s articles, where the score is too low: their label is empty, and best_guess holds it",
            f"{labels.empty:,}",
            f"{totals.articles:,}",
        )
