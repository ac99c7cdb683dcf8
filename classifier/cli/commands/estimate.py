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

EXAMPLE = "classifier estimate runs/first labels.parquet --by source,month --out shares.csv"


def command(
    run: Annotated[Path, typer.Argument(help="The run that wrote the predictions, or a folder of several seeds.")],
    predictions: Annotated[Path, typer.Argument(help="What classifier predict wrote.")],
    by: Annotated[
        list[str] | None,
        typer.Option(
            help="Shares per group: columns such as source; year, quarter, month, week, day come from the date."
        ),
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
    report: Annotated[
        Path | None, typer.Option(help="A page of the shares to write, such as shares.html: charts and tables.")
    ] = None,
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
    found = estimate(
        run,
        predictions,
        by=names_of(by),
        labelled=labelled,
        model=model,
        plan=plan,
        cluster=cluster,
        link=link,
        out=out,
        page=report,
        articles=articles,
        settings=settings_of(settings, encoding, sheet),
        overwrite=overwrite,
        progress=console.make_progress(quiet=quiet or json),
    )
    if json:
        shares = {"shares": found.records()} if isinstance(found, PrevalenceReport) else {}
        typer.echo(dumps({**asdict(found), **shares}, ensure_ascii=False))
        return
    above, tables, lines = _shown(found, quiet=quiet)
    for line in above:
        console.out.print(line, markup=False)
    for table in tables:
        console.out.print(table)
    for line in lines:
        console.out.print(line, markup=False)
    for path in (out, report, articles):
        if path is not None:
            console.out.print(f"Wrote {path}.", markup=False)


def _shown(
    report: PrevalenceReport | RegressionReport | SamplePlan, *, quiet: bool
) -> tuple[Sequence[str], list[Table], Sequence[str]]:
    """The lines above the tables, the tables, and the lines below them."""
    from classifier.cli.plan_table import plan_lines, plan_table, plan_warnings
    from classifier.cli.regression_table import regression_lines, regression_tables
    from classifier.cli.shares_table import shares_lines, shares_tables
    from classifier.evaluation.shares.plan import SamplePlan
    from classifier.evaluation.shares.regression import RegressionReport

    if isinstance(report, RegressionReport):
        return [], list(regression_tables(report)), list(regression_lines(report, quiet=quiet))
    if isinstance(report, SamplePlan):
        return plan_warnings(report), [plan_table(report)], list(plan_lines(report, quiet=quiet))
    return [], list(shares_tables(report)), list(shares_lines(report, quiet=quiet))
