"""Labelled articles that are none of the run's own: how they are read, and which of their columns hold what.

As in ``predict``, a column is known by the name that is given, else by its name in training where the table has such a
column, else by its standard name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from classifier.articles.article import Article
from classifier.articles.columns import first_rows, meant_columns, names_in
from classifier.articles.new_articles import check_target, known_columns
from classifier.articles.readers.below import holds_labelled_texts
from classifier.articles.readers.program_rows import read_program_rows
from classifier.articles.readers.table import check_sheet, read_rows
from classifier.config import Columns, DataConfig
from classifier.config_file import Settings, make_config
from classifier.dataset.builders import saved_dataset, table, text_folder
from classifier.errors import Fault
from classifier.models.model_folder import ModelInfo
from classifier.temporary import is_temporary

NAMED = "data.columns"
WAYS = (f"{NAMED}.label", f"{NAMED}.labels")  # of writing labels: in one column, or in one for each


def but_labels(given: Settings) -> Settings:
    """The settings for reading, without those of labels: training may have had the other of the two.

    Example:
        >>> but_labels({"data.columns.label": "genre", "data.encoding": "cp1252"})
        {'data.encoding': 'cp1252'}
    """
    return {name: value for name, value in given.items() if name not in WAYS}


def of_other(data: DataConfig, given: Settings) -> DataConfig:
    """The settings of training for reading other articles: those have no splits, and their own sheet and encoding.

    Args:
        data: of training, with the given settings `but_labels`.
        given: the settings of this call.
    """
    ways = {name: value for name, value in given.items() if name in WAYS}
    asked = make_config({}, ways).data.columns
    labels = {"label": asked.label, "labels": asked.labels} if ways else {}
    columns = data.columns.model_copy(update={"split": None, **labels})
    own = {name: getattr(DataConfig(), name) for name in ("sheet", "encoding") if f"data.{name}" not in given}
    return data.model_copy(update={"columns": columns, **own})


def read_other(path: Path, settings: DataConfig, given: Settings, info: ModelInfo) -> Iterable[Article | Fault]:
    """The articles and the bad rows of a table, a folder of texts, or what ``datasets`` saved.

    Args:
        path: where they are.
        settings: from `of_other`.
        given: the settings of this call.
        info: what the model says about itself.

    Raises:
        InputError: a column is missing; also while they are read.
    """
    if holds_labelled_texts(path):
        return text_folder.read({"all": path}, encoding=settings.encoding)["all"]
    how: dict[str, Any] = {"pair": info.pair, "multi_label": info.multi_label, "missing": settings.missing}
    if (path / "state.json").exists():  # what `datasets` saved
        saved = saved_dataset.read(path, settings.columns.named, label_separator=settings.label_separator, **how)
        return saved["all"]
    how |= {"encoding": settings.encoding, "sheet": settings.sheet}
    check_sheet([path], settings.sheet)
    rows = read_program_rows(path) if is_temporary(path) else read_rows(path, settings.encoding, settings.sheet)
    present = names_in(first_rows(rows)[0])
    columns = _columns(settings.columns, _asked(given), present)
    if info.pair and present:
        check_target(columns.named, present, str(path))
    if columns.labels:
        parts = table.read_label_columns({"all": path}, columns.named, columns.labels, **how)
    else:
        parts = table.read({"all": path}, columns.named, label_separator=settings.label_separator, **how)
    return parts["all"]


def _columns(columns: Columns, asked: set[str], present: list[str]) -> Columns:
    """The names that are asked for, and those of training that the table has."""
    trained = {key: name for key, name in columns.named.items() if name and key not in asked and name != key}
    known = known_columns(trained, present)
    labels = columns.labels
    if "labels" not in asked and not all(meant_columns(name, present) for name in labels):
        labels = ()
    own = {key: name for key, name in columns.named.items() if key in asked}
    return columns.model_copy(update={**dict.fromkeys(columns.named), **known, **own, "labels": labels})


def _asked(given: Settings) -> set[str]:
    """The standard names of the columns that this call names."""
    within = given.get(NAMED)
    return {
        *(name.removeprefix(f"{NAMED}.") for name in given if name.startswith(f"{NAMED}.")),
        *(within if isinstance(within, Mapping) else ()),
    }
