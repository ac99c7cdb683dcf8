"""Reads sources on disk or the Hub as streams of articles, and writes them; one file per corpus layout or tool."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from classifier.articles.readers.kinds import READABLE
from classifier.config import DataConfig
from classifier.dataset.builders import (
    argilla,
    fasttext,
    fnc1,
    hub,
    label_studio,
    prodigy,
    saved_dataset,
    semeval2023,
    table,
    text_folder,
)
from classifier.dataset.builders.settings import BuilderSettings, Parts, PartSettings
from classifier.errors import InputError

BUILDERS: Mapping[str, type[BuilderSettings]] = {
    "table": table.Settings,
    "folder": text_folder.Settings,
    "hub": hub.Settings,
    "disk": saved_dataset.Settings,
    "fasttext": fasttext.Settings,
    "label_studio": label_studio.Settings,
    "prodigy": prodigy.Settings,
    "argilla": argilla.Settings,
    "fnc1": fnc1.Settings,
    "semeval2023": semeval2023.Settings,
}
READING = frozenset(name for settings in BUILDERS.values() for name in settings.model_fields)


def builder_settings(data: DataConfig) -> BuilderSettings:
    """The settings that the named builder uses.

    Pass this to `classifier.config_file` as its check, so that it reports a setting without effect with its line.

    Raises:
        ValueError: a setting is given that has no effect on this builder.

    Example:
        >>> builder_settings(DataConfig(builder="fnc1", path="fnc-1", pair=False))
        Settings(path='fnc-1', languages=None, pair=False)
    """
    model = BUILDERS[data.builder]
    given = [
        name
        for name, field in type(data).model_fields.items()
        if name in READING and getattr(data, name) != field.default
    ]
    if "train" in given and "train" not in model.model_fields:
        raise ValueError(f"builder {data.builder} takes path, not train, validation and test")
    unused = [name for name in given if name not in model.model_fields]
    if unused:
        raise ValueError(f"builder {data.builder} does not use {', '.join(unused)}: leave that out")
    if data.columns.labels and data.builder != "table":
        raise ValueError(f"builder {data.builder} does not use columns.labels: leave that out")
    if data.columns.labels and data.annotators:
        raise ValueError("annotators and columns.labels do not go together: give one of them")
    return model(**{name: getattr(data, name) for name in model.model_fields})


def open_parts(data: DataConfig) -> Parts:
    """Open the articles with the builder that the settings name; each stream can be read once.

    Returns:
        ``{"all": articles}``, or the given parts: ``train`` and any of ``validation`` and ``test``. A bad row appears
        as a fault.

    Raises:
        InputError: no source is named, a setting has no effect on the builder, or the source cannot be used at all.
    """
    try:
        settings = builder_settings(data)
    except ValueError as error:
        raise InputError(f"[data] {error}.") from None
    source_files(data)
    return settings.open()


def source_files(data: DataConfig) -> dict[str, Path]:
    """The files or folders that the settings name, by part.

    Raises:
        InputError: none is named.
    """
    files = PartSettings(path=data.path, train=data.train, validation=data.validation, test=data.test).files
    if not files:
        raise InputError("The settings name no articles.", fix=f"Set data.path (or data.train) to {READABLE}.")
    return files
