"""Options that several commands share, and how their settings are read."""

from __future__ import annotations

from typing import Annotated

import typer

SourceArgument = Annotated[
    str, typer.Argument(help="A config (.toml), or articles: a table, a folder, hub:owner/name.")
]
SettingsOption = Annotated[
    list[str] | None, typer.Option("--set", help="A setting, such as train.learning_rate=3e-5. Repeatable.")
]
EncodingOption = Annotated[str | None, typer.Option(help="Encoding of text files, such as cp1252.")]
SheetOption = Annotated[str | None, typer.Option(help="Which sheet of a workbook is read, where several have rows.")]
StdinFormatOption = Annotated[
    str | None,
    typer.Option("--format", help="Read - as csv, tsv, json, jsonl, parquet or text (one per line); else it is told."),
]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace an older output of the same kind.")]
DeviceOption = Annotated[str, typer.Option(help="Where to compute: auto, cpu, cuda or mps.")]
Bf16Option = Annotated[
    bool | None,
    typer.Option("--bf16/--no-bf16", help="Compute in bf16, or in float32; the default is what training used."),
]
SkipBadOption = Annotated[
    bool, typer.Option("--skip-bad", help="Leave bad rows out; they are listed in the dataset's rejected.jsonl.")
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Print warnings and results only.")]


def settings_of(given: list[str] | None, encoding: str | None, sheet: str | None) -> dict[str, object]:
    """All settings of a command."""
    from classifier.config_file import parse_settings

    named = {"data.encoding": encoding, "data.sheet": sheet}
    return {**parse_settings(given or []), **{name: value for name, value in named.items() if value is not None}}


def names_of(values: list[str] | None) -> list[str]:
    """Names that an option was given, several at once with commas or one at a time.

    Example:
        >>> names_of(["source, month", "language"])
        ['source', 'month', 'language']
    """
    return [name for value in values or [] for part in value.split(",") if (name := part.strip())]
