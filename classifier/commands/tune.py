"""`classifier tune`: a search for better settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from classifier.commands.options import Encoding, Overwrite, Quiet, SkipBad, overrides_of
from classifier.interrupts import interruptible

EXAMPLE = "classifier tune my.toml --trials 20 --out studies/first"


def command(
    source: Annotated[str, typer.Argument(help="A config (.toml), a dataset folder, or articles.")],
    out: Annotated[Path, typer.Option(help="The study's folder; one that is there already goes on.")],
    trials: Annotated[int, typer.Option(help="How many trials in all, those done before included.")] = 20,
    minutes: Annotated[
        float | None, typer.Option(help="Begin no trial after that; the running one is finished.")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="A setting to keep and not to search. Repeatable.")
    ] = None,
    encoding: Encoding = None,
    skip_bad: SkipBad = False,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Search for better training settings, scored on validation. Needs the extra 'tune'."""
    from classifier import console, summary, tuning
    from classifier.commands.output import duration

    console.show_messages(quiet=quiet)
    with interruptible("the same command", out) as stop:
        report = tuning.tune(
            source, out, trials=trials, minutes=minutes, overrides=overrides_of(settings, encoding), skip_bad=skip_bad,
            overwrite=overwrite, progress=console.make_progress(quiet=quiet), should_stop=stop,
            report=lambda trial, metric: console.out.print(summary.trial_line(trial, metric), markup=False),
        )  # fmt: skip
    console.out.print(summary.trials_table(report))
    if report.importance is not None:
        console.out.print(summary.importance_table(report.importance))
    for line in summary.tuning_lines(report):
        console.out.print(line, markup=False)
    console.out.print(f"Done in {duration(report.seconds)}. Next: {report.train_command}", markup=False)
