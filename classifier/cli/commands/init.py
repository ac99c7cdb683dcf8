"""`classifier init`: a commented config to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from classifier.cli.options import OverwriteOption
from classifier.errors import InputError

EXAMPLE = "classifier init genre --out my.toml"


def command(
    task: Annotated[str, typer.Argument(help="genre (one text) or stance (a text towards a claim).")],
    out: Annotated[Path, typer.Option(help="The config file to write.")],
    overwrite: OverwriteOption = False,
) -> None:
    """Write a commented config to start from."""
    from classifier.files import write_text

    template = Path(__file__).parent.parent / "starters" / f"{task}.toml"
    if task not in ("genre", "stance"):
        raise InputError(f"There is no template '{task}'.", fix="Choose genre or stance.")
    if out.exists() and not overwrite:
        raise InputError(f"'{out}' exists already.", fix="Choose another --out, or add --overwrite.")
    write_text(out, template.read_text(encoding="utf-8"))
    typer.echo(f"Wrote {out}. Set data.path in it, then: classifier train {out} --out runs/{task}")
