"""`classifier evaluate`: a run on held-out articles."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from classifier.commands.options import READING, Bf16, Device, Encoding, Quiet, overrides_of

EXAMPLE = "classifier evaluate runs/first --data more.csv"


def command(
    run: Annotated[Path, typer.Argument(help="A run folder, or a folder of several seeds.")],
    split: Annotated[str | None, typer.Option(help="test (default), validation or train.")] = None,
    data: Annotated[str | None, typer.Option(help="Other labelled articles: a file or a dataset folder.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where to write; else RUN/evaluation/NAME.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="How to read --data, such as data.columns.text=body.")
    ] = None,
    encoding: Encoding = None,
    device: Device = "auto",
    bf16: Bf16 = None,
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
    quiet: Quiet = False,
) -> None:
    """Measure a run on held-out articles, beside the baselines."""
    from dataclasses import asdict
    from json import dumps

    from classifier import assessment, console
    from classifier.commands.output import show_evaluation

    console.show_messages(quiet=quiet or json)
    result = assessment.evaluate_run(
        run, split=split, data=data, out=out, overrides=overrides_of(settings, encoding, only=READING),
        device=device, bf16=bf16, progress=console.make_progress(quiet=quiet or json),
    )  # fmt: skip
    if json:
        typer.echo(dumps(asdict(result), ensure_ascii=False))
    else:
        show_evaluation(result, quiet=quiet)
