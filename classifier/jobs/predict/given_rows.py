"""What a program or a path gives to be labelled, as rows that are read by the same rules as those of a file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import numpy as np

from classifier.articles.arrow_rows import arrow_values
from classifier.articles.article import Article
from classifier.articles.new_articles import open_sources
from classifier.articles.plain_values import is_missing, is_of, plain_value
from classifier.articles.readers.row import Row, is_unicode, surrogate_fault
from classifier.config import Config, DataConfig
from classifier.errors import Fault, InputError
from classifier.jobs.in_memory import article_values, row_place, table_rows
from classifier.jobs.source import refuse_written

Kind = Literal["pandas", "polars", "arrow", "dataset", "list"]
KNOWN = (
    "a path, a pandas or polars DataFrame, a pyarrow Table, a datasets.Dataset, or a list of texts, of mappings, of "
    "Article or of pathlib.Path"
)
SHOWN = 40  # characters of a value in a message
LONGEST_NAME = 255  # characters of a name of a file
TRIED = 20  # texts that are compared with names of files


@dataclass(frozen=True)
class GivenRows:
    """What is to be labelled.

    Attributes:
        name: how it is called in a message: ``the DataFrame``, or a path.
        kind: of table.
        table: the table, or the list of what was given; a lazy frame is collected.
        rows: one for each of its rows, or why that is none.
        text: the column of the texts, where the kind of source tells it.
    """

    name: str
    kind: Kind
    table: Any
    rows: Sequence[Row | Fault]
    text: str | None = None

    def with_targets(self, targets: str | Iterable[str]) -> GivenRows:
        """The rows with a target each.

        Args:
            targets: one for each row, or one for all.

        Raises:
            InputError: there is not one for each, or the rows have targets of their own.
        """
        if isinstance(targets, (set, frozenset, Mapping)) or not isinstance(targets, Iterable):
            kind = type(targets).__name__
            raise InputError(
                f"targets must be a list. Got a {kind} instead.", fix="Give one for each row, or one text."
            )
        given = [targets] * len(self.rows) if isinstance(targets, str) else _listed(targets)
        if len(given) != len(self.rows):
            raise InputError(
                f"There must be one target for each text. Got {len(given):,} targets for {len(self.rows):,} texts "
                "instead.",
                fix="Give as many targets as texts, in the same order, or one text for all of them.",
            )
        if any(isinstance(row, Row) and row.values.get("target") is not None for row in self.rows):
            raise InputError(f"targets are given, but {self.name} has a target too.", fix="Leave targets out.")
        rows = [
            Row(row.where, {**row.values, "target": plain_value(target)}) if isinstance(row, Row) else row
            for row, target in zip(self.rows, given, strict=True)
        ]
        table = self.table
        if self.kind == "list":
            table = [
                {"text": item, "target": target} if isinstance(item, str) else _with_target(item, target)
                for item, target in zip(table, given, strict=True)
            ]
        return GivenRows(self.name, self.kind, table, rows, self.text)


def _with_target(item: Any, target: Any) -> Any:
    return {**item, "target": target} if isinstance(item, Mapping) else item


def given_rows(source: Any, data: DataConfig, text_columns: Sequence[str] = ("text",)) -> GivenRows:
    """The rows of what is to be labelled.

    Args:
        source: a path, a table, or a list.
        data: how files are read.
        text_columns: names that the column of texts may have in a table on standard input.

    Raises:
        InputError: it is nothing that can be labelled, such as one text, or files that cannot be read.

    Example:
        >>> given_rows(["The council voted.", None], DataConfig()).rows[1]
        Fault(where='row 1 of the list', what='is missing (None)', kind='is missing')
    """
    if isinstance(source, (str, PathLike)):
        return _of_files([_path(source)], data, text_columns)
    name = f"the {type(source).__name__}"
    if is_of(source, "polars", "LazyFrame"):
        source = source.collect()
    for package, kinds, kind in (
        ("pandas", ("DataFrame",), "pandas"),
        ("polars", ("DataFrame",), "polars"),
        ("pyarrow", ("Table",), "arrow"),
        ("datasets", ("Dataset",), "dataset"),
    ):
        if is_of(source, package, *kinds):
            return _of_table(source, name, kind)  # type: ignore[arg-type]
    if is_of(source, "pandas", "Series") or is_of(source, "polars", "Series"):
        column = str(source.name) if source.name not in (None, "") else "text"
        kind = "pandas" if is_of(source, "pandas", "Series") else "polars"
        return _of_table(source.to_frame(column), name, kind, column)  # type: ignore[arg-type]
    return _of_list(source, name, data, text_columns)


def _of_table(table: Any, name: str, kind: Kind, text: str | None = None) -> GivenRows:
    several = kind == "pandas" and table.index.nlevels > 1  # such an index is no column, and stays as it is
    rows = table_rows(table.reset_index(drop=True) if several else table, name)
    return GivenRows(name, kind, table, [_checked(row) for row in rows], text)


def _of_list(source: Any, name: str, data: DataConfig, text_columns: Sequence[str]) -> GivenRows:
    if isinstance(source, Mapping):
        raise InputError(
            f"A {type(source).__name__} has no rows in an order.",
            fix='Give one of its parts, such as source["test"], or a list of mappings, one for each article.',
        )
    if isinstance(source, (bytes, set, frozenset, Config)) or not isinstance(source, Iterable):
        raise InputError(f"{type(source).__name__} is nothing to label.", fix=f"Give {KNOWN}.")
    if isinstance(source, np.ndarray) and source.ndim != 1:
        raise InputError(f"An array of shape {source.shape} is no list of texts.", fix="Give one column: array[:, 0]")
    items = _listed(source)
    if items and all(isinstance(item, PathLike) for item in items):
        return _of_files([os.fspath(item) for item in items], data, text_columns)
    _refuse_names(items)
    return GivenRows(name, "list", items, list(_list_rows(items, name)))


def _listed(given: Iterable[Any]) -> list[Any]:
    return list(arrow_values(given) if is_of(given, "pyarrow", "Array", "ChunkedArray") else given)


def _list_rows(items: Sequence[Any], name: str) -> Iterator[Row | Fault]:
    """Texts, articles and mappings as rows, and a fault for everything else."""
    for number, item in enumerate(items):
        place = row_place(number, name)
        if isinstance(item, str):
            yield _checked(Row(place, {"text": str.__str__(item)}))
        elif isinstance(item, Article):
            yield _checked(Row(item.where or place, article_values(item)))
        elif isinstance(item, Mapping):
            yield _checked(Row(place, plain_value(item)))
        elif is_missing(item):
            yield Fault(place, f"is missing ({item!r})", "is missing")
        else:
            kind, shown = type(item).__name__, repr(item)[:SHOWN]
            yield Fault(
                place, f"must be a text, an Article or a mapping. Got the {kind} {shown} instead", f"is a {kind}"
            )


def _checked(row: Row) -> Row | Fault:
    return row if is_unicode(row.values) else surrogate_fault(row.where)


def _of_files(names: Sequence[str], data: DataConfig, text_columns: Sequence[str]) -> GivenRows:
    refuse_written(names)
    with open_sources(names, data.encoding, None, data.sheet, None, text_columns) as sources:
        rows = [row for source in sources for row in source.rows()]
    if not rows:
        raise InputError("The input holds no articles.", fix="Give at least one.")
    table = [row.values if isinstance(row, Row) else {} for row in rows]
    return GivenRows(", ".join(names), "list", table, rows)


def _path(source: str | PathLike[str]) -> str:
    """The name of a file or folder; `InputError` where it is rather a text."""
    name = os.fspath(source)
    if isinstance(source, str) and (len(name) > LONGEST_NAME or "\n" in name or (" " in name and not _exists(name))):
        raise InputError(
            f"One string is the name of a file, and there is no file '{name[:SHOWN]}…'.",
            fix="To label one text, put it into a list: predict(run, [text])",
        )
    return name


def _refuse_names(items: Sequence[Any]) -> None:
    """Raise `InputError` for names of files where texts are expected: their names would be labelled."""
    first = list(islice(items, TRIED))
    if first and all(isinstance(item, str) and 0 < len(item) <= LONGEST_NAME and _exists(item) for item in first):
        raise InputError(
            f"These texts are the names of files: '{first[0]}'.",
            fix="To label what the files hold, give pathlib.Path objects: predict(run, [Path(name), …])",
        )


def _exists(name: str) -> bool:
    try:
        return Path(name).exists()
    except (OSError, ValueError):
        return False
