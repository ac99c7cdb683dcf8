"""`classifier next`: which articles of a pool to label next."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from classifier.cli.options import (
    DeviceOption,
    EncodingOption,
    OverwriteOption,
    QuietOption,
    SheetOption,
    SkipBadOption,
    StdinFormatOption,
    settings_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from classifier.jobs.next.next import NextReport

EXAMPLE = "classifier next runs/first --pool unlabelled.jsonl --n 50 --out next.csv"


def command(
    source: Annotated[
        str, typer.Argument(help="A run, whose model scores the pool; or labelled articles, to fit a probe to.")
    ],
    pool: Annotated[
        list[str], typer.Option(help="Unlabelled articles: file, folder, or - (standard input). Repeatable.")
    ],
    out: Annotated[Path, typer.Option(help="A .csv, .tsv, .jsonl, .parquet or .xlsx file.")],
    n: Annotated[int, typer.Option("--n", help="How many articles to choose.")] = 50,
    label_studio: Annotated[Path | None, typer.Option(help="Write tasks for Label Studio too, to this file.")] = None,
    most: Annotated[int, typer.Option(help="Score at most so many articles of the pool, drawn at random.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Seed of the random draw and of the grouping.")] = 13,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="With a run: how to read the pool (data.columns.text=body). Else any setting."),
    ] = None,
    encoding: EncodingOption = None,
    sheet: SheetOption = None,
    stdin_format: StdinFormatOption = None,
    device: DeviceOption = "auto",
    skip_bad: SkipBadOption = False,
    overwrite: OverwriteOption = False,
    quiet: QuietOption = False,
) -> None:
    """Choose the articles that are most worth a label: ones that the model is unsure of, unlike one another."""
    from classifier.cli import console
    from classifier.jobs.next.next import choose_next

    console.show_messages(quiet=quiet)
    report = choose_next(
        source,
        pool,
        out,
        n=n,
        label_studio=label_studio,
        most=most,
        seed=seed,
        settings=settings_of(settings, encoding, sheet),
        stdin_format=stdin_format,
        device=device,
        skip_bad=skip_bad,
        overwrite=overwrite,
        stdin=sys.stdin,
        progress=console.make_progress(quiet=quiet),
    )
    if not quiet:
        for line in _lines(report):
            console.err.print(line, markup=False)


def _lines(report: NextReport) -> Iterator[str]:
    left_out = report.known + report.repeated
    if left_out:
        yield (
            f"{left_out:,} of {report.pool:,} articles were left out: {report.known:,} (nearly) repeat a labelled one, "
            f"{report.repeated:,} an earlier one of the pool."
        )
    if report.scored < report.pool - left_out:
        yield f"{report.scored:,} of the others were drawn at random and scored (--most)."
    model = "a probe" if report.probe else "the run's model"
    yield (
        f"Chose {report.chosen:,} of {report.scored:,} articles by {model}, fitted on {report.labelled:,} labelled "
        f"ones: {report.out}. They are no random sample: train on them, but do not test on them."
    )
