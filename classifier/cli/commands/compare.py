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
    split: Annotated[str, typer.Option(help="Whose predictions, such as test, validation or data-more.csv.")] = "test",
    metric: Annotated[str, typer.Option(help="Of the verdict: f1_macro, accuracy, …")] = "f1_macro",
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

    console.show_messages(quiet=quiet or json)
    found = compare(a, b, split=split, metric=metric, out=out, overwrite=overwrite)
    if json:
        typer.echo(dumps(asdict(found), ensure_ascii=False))
        return
    console.out.print(comparison_verdict(found), markup=False)
    if not quiet:
        console.out.print(metrics_table(found))
        console.out.print(compared_class_table(found))
        for line in remarks(found):
            console.out.print(line, markup=False)
    if out is not None:
        console.out.print(f"Wrote {out}.", markup=False)


def comparison_verdict(found: Comparison) -> str:
    """Which is better, by how much and how surely, in one sentence.

    Example:
        "runs/a is better than runs/b by 0.031 macro F1 (95% interval 0.010 to 0.052, p = 0.004)."
    """
    from classifier.cli.tables import NAMES

    one, name = found.main, NAMES[found.metric]
    low, high = one.interval
    if not one.sure:
        way = "above" if one.difference > 0 else "below"
        level = round(one.difference, 3) == 0
        way = f"level with {found.b}" if level else f"{way} {found.b}, but not surely so"
        interval = f"95% interval {low:+z.3f} to {high:+z.3f}"
        return f"{found.a} is {way}: {one.difference:+z.3f} {name} ({interval}, {_p(one.p)})."
    if one.difference < 0:
        low, high = -high, -low
    better = "better" if one.difference > 0 else "worse"
    return (
        f"{found.a} is {better} than {found.b} by {abs(one.difference):.3f} {name} (95% interval {low:.3f} to "
        f"{high:.3f}, {_p(one.p)})."
    )


def metrics_table(found: Comparison) -> Table:
    """The headline metrics of both sides, and their differences."""
    from classifier.cli.tables import NAMES

    table = _table(f"{found.split}: {found.articles:,} articles")
    for one in found.metrics:
        table.add_row(NAMES[one.name], *_cells(one), _number(one.p))
    return table


def compared_class_table(found: Comparison) -> Table:
    """The F1 of each class, with p-values corrected for their number."""
    table = _table("F1 per class, p corrected for their number")
    for one in found.per_class:
        table.add_row(one.name, *_cells(one), _number(one.p if one.p_adjusted is None else one.p_adjusted))
    return table


def remarks(found: Comparison) -> Iterator[str]:
    """What the figures rest on, and what they leave open."""
    from classifier.cli.tables import NAMES
    from classifier.stats.resampling import FEW_GROUPS

    yield from found.notes
    together = "" if found.resampled == "article" else f" in {found.groups:,} groups ({found.resampled})"
    yield f"Test: {found.test}, on {found.articles:,} articles{together}."
    if found.pooled:
        one = next(one for one in found.pooled if one.name == found.metric)
        yield (
            f"All out-of-fold predictions together: {one.difference:+z.3f} {NAMES[one.name]} (95% interval "
            f"{one.interval[0]:+z.3f} to {one.interval[1]:+z.3f}, {_p(one.p)} by randomisation)."
        )
    if found.mcnemar is not None:
        yield (
            f"McNemar: only A is right on {found.mcnemar.only_a:,} articles, only B on {found.mcnemar.only_b:,} "
            f"({_p(found.mcnemar.p)}{', taking every article for independent' if together else ''})."
        )
    yield f"They give different labels to {found.differing:,} of {found.articles:,} articles."
    if together and found.groups < FEW_GROUPS:
        yield f"Intervals and p-values rest on {found.groups} groups: that is few, and they are rough."
    if 1 in found.trainings:
        yield (
            "One training of each: another seed could change the difference (train with --seeds 5 to account for that)."
            if found.trainings == (1, 1)
            else "One side is a single training: how much another seed would change it is not known."
        )


def _table(title: str) -> Table:
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for name in ("", "A", "B", "A − B", "95% interval", "p"):
        table.add_column(name, justify="left" if name == "" else "right")
    return table


def _cells(one: Difference) -> Iterator[str]:
    for value, sd in ((one.a, one.a_sd), (one.b, one.b_sd)):
        yield f"{value:.3f}" if sd is None else f"{value:.3f} ± {sd:.3f}"
    yield f"{one.difference:+z.3f}"
    yield f"{one.interval[0]:+z.3f} – {one.interval[1]:+z.3f}"


def _number(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _p(p: float) -> str:
    return f"p {_number(p)}" if p < 0.001 else f"p = {p:.3f}"
