"""`classifier learning-curve`: what more labelled articles would bring."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from classifier.cli.interrupts import interruptible
from classifier.cli.options import EncodingOption, OverwriteOption, QuietOption, SheetOption, SkipBadOption, settings_of
from classifier.errors import InputError

if TYPE_CHECKING:
    from rich.table import Table

    from classifier.evaluation.learning_curve import CurvePoint, LearningCurve

EXAMPLE = "classifier learning-curve my.csv --out curves/mine"


def command(
    source: Annotated[str, typer.Argument(help="A config (.toml), a dataset folder, or articles.")],
    out: Annotated[Path, typer.Option(help="The folder to write; an unfinished curve in it goes on.")],
    shares: Annotated[
        str, typer.Option(help="Shares of the training articles to train on, with commas between them.")
    ] = "0.1,0.2,0.4,0.7,1",
    repeats: Annotated[int, typer.Option(help="How often each share is drawn and trained.")] = 3,
    model: Annotated[
        str, typer.Option(help="probe (frozen encoder, fast), tfidf, or full (fine-tunes each time).")
    ] = "probe",
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="A setting, such as model.windows=1. Repeatable.")
    ] = None,
    encoding: EncodingOption = None,
    sheet: SheetOption = None,
    skip_bad: SkipBadOption = False,
    overwrite: OverwriteOption = False,
    quiet: QuietOption = False,
) -> None:
    """Train on growing parts of the training articles, score on validation, and estimate what more would bring."""
    from classifier.cli import console
    from classifier.cli.output import duration
    from classifier.evaluation.learning_curve import PAGE
    from classifier.jobs.learning_curve.learning_curve import learning_curve
    from classifier.reports.curve_page import sentences
    from classifier.reports.words import metric_name

    console.show_messages(quiet=quiet)
    with interruptible("the same command", out) as stop:
        curve = learning_curve(
            source,
            out,
            shares=_numbers(shares),
            repeats=repeats,
            model=model,
            settings=settings_of(settings, encoding, sheet),
            skip_bad=skip_bad,
            overwrite=overwrite,
            progress=console.make_progress(quiet=quiet),
            should_stop=stop,
            report=lambda point, name: None if quiet else console.err.print(_line(point, name, metric_name(name))),
        )
    metric = metric_name(curve.metric)
    console.out.print(_table(curve, metric))
    for line in sentences(curve, metric):
        console.out.print(line, markup=False)
    console.out.print(f"Done in {duration(curve.seconds)}. Wrote {curve.path / PAGE}", markup=False)


def _numbers(words: str) -> list[float]:
    try:
        return [float(word) for word in words.split(",")]
    except ValueError:
        raise InputError(
            f"--shares takes numbers with commas between them. Got '{words}' instead.",
            fix="For example: --shares 0.1,0.2,0.4,0.7,1",
        ) from None


def _line(point: CurvePoint, key: str, metric: str) -> str:
    made = f"share {point.share:g}, repeat {point.repeat}: {point.articles:,} articles"
    return f"{made}, {metric} {point.figures[key]:.3f}"


def _table(curve: LearningCurve, metric: str) -> Table:
    from rich.table import Table

    from classifier.reports.words import between

    table = Table(title=f"{metric} on {curve.validation:,} validation articles", title_justify="left")
    for name in ("share", "articles", metric, "95% interval", "sd", "repeats"):
        table.add_column(name, justify="right")
    for mean in curve.means:
        sd = f"{mean.sd:.3f}" if mean.repeats > 1 else ""
        table.add_row(
            f"{mean.share:g}",
            f"{mean.articles:,}",
            f"{mean.value:.3f}",
            between(mean.interval, link=" – "),
            sd,
            str(mean.repeats),
        )
    for found in curve.extrapolation.forecasts:
        span = between(found.interval, link=" – ")
        table.add_row(f"{found.times:g}×", f"{found.articles:,}", f"about {found.value:.3f}", f"curves: {span}")
    return table
