"""`classifier export`: a dataset for another tool."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from classifier.cli.options import OverwriteOption, QuietOption

EXAMPLE = "classifier export datasets/mine --to label-studio --out tasks.json"


def command(
    dataset: Annotated[Path, typer.Argument(help="A dataset folder.")],
    to: Annotated[str, typer.Option(help="parquet, jsonl, csv, xlsx, fasttext, label-studio, argilla, prodigy, hub.")],
    out: Annotated[str, typer.Option(help="The file to write; for hub the repository, owner/name.")],
    split: Annotated[str | None, typer.Option(help="train, validation or test; else all of them.")] = None,
    private: Annotated[bool, typer.Option("--private", help="hub: make a private repository.")] = False,
    overwrite: OverwriteOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write a dataset in the format of another tool, or push it to the Hugging Face Hub."""
    from classifier.cli import console
    from classifier.jobs.export import export

    console.show_messages(quiet=quiet)
    done = export(dataset, to, out, split=split, private=private, overwrite=overwrite)
    if not quiet:
        console.err.print(done, markup=False)
