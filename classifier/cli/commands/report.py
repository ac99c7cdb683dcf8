"""`classifier report`: the page of a run, or what a paper needs from it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from classifier.cli.options import OverwriteOption, QuietOption

EXAMPLE = "classifier report runs/first"


def command(
    run: Annotated[Path, typer.Argument(help="A run folder, or a folder of several seeds or folds.")],
    out: Annotated[
        Path | None,
        typer.Option(help="The file to write; else RUN/report.html. With --methods: a folder; else RUN/paper."),
    ] = None,
    learning_curve: Annotated[
        Path | None, typer.Option(help="A learning_curve.json to show, or its folder; else RUN/learning_curve.json.")
    ] = None,
    methods: Annotated[
        bool,
        typer.Option("--methods", help="For a paper: a folder of a methods text, references, tables and figures."),
    ] = False,
    overwrite: OverwriteOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write the page that says whether a run's labels may be used: one offline file, from the run's stored results."""
    from classifier.cli import console
    from classifier.cli.output import show_verdict
    from classifier.jobs.report import report
    from classifier.reports.run.findings import run_findings, run_verdict
    from classifier.reports.run.record import read_run_record

    console.show_messages(quiet=quiet)
    written = report(run, out=out, learning_curve=learning_curve, methods=methods, overwrite=overwrite)
    show_verdict(run_verdict(run_findings(read_run_record(run))))
    if not quiet:
        console.err.print(f"Wrote {written}", markup=False)
