"""`classifier evaluate`: a run on held-out articles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from classifier.cli.options import (
    READING,
    Bf16Option,
    DeviceOption,
    EncodingOption,
    QuietOption,
    names_of,
    settings_of,
)

if TYPE_CHECKING:
    from rich.table import Table

    from classifier.evaluation.slices import Slices

EXAMPLE = "classifier evaluate runs/first --data more.csv"
SHOWN = 5
NAMED = {"tokens": "length", "seen_source": "known sources", "seen_target": "known targets"}


def command(
    run: Annotated[Path, typer.Argument(help="A run folder, or a folder of several seeds.")],
    split: Annotated[str | None, typer.Option(help="test (default), validation or train.")] = None,
    data: Annotated[str | None, typer.Option(help="Other labelled articles: a file or a dataset folder.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where to write; else RUN/evaluation/NAME.")] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(help="Columns to compare articles by, such as desk,author; else source, date, length …"),
    ] = None,
    min_precision: Annotated[
        float | None,
        typer.Option(help="Find on validation from which score on so many labels are right; predict --abstain obeys."),
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="How to read --data, such as data.columns.text=body.")
    ] = None,
    encoding: EncodingOption = None,
    device: DeviceOption = "auto",
    bf16: Bf16Option = None,
    controls: Annotated[
        bool,
        typer.Option(
            "--controls",
            help="Models of pairs: what is left without the target, or with another's? Predicts five times, at most "
            "2,000 pairs; writes controls.json.",
        ),
    ] = False,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain",
            help="Write errors.json: the 20 worst errors with the sentences that led there. Predicts each about as "
            "often as it has sentences.",
        ),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
    quiet: QuietOption = False,
) -> None:
    """Measure a run on held-out articles, beside the baselines."""
    from dataclasses import asdict
    from json import dumps

    from classifier.cli import console
    from classifier.cli.output import show_controls, show_evaluation
    from classifier.evaluation import slices
    from classifier.evaluation.target_controls import read_controls
    from classifier.evaluation.worst_errors import ERRORS_FILE
    from classifier.jobs.evaluate import evaluate
    from classifier.models.run_folder import RunFolder

    console.show_messages(quiet=quiet or json)
    result = evaluate(
        run,
        split=split,
        data=data,
        out=out,
        settings=settings_of(settings, encoding, only=READING),
        by=names_of(by),
        min_precision=min_precision,
        device=device,
        bf16=bf16,
        controls=controls,
        explain=explain,
        progress=console.make_progress(quiet=quiet or json),
    )
    folder = out or RunFolder(run).evaluation(result.split)
    found, controlled = slices.read_slices(folder), read_controls(folder) if controls else None
    if json:
        more = {"slices": asdict(found)} | ({} if controlled is None else {"controls": asdict(controlled)})
        typer.echo(dumps({**asdict(result), **more}, ensure_ascii=False))
        return
    show_evaluation(result, quiet=quiet)
    if found.worse:
        console.out.print(slices_table(found))
    console.out.print(slices_sentence(found), markup=False)
    if controls:
        show_controls(folder)
    if explain:
        console.out.print(f"The worst errors with their evidence: {folder / ERRORS_FILE}", markup=False)


def slices_table(found: Slices) -> Table:
    """The worst slices among those that are surely worse than the rest."""
    from rich.table import Table

    table = Table(title="where it is surely worse", title_justify="left")
    for name in ("articles", "how many", "accuracy", "95% interval", "against the rest", "macro F1"):
        table.add_column(name, justify="left" if name == "articles" else "right")
    for one in found.worse[:SHOWN]:
        low, high = one.interval
        table.add_row(
            f"{NAMED.get(one.column, one.column)} {one.value}",
            f"{one.articles:,}",
            f"{one.accuracy:.3f}",
            f"{low:.3f} – {high:.3f}",
            f"{one.difference:+z.3f}",
            f"{one.f1_macro:.3f}",
        )
    return table


def slices_sentence(found: Slices) -> str:
    """What was looked at, and how much of it is worse."""
    if not found.slices:
        return "The articles have no columns by which they could be compared."
    what = f"{len(found.slices)} groups of articles (by {', '.join(NAMED.get(name, name) for name in found.columns)})"
    if not found.worse:
        return f"Of {what} none is surely worse than the rest."
    more = f"; the worst {SHOWN} are shown" if len(found.worse) > SHOWN else ""
    return f"Of {what} {len(found.worse)} are surely worse than the rest, corrected for looking at so many{more}."
