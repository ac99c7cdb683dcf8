"""What several commands print. They import it when they run, because it takes a while to load."""

from __future__ import annotations

from classifier.cli import console, tables
from classifier.evaluation.controls import read_controls
from classifier.reports.judgement import finding_line
from classifier.reports.run.figure_findings import how_good
from classifier.reports.run.findings import TONES, run_findings, run_verdict
from classifier.reports.run.record import RunRecord
from classifier.reports.run.scores import abstention_lines
from classifier.reports.run.sets import sets_lines
from classifier.reports.run.target_controls import conclusions


def show_evaluation(record: RunRecord, *, quiet: bool) -> None:
    """Print the figures of an evaluation, per class too unless quiet, and the findings."""
    console.out.print(tables.figures_table(record.evaluation))
    if not quiet:
        console.out.print(tables.class_table(record.evaluation, width=console.out.width))
    show_findings(record)


def show_findings(record: RunRecord) -> None:
    """Print how good a model is, whether its labels may be used, and every finding.

    Below that stand the figures behind three of the findings: abstention, label sets, and whether a model of pairs
    reads the target.
    """
    found = run_findings(record)
    lines = [how_good(record.evaluation, record.kind), run_verdict(found)[1]]
    lines += [finding_line(finding, TONES) for finding in found]
    if record.evaluation.abstention is not None:
        lines += abstention_lines(record.evaluation.abstention)
    if record.evaluation.sets is not None:
        lines += sets_lines(record.evaluation.sets)
    for line in lines:
        console.out.print(line, markup=False)
    controls = read_controls(record.folder)
    if controls is not None:
        console.out.print("Does the model read the target?", style="bold")
        for line in conclusions(controls)[1:]:  # the first is a finding
            console.out.print(line, markup=False)


def duration(seconds: float) -> str:
    """Seconds as a person reads them."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.1f} min"
