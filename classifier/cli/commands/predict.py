"""`classifier predict`: labels for new articles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from classifier.cli.options import (
    Bf16Option,
    DeviceOption,
    EncodingOption,
    OverwriteOption,
    QuietOption,
    SheetOption,
    StdinFormatOption,
    settings_of,
)
from classifier.collecting import uncollected
from classifier.errors import counted

if TYPE_CHECKING:
    from classifier.jobs.predict.engines import EngineName

EXAMPLE = "classifier predict runs/first new.csv more/ --out labels.jsonl"


def command(
    run: Annotated[Path, typer.Argument(help="A run folder, its model folder alone, or a folder of several seeds.")],
    inputs: Annotated[
        list[str],
        typer.Argument(
            help="Files, also of a store (s3://, gs://, hf://, https://), folders of .txt files, patterns (in quotes), "
            "or - for standard input: a table, JSON, or one text per line."
        ),
    ],
    out: Annotated[str, typer.Option(help="A .jsonl, .csv, .tsv, .parquet or .xlsx file; - is JSONL on stdout.")],
    abstain: Annotated[
        bool, typer.Option("--abstain", help="No label where the score is too low (see evaluate --min-precision).")
    ] = False,
    sets: Annotated[
        float | None,
        typer.Option(
            help="Add 'label_set': the labels that hold the true one with this probability, such as 0.9 (see evaluate "
            "--sets)."
        ),
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="How to read the input, such as data.columns.text=body.")
    ] = None,
    encoding: EncodingOption = None,
    sheet: SheetOption = None,
    stdin_format: StdinFormatOption = None,
    device: DeviceOption = "auto",
    bf16: Bf16Option = None,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain",
            help="Add 'evidence': the sentences that move the score most. Slow: each article is predicted once without "
            "every sentence, so it takes about n times as long for n sentences, and about 50 times for 100.",
        ),
    ] = False,
    wide: Annotated[
        bool | None,
        typer.Option(
            "--wide/--no-wide", help="A column score_LABEL for each label beside 'scores'; else in CSV and Excel alone."
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(help="One claim for all articles, where the model reads a claim with each."),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict", help="Exit code 2 where rows could not be labelled; everything is written all the same."
        ),
    ] = False,
    adapt: Annotated[
        bool,
        typer.Option(
            "--adapt",
            help="Adapt scores and labels to the shares of labels in these articles, estimated from all of them, where "
            "they surely differ from those in validation.",
        ),
    ] = False,
    shares: Annotated[
        str | None,
        typer.Option(help="Adapt to known shares of all labels, such as opinion=.3,reporting=.6,satire=.1."),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(help="A page to write, such as drift.html: how these articles differ from those of training."),
    ] = None,
    cascade: Annotated[
        float | None,
        typer.Option(
            help="Let articles skip the transformer on which TF-IDF alone is surely the model's answer: the share of "
            "them that is promised to get the model's label, such as 0.99 (see evaluate --cascade)."
        ),
    ] = None,
    engine: Annotated[
        str, typer.Option(help="What labels: local = this process; ray = the workers of a Ray cluster.")
    ] = "local",
    address: Annotated[
        str | None,
        typer.Option(
            help="Of the Ray cluster, such as auto or 10.0.0.1:6379; else RAY_ADDRESS, or workers on this machine."
        ),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="How many on the Ray cluster; else one for each GPU, or for every four CPUs.")
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(
            help="Label a part alone, such as 3/8, for several jobs at a time; the same command without --shard then "
            "puts all together."
        ),
    ] = None,
    overwrite: OverwriteOption = False,
    quiet: QuietOption = False,
) -> None:
    """Label new articles; keeps the input's columns and order."""
    from classifier.cli import console

    with uncollected():
        from classifier.jobs.predict.adapting import read_shares
        from classifier.jobs.predict.files import predict_files

    console.show_messages(quiet=quiet)
    try:
        count = predict_files(
            run,
            inputs,
            out,
            settings=settings_of(settings, encoding, sheet),
            stdin_format=stdin_format,
            device=device,
            bf16=bf16,
            abstain=abstain,
            sets=sets,
            explain=explain,
            wide=wide,
            target=target,
            strict=strict,
            overwrite=overwrite,
            adapt=adapt,
            shares=None if shares is None else read_shares(shares),
            cascade=cascade,
            page=report,
            engine=cast("EngineName", engine),
            address=address,
            workers=workers,
            shard=shard,
            progress=console.make_progress(quiet=quiet),
        )
    except KeyboardInterrupt:
        console.show_error(f"Interrupted. {_what_is_left(out, overwrite=overwrite)}".rstrip())
        raise typer.Exit(130) from None
    if not quiet:
        done = "Read" if abstain else "Labelled"
        where = f" of shard {shard}" if shard else "" if out == "-" else f": {out}"
        console.err.print(f"{done} {counted(count, 'article')}{where}", markup=False)


def _what_is_left(out: str, *, overwrite: bool) -> str:
    """What there is of the output of a job that was stopped."""
    from classifier.jobs.predict.parts import parts_folder
    from classifier.remote import written_at

    if out == "-":
        return ""
    parts = parts_folder(written_at(out))
    if not parts.exists():
        return "Nothing was written."
    without = " without --overwrite" if overwrite else ""
    return f"What was labelled is kept in '{parts}': the same command{without} goes on with it."
