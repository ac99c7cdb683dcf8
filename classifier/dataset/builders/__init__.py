"""From sources on disk or the Hub to streams of articles; one file per corpus layout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from classifier.articles.article import Article
from classifier.articles.readers import READABLE
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
from classifier.errors import Fault, InputError

Stream = Iterator[Article | Fault]


def open_parts(data: DataConfig) -> Mapping[str, Stream]:
    """Open the articles with the builder that the settings name; each stream can be read once.

    Returns:
        ``{"all": articles}``, or the parts that are given: ``train`` and any of ``validation`` and ``test``. Bad rows
        come through as faults.

    Raises:
        InputError: no source is named, or it cannot be used at all.
    """
    files = source_files(data)
    multi_label = data.task == "multi_label"
    columns = data.columns.model_dump()
    match data.builder:
        case "table":
            return table.read(
                files,
                columns,
                pair=data.pair,
                multi_label=multi_label,
                label_separator=data.label_separator,
                annotators=data.annotators,
                encoding=data.encoding,
            )
        case "folder":
            return text_folder.read(files, encoding=data.encoding)
        case "hub":
            return hub.read(
                data.path or "",
                columns,
                subset=data.subset,
                pair=data.pair,
                multi_label=multi_label,
                label_separator=data.label_separator,
            )
        case "disk":
            return saved_dataset.read(
                files["all"], columns, pair=data.pair, multi_label=multi_label, label_separator=data.label_separator
            )
        case "fasttext":
            return fasttext.read(files, multi_label=multi_label, encoding=data.encoding)
        case "label_studio":
            return label_studio.read(files["all"], columns, pair=data.pair, multi_label=multi_label)
        case "prodigy":
            return prodigy.read(files["all"], columns, pair=data.pair, multi_label=multi_label)
        case "argilla":
            return argilla.read(files["all"], columns, pair=data.pair, multi_label=multi_label)
        case "fnc1":
            return fnc1.read(files["all"], pair=data.pair)
        case "semeval2023":
            return semeval2023.read(files["all"], data.languages, data.test_languages)


def source_files(data: DataConfig) -> dict[str, Path]:
    """The files or folders that the settings name, by part.

    Raises:
        InputError: none is named.
    """
    named = {"all": data.path, "train": data.train, "validation": data.validation, "test": data.test}
    files = {part: Path(name) for part, name in named.items() if name is not None}
    if not files:
        raise InputError("The settings name no articles.", fix=f"Set data.path (or data.train) to {READABLE}.")
    return files
