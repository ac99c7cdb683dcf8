"""`classifier estimate`: the share of each label in a corpus, or a regression on labels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from classifier.cli.options import EncodingOption, OverwriteOption, QuietOption, SheetOption, names_of, settings_of

if TYPE_CHECKING:
    from rich.table import Table

    from classifier.evaluation.shares.estimate import PrevalenceReport
    from classifier.evaluation.shares.plan import SamplePlan
    from classifier.evaluation.shares.regression import RegressionReport
    from classifier.evaluation.shares.share_correction import LabelShare

EXAMPLE = "classifier estimate runs/first labels.parquet --by source,month --out shares.csv"
MOST_ROWS = 60  # of the printed table


def command(
    run: Annotated[Path, typer.Argument(help="The run that wrote the predictions, or a folder of several seeds.")],
    predictions: Annotated[Path, typer.Argument(help="What classifier predict wrote.")],
    by: Annotated[
        list[str] | None,
        typer.Option(help="Shares per group: columns such as source,month; year, month, week, day come from the date."),
    ] = None,
    labelled: Annotated[
        Path | None, typer.Option(help="A random sample of these articles with true labels: id or text, and label.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help='A regression, such as "opinion ~ source + month". Needs --labelled.')
    ] = None,
    plan: Annotated[
        float | None,
        typer.Option(help="Choose what to label by hand, for shares ± this: 0.05. --out is the file for annotators."),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(help="With --model: the column whose articles stand together, or none. Else the source."),
    ] = None,
    link: Annotated[
        str | None, typer.Option(help="With --model: linear (coefficients are differences of shares), or logit.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="A .csv, .tsv, .jsonl, .parquet or .xlsx file to write.")] = None,
    articles: Annotated[
        Path | None, typer.Option(help="With --model: such a file, with every article's outcome, for R or pandas.")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="How to read both files, such as data.columns.label=truth.")
    ] = None,
    encoding: EncodingOption = None,
    sheet: SheetOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print the shares as JSON.")] = False,
    overwrite: OverwriteOption = False,
    quiet: QuietOption = False,
) -> None:
    """Estimate each label's share of a corpus, corrected for the classifier's errors, with intervals."""
    from dataclasses import asdict
    from json import dumps

    from classifier.cli import console
    from classifier.evaluation.shares.estimate import PrevalenceReport
    from classifier.jobs.estimate import estimate

    console.show_messages(quiet=quiet or json)
    report = estimate(
        run,
        predictions,
        by=names_of(by),
        labelled=labelled,
        model=model,
        plan=plan,
        cluster=cluster,
        link=link,
        out=out,
        articles=articles,
        settings=settings_of(settings, encoding, sheet),
        overwrite=overwrite,
        progress=console.make_progress(quiet=quiet or json),
    )
    if json:
        shares = {"shares": report.records()} if isinstance(report, PrevalenceReport) else {}
        typer.echo(dumps({**asdict(report), **shares}, ensure_ascii=False))
        return
    tables, lines = _shown(report, quiet=quiet)
    for table in tables:
        console.out.print(table)
    for line in lines:
        console.out.print(line, markup=False)
    for path in (out, articles):
        if path is not None:
            console.out.print(f"Wrote {path}.", markup=False)


def _shown(
    report: PrevalenceReport | RegressionReport | SamplePlan, *, quiet: bool
) -> tuple[list[Table], Sequence[str]]:
    """The tables, and the lines below them."""
    from classifier.cli.plan_table import plan_lines, plan_table
    from classifier.cli.regression_table import regression_lines, regression_tables
    from classifier.evaluation.shares.plan import SamplePlan
    from classifier.evaluation.shares.regression import RegressionReport

    if isinstance(report, RegressionReport):
        return list(regression_tables(report)), list(regression_lines(report, quiet=quiet))
    if isinstance(report, SamplePlan):
        return [plan_table(report)], list(plan_lines(report, quiet=quiet))
    return [_table(report)], _lines(report, quiet=quiet)


def _table(report: PrevalenceReport) -> Table:
    from rich.table import Table

    table = Table(title="shares of the labels", title_justify="left")
    for name in (", ".join(report.by), "label") if report.by else ("label",):
        table.add_column(name)
    for name in ("naive", "corrected", "95% interval"):
        table.add_column(name, justify="right")
    table.add_column("method")
    for name in ("articles", "labelled"):
        table.add_column(name, justify="right")
    group = None
    for share in report.shares[:MOST_ROWS]:
        if group is not None and share.group != group:
            table.add_section()
        group = share.group
        table.add_row(*([", ".join(group) or "all"] if report.by else []), share.label, *_cells(share))
    return table


def _cells(share: LabelShare) -> Sequence[str]:
    corrected = interval = "–"
    if share.corrected is not None:
        corrected, interval = f"{share.corrected:.3f}", f"{share.low:.3f} – {share.high:.3f}"
    return f"{share.naive:.3f}", corrected, interval, share.method, f"{share.articles:,}", f"{share.labelled:,}"


def _lines(report: PrevalenceReport, *, quiet: bool) -> Sequence[str]:
    lines = [f"Warning: {sentence}" for sentence in report.warnings]
    if quiet:
        return lines
    hidden = len(report.shares) - MOST_ROWS
    more = [f"{hidden:,} more rows are in --out shares.csv, or in --json."] if hidden > 0 else []
    naive = "Naive shares count the predictions, errors included. Report the corrected shares with their intervals."
    return [*more, *report.assumptions, *report.notes, *lines, naive]
