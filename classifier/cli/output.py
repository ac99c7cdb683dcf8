"""What several commands print. They import it when they run, because it takes a while to load."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.table import Table

from classifier.cli import console, tables
from classifier.evaluation.controls import read_controls
from classifier.reports.judgement import Tone, Verdict, finding_line
from classifier.reports.run.cascade import cascade_lines
from classifier.reports.run.figure_findings import how_good
from classifier.reports.run.findings import TONES, run_findings, run_verdict
from classifier.reports.run.held_out_labels import held_out_lines
from classifier.reports.run.label_shift import adaptation_lines
from classifier.reports.run.out_of_scope import scope_lines
from classifier.reports.run.record import RunRecord
from classifier.reports.run.scores import abstention_lines
from classifier.reports.run.sets import sets_lines
from classifier.reports.run.target_controls import conclusions

STYLES: Mapping[Tone, str] = {"stop": "bold red", "unknown": "bold red", "care": "bold yellow", "good": "bold green"}


def show_evaluation(record: RunRecord, *, quiet: bool) -> None:
    """Print the verdict, the figures of an evaluation, per class too unless quiet, and the findings."""
    classes = [] if quiet else [tables.class_table(record.evaluation, width=console.out.width)]
    show_findings(record, [tables.figures_table(record.evaluation), *classes])


def show_verdict(verdict: Verdict) -> None:
    """Print whether the labels may be used, in a line that stands out."""
    console.out.print(verdict.text, style=STYLES[verdict.tone], markup=False, highlight=False)


def show_findings(record: RunRecord, shown: Sequence[Table] = ()) -> None:
    """Print whether a model's labels may be used, how good it is, what predicts, and every finding.

    Below that stand the figures behind three of the findings: abstention, label sets, and whether a model of pairs
    reads the target.

    Args:
        record: of the run.
        shown: tables that stand below the verdict.
    """
    found = run_findings(record)
    show_verdict(run_verdict(found))
    for table in shown:
        console.out.print(table)
    lines = [how_good(record.evaluation, record.kind), f"What predicts: {record.predictor}."]
    lines += [finding_line(finding, TONES) for finding in found]
    if record.evaluation.abstention is not None:
        lines += abstention_lines(record.evaluation.abstention)
    if record.evaluation.sets is not None:
        lines += sets_lines(record.evaluation.sets)
    lines += _asked_lines(record)
    for line in lines:
        console.out.print(line, markup=False)
    controls = read_controls(record.folder)
    if controls is not None:
        console.out.print("Does the model read the target?", style="bold")
        for line in conclusions(controls)[1:]:  # the first is a finding
            console.out.print(line, markup=False)


def _asked_lines(record: RunRecord) -> Iterator[str]:
    """The figures that an evaluation has only where they were asked for."""
    if record.label_shift is not None:
        yield from adaptation_lines(record.label_shift)
    if record.out_of_scope is not None:
        yield from scope_lines(record.out_of_scope)
    if record.cascade is not None:
        yield from cascade_lines(record.cascade)
    if record.held_out_labels is not None:
        yield from held_out_lines(record.held_out_labels)


def duration(seconds: float) -> str:
    """Seconds as a person reads them."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.1f} min"
