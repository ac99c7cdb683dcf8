"""`classifier init`: a commented config to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from classifier.cli.options import OverwriteOption
from classifier.errors import InputError, did_you_mean, shell_word

EXAMPLE = "classifier init genre --out my.toml"
TEMPLATES = ("genre", "topic", "multi-label", "stance")


def command(
    task: Annotated[
        str,
        typer.Argument(
            help="genre or topic (one label), multi-label (none, one or several), or stance (towards a claim)."
        ),
    ],
    out: Annotated[Path, typer.Option(help="The config file to write.")],
    overwrite: OverwriteOption = False,
) -> None:
    """Write a commented config to start from."""
    from classifier.files import write_text

    name = task.replace("_", "-")
    if name not in TEMPLATES:
        hint = did_you_mean(task, TEMPLATES)
        raise InputError(f"There is no template '{task}'.{hint}", fix=f"Choose one of {', '.join(TEMPLATES)}.")
    template = Path(__file__).parent.parent / "starters" / f"{name}.toml"
    if out.exists() and not overwrite:
        raise InputError(f"'{out}' exists already.", fix="Choose another --out, or add --overwrite.")
    write_text(out, template.read_text(encoding="utf-8"))
    typer.echo(f"Wrote {out}. Set data.path in it, then: classifier train {shell_word(out)} --out runs/{name}")
