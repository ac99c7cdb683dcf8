"""`classifier build`: articles to a dataset folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from classifier.cli.options import (
    EncodingOption,
    OverwriteOption,
    QuietOption,
    SettingsOption,
    SheetOption,
    SkipBadOption,
    SourceArgument,
    settings_of,
)
from classifier.errors import shell_word

EXAMPLE = "classifier build articles.csv --out datasets/mine"


def command(
    source: SourceArgument,
    out: Annotated[Path | None, typer.Option(help="The dataset folder to write; not with --dry-run.")] = None,
    settings: SettingsOption = None,
    encoding: EncodingOption = None,
    sheet: SheetOption = None,
    skip_bad: SkipBadOption = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read, check and report; write nothing.")] = False,
    extend: Annotated[
        Path | None, typer.Option(help="An older dataset: its articles keep their splits, new ones are added.")
    ] = None,
    corrections: Annotated[
        Path | None, typer.Option(help="Corrected labels: an audit.csv, or Label Studio's export (.json).")
    ] = None,
    overwrite: OverwriteOption = False,
    quiet: QuietOption = False,
) -> None:
    """Turn labelled articles into a dataset whose splits keep groups, dates and copies apart, and a page about it."""
    from classifier.cli import console, tables
    from classifier.jobs.building.build import build
    from classifier.jobs.safety import reasons_to_stop
    from classifier.reports.dataset.lines import build_lines

    console.show_messages(quiet=quiet)
    given = settings_of(settings, encoding, sheet)
    if corrections is not None:
        given["data.corrections"] = str(corrections)
    report = build(
        source,
        out,
        settings=given,
        skip_bad=skip_bad,
        dry_run=dry_run,
        extend=extend,
        overwrite=overwrite,
        progress=console.make_progress(quiet=quiet),
    )
    console.out.print(tables.dataset_table(report.info))
    built, unsafe = report.built, reasons_to_stop(report.info)
    for line in build_lines(report.info, None if built is None else built.facts):
        console.out.print(line, markup=False)
    console.out.print(_wrote(report.built is not None, out, report.info.folds, safe=not unsafe), markup=False)


def _wrote(built: bool, out: Path | None, folds: int | None, *, safe: bool) -> str:
    if out is None:
        return "Nothing was written: this was a dry run."
    done = f"Wrote {out}; look at {out / 'report.html'}." if built else f"{out} is up to date: nothing has changed."
    train = f"classifier train {shell_word(out)} --out RUN{' --all-folds' if folds else ''}"
    if not safe:
        return f"{done} Next: mend what is to be mended first, and build again. To train all the same: {train} --anyway"
    return f"{done} Next: {train}"
