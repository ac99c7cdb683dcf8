"""`classifier tune`: a search for better settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from classifier.cli.interrupts import interruptible
from classifier.cli.options import EncodingOption, OverwriteOption, QuietOption, SheetOption, SkipBadOption, settings_of

EXAMPLE = "classifier tune my.csv --minutes 60 --max-params 30M --out studies/first"


def command(
    source: Annotated[str, typer.Argument(help="A config (.toml), a dataset folder, or articles.")],
    out: Annotated[Path, typer.Option(help="The folder to write; an unfinished study in it goes on.")],
    trials: Annotated[
        int | None,
        typer.Option(help="How many trials in all, those done before included; default 20, or what --minutes allow."),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(help="Begin no new trial after so many minutes; with --max-params the running one ends too."),
    ] = None,
    max_params: Annotated[
        str | None,
        typer.Option(help="Try every encoder at hand of at most so many parameters, such as 30M, and freezing."),
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="A setting to keep and not to search. Repeatable.")
    ] = None,
    encoding: EncodingOption = None,
    sheet: SheetOption = None,
    skip_bad: SkipBadOption = False,
    overwrite: OverwriteOption = False,
    quiet: QuietOption = False,
) -> None:
    """Search for better training settings, scored on validation. Needs the extra 'tune'."""
    from classifier.cli import console, tables
    from classifier.cli.output import duration
    from classifier.jobs.tune.shown import encoder_lines, trial_line, tuning_remarks, tuning_verdict
    from classifier.jobs.tune.tune import tune

    console.show_messages(quiet=quiet)
    with interruptible("the same command", out) as stop:
        report = tune(
            source,
            out,
            trials=trials,
            minutes=minutes,
            max_params=max_params,
            settings=settings_of(settings, encoding, sheet),
            skip_bad=skip_bad,
            overwrite=overwrite,
            progress=console.make_progress(quiet=quiet),
            should_stop=stop,
            report=lambda trial, metric: console.out.print(trial_line(trial, metric), markup=False),
        )
    console.out.print(tables.trials_table(report))
    if report.importance is not None:
        console.out.print(tables.importance_table(report.importance))
    for line in (*encoder_lines(report), tuning_verdict(report), *tuning_remarks(report)):
        console.out.print(line, markup=False)
    console.out.print(f"Done in {duration(report.seconds)}. Next: {report.train_command}", markup=False)
