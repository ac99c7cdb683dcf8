"""`classifier evaluate`: a run on held-out articles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from classifier.cli.options import (
    Bf16Option,
    DeviceOption,
    EncodingOption,
    QuietOption,
    SheetOption,
    names_of,
    settings_of,
)

if TYPE_CHECKING:
    from rich.table import Table

    from classifier.evaluation.slices import Slices

EXAMPLE = "classifier evaluate runs/first --data more.csv"
SHOWN = 5


def command(
    run: Annotated[Path, typer.Argument(help="A run folder, or a folder of several seeds.")],
    split: Annotated[str | None, typer.Option(help="test (default), validation or train.")] = None,
    data: Annotated[str | None, typer.Option(help="Other labelled articles: a file or a dataset folder.")] = None,
    out: Annotated[Path | None, typer.Option(help="The folder to write; else RUN/evaluation/NAME.")] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            help="Compare the articles by these columns, such as desk,author, and test whether errors differ between "
            "their groups; else by source, date, length …"
        ),
    ] = None,
    min_precision: Annotated[
        float | None,
        typer.Option(
            help="The share of labels that must be right, such as 0.9. Finds the lowest score that ensures it on "
            "validation, and stores it with the model for predict --abstain."
        ),
    ] = None,
    sets: Annotated[
        float | None,
        typer.Option(
            help="How often a set of labels must hold the true one, such as 0.9. Finds on validation from which score "
            "on a label is in the set, and stores that with the model for predict --sets."
        ),
    ] = None,
    folds: Annotated[
        Path | None,
        typer.Option(
            help="A cross-validation with the same settings (train --all-folds): --min-precision, --sets and "
            "--cascade are found on all of its articles rather than on the few of validation."
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="How to read --data and --out-of-scope, such as data.columns.text=body."),
    ] = None,
    skip_bad: Annotated[
        bool,
        typer.Option(
            "--skip-bad",
            help="Leave bad rows of --data out, also those with labels that the model does not know; the evaluation "
            "counts them, and lists them in rejected.jsonl.",
        ),
    ] = False,
    encoding: EncodingOption = None,
    sheet: SheetOption = None,
    device: DeviceOption = "auto",
    bf16: Bf16Option = None,
    controls: Annotated[
        bool,
        typer.Option(
            "--controls",
            help="For models of pairs: find out whether the model reads the target, by taking it away or swapping it. "
            "Predicts at most 2,000 pairs, five times; writes controls.json.",
        ),
    ] = False,
    adapt: Annotated[
        bool,
        typer.Option(
            "--adapt",
            help="Compare the figures with those of scores and labels adapted to these articles' shares of labels, "
            "as predict --adapt estimates them; writes label_shift.json.",
        ),
    ] = False,
    cascade: Annotated[
        float | None,
        typer.Option(
            help="What predict --cascade with this agreement, such as 0.99, does to the figures: articles on which "
            "TF-IDF alone is surely the model's answer skip the transformer; writes cascade.json."
        ),
    ] = None,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain",
            help="Write errors.json: the 20 worst errors with the sentences that led the model there. Slow: an "
            "article of n sentences is predicted about n times.",
        ),
    ] = False,
    out_of_scope: Annotated[
        str | None,
        typer.Option(
            help="Articles that belong to none of the labels: a file or a folder, read without labels. How many would "
            "be given one, and what abstention does about it; writes out_of_scope.json."
        ),
    ] = None,
    held_out_labels: Annotated[
        bool,
        typer.Option(
            "--held-out-labels",
            help="Train a quick stand-in without each label in turn, and see which labels its articles are given, and "
            "whether abstention holds them back. How long it takes is said before; writes held_out_labels.json.",
        ),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
    quiet: QuietOption = False,
) -> None:
    """Measure a run on held-out articles, and the baselines beside it."""
    from dataclasses import asdict
    from json import dumps

    from classifier.cli import console
    from classifier.cli.output import show_evaluation
    from classifier.evaluation.error_list import ERRORS_FILE
    from classifier.jobs.evaluate import evaluate, evaluation_folder
    from classifier.reports.run.record import read_run_record

    console.show_messages(quiet=quiet or json)
    result = evaluate(
        run,
        split=split,
        data=data,
        out=out,
        settings=settings_of(settings, encoding, sheet),
        skip_bad=skip_bad,
        by=names_of(by),
        min_precision=min_precision,
        sets=sets,
        folds=folds,
        device=device,
        bf16=bf16,
        controls=controls,
        adapt=adapt,
        out_of_scope=out_of_scope,
        cascade=cascade,
        held_out_labels=held_out_labels,
        explain=explain,
        progress=console.make_progress(quiet=quiet or json),
    )
    folder = evaluation_folder(run, result.split, out)
    record = read_run_record(run, evaluated=folder)
    if json:
        parts = {
            "controls": controls,
            "group_errors": by,
            "label_shift": adapt,
            "out_of_scope": out_of_scope,
            "cascade": cascade is not None,
            "held_out_labels": held_out_labels,
        }
        asked = [name for name, wanted in parts.items() if wanted]
        more = {name: record.part(name) for name in ("slices", *asked)}
        typer.echo(dumps({**asdict(result), **more}, ensure_ascii=False))
        return
    show_evaluation(record, quiet=quiet)
    if record.slices is not None and record.slices.worse:
        console.out.print(slices_table(record.slices))
    if explain:
        console.out.print(f"The worst errors with their evidence: {folder / ERRORS_FILE}", markup=False)


def slices_table(found: Slices) -> Table:
    """The worst slices among those that are surely worse than the rest."""
    from rich.table import Table

    from classifier.reports.words import column_name

    more = f": the worst {SHOWN} of {len(found.worse)}" if len(found.worse) > SHOWN else ""
    table = Table(title=f"where the model is surely worse{more}", title_justify="left")
    for name in ("articles", "how many", "accuracy", "95% interval", "against the rest", "macro F1"):
        table.add_column(name, justify="left" if name == "articles" else "right")
    for one in found.worse[:SHOWN]:
        low, high = one.interval
        table.add_row(
            f"{column_name(one.column)} {one.value}",
            f"{one.articles:,}",
            f"{one.accuracy:.3f}",
            f"{low:.3f} – {high:.3f}",
            f"{one.difference:+z.3f}",
            f"{one.f1_macro:.3f}",
        )
    return table
