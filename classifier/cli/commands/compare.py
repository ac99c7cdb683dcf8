"""`classifier compare`: whether one run is better than another on the same articles."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from classifier.cli.options import OverwriteOption, QuietOption

if TYPE_CHECKING:
    from rich.table import Table

    from classifier.evaluation.comparison import Comparison, Difference

EXAMPLE = "classifier compare runs/second runs/first --out comparisons/second-first"


def command(
    a: Annotated[Path, typer.Argument(help="A run, a folder of several seeds or all folds, or an evaluation folder.")],
    b: Annotated[Path, typer.Argument(help="What it is compared with.")],
    split: Annotated[
        str, typer.Option(help="Which predictions: test, validation, or data-more.csv after evaluate --data.")
    ] = "test",
    metric: Annotated[str, typer.Option(help="The figure that decides: f1_macro, accuracy, …")] = "f1_macro",
    out: Annotated[
        Path | None, typer.Option(help="A folder for comparison.json and differences.csv, or a .json file.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON.")] = False,
    overwrite: OverwriteOption = False,
    quiet: QuietOption = False,
) -> None:
    """Compare two runs on the same articles, from their stored predictions; no model is run."""
    from dataclasses import asdict
    from json import dumps

    from classifier.cli import console
    from classifier.jobs.compare import compare
    from classifier.reports.comparison import comparison_remarks, comparison_verdict

    console.show_messages(quiet=quiet or json)
    found = compare(a, b, split=split, metric=metric, out=out, overwrite=overwrite)
    if json:
        typer.echo(dumps(asdict(found), ensure_ascii=False))
        return
    console.out.print(comparison_verdict(found), markup=False)
    if not quiet:
        console.out.print(metrics_table(found))
        console.out.print(compared_class_table(found))
        for line in comparison_remarks(found):
            console.out.print(line, markup=False)
    if out is not None:
        console.out.print(f"Wrote {out}.", markup=False)


def metrics_table(found: Comparison) -> Table:
    """The headline metrics of both sides, and their differences."""
    from classifier.reports.words import metric_name, p_number

    table = _table(f"{found.split}: {found.articles:,} articles")
    for one in found.metrics:
        table.add_row(metric_name(one.name), *_cells(one), p_number(one.p))
    return table


def compared_class_table(found: Comparison) -> Table:
    """The F1 of each class, with p-values corrected for their number."""
    from classifier.reports.words import p_number

    table = _table("F1 per class, p corrected for their number")
    for one in found.per_class:
        table.add_row(one.name, *_cells(one), p_number(one.p if one.p_adjusted is None else one.p_adjusted))
    return table


def _table(title: str) -> Table:
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for name in ("", "A", "B", "A − B", "95% interval", "p"):
        table.add_column(name, justify="left" if name == "" else "right")
    return table


def _cells(one: Difference) -> Iterator[str]:
    from classifier.reports.words import between

    for value, sd in ((one.a, one.a_sd), (one.b, one.b_sd)):
        yield f"{value:.3f}" if sd is None else f"{value:.3f} ± {sd:.3f}"
    yield f"{one.difference:+z.3f}"
    yield between(one.interval, "{:+z.3f}".format, " – ")
