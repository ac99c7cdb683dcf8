"""Gives a table back with more columns, as a table of the same kind: its own columns, order and index stay."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from classifier.articles.article import Article
from classifier.articles.new_articles import free_name
from classifier.errors import names

logger = logging.getLogger(__name__)
NAN = float("nan")

Values = Literal["number", "text", "texts", "any"]


@dataclass(frozen=True)
class AddedColumn:
    """A column that is added to a table.

    Attributes:
        name: its name.
        kind: of its values: a ``number``, a ``text``, a list of ``texts``, or ``any`` other.
        values: one for each row; None where there is none.
    """

    name: str
    kind: Values
    values: Sequence[Any]

    @property
    def with_nan(self) -> list[Any]:
        """The values, NaN for a number that is missing."""
        if self.kind != "number":
            return list(self.values)
        return [NAN if value is None else value for value in self.values]


def with_columns(table: Any, kind: str, added: Sequence[AddedColumn]) -> Any:
    """The table with more columns; a column of its own that has the name of one of them is ``original_NAME``.

    Args:
        table: of pandas, polars, pyarrow or `datasets`, or a list of texts, mappings or articles.
        kind: ``pandas`` | ``polars`` | ``arrow`` | ``dataset`` | ``list``.
        added: the columns, in order, with a value for each row.

    Returns:
        A new table of the same kind. A list of `Article` has their ``labels`` from the column ``label``, and the other
        columns in ``extra``; any other list becomes one of mappings.

    Example:
        >>> with_columns(["One text."], "list", [AddedColumn("label", "text", ["satire"])])
        [{'text': 'One text.', 'label': 'satire'}]
    """
    if kind == "list":
        return _listed(table, added)
    present = table.column_names if kind in ("arrow", "dataset") else list(table.columns)
    new_names = _new_names([name for name in present if isinstance(name, str)], added)
    makers = {"pandas": _pandas, "polars": _polars, "arrow": _arrow, "dataset": _dataset}
    return makers[kind](table, new_names, added)


def _new_names(present: Iterable[str], added: Sequence[AddedColumn]) -> dict[str, str]:
    """Column of the table -> its new name, where it has that of an added one."""
    ours = {column.name for column in added}
    taken = {*present, *ours}
    found = {name: free_name(name, taken) for name in dict.fromkeys(present) if name in ours}
    if found:
        logger.warning(
            "the input has columns with the names of those that are added; they are kept as %s", names(found.values())
        )
    return found


def _pandas(table: Any, new_names: Mapping[str, str], added: Sequence[AddedColumn]) -> Any:
    import numpy as np

    table = table.rename(columns=new_names)
    for column in added:
        values = np.empty(len(table), dtype=np.float64 if column.kind == "number" else object)
        for row, value in enumerate(column.with_nan):  # one by one: a value may be a list
            values[row] = value
        table.insert(len(table.columns), column.name, values)
    return table


def _polars(table: Any, new_names: Mapping[str, str], added: Sequence[AddedColumn]) -> Any:
    import polars as pl

    kinds: dict[str, Any] = {"number": pl.Float64, "text": pl.String, "texts": pl.List(pl.String), "any": None}
    columns = [pl.Series(column.name, list(column.values), dtype=kinds[column.kind]) for column in added]
    return table.rename(dict(new_names)).with_columns(columns)


def _arrow(table: Any, new_names: Mapping[str, str], added: Sequence[AddedColumn]) -> Any:
    table = table.rename_columns([new_names.get(name, name) for name in table.column_names])
    for column in added:
        table = table.append_column(column.name, _arrow_array(column))
    return table


def _arrow_array(column: AddedColumn) -> Any:
    import pyarrow as pa

    kinds: dict[str, Any] = {"number": pa.float64(), "text": pa.string(), "texts": pa.list_(pa.string()), "any": None}
    return pa.array([*column.values], type=kinds[column.kind])


def _dataset(table: Any, new_names: Mapping[str, str], added: Sequence[AddedColumn]) -> Any:
    from datasets import Features

    table = table.rename_columns(dict(new_names)) if new_names else table
    for column in added:
        array = _arrow_array(column)
        feature = Features.from_arrow_schema(_schema(column.name, array))[column.name]
        table = table.add_column(column.name, array.to_pylist(), feature=feature)
    return table


def _schema(name: str, array: Any) -> Any:
    import pyarrow as pa

    return pa.schema([(name, array.type)])


def _listed(items: Sequence[Any], added: Sequence[AddedColumn]) -> list[Any]:
    if items and all(isinstance(item, Article) for item in items):
        return [_article(item, row, added) for row, item in enumerate(items)]
    records = [_record(item) for item in items]
    new_names = _new_names({name: None for record in records for name in record}, added)
    columns = {column.name: column.with_nan for column in added}
    return [
        {
            **{new_names.get(name, name): value for name, value in record.items()},
            **{name: values[row] for name, values in columns.items()},
        }
        for row, record in enumerate(records)
    ]


def _record(item: Any) -> dict[Any, Any]:
    if isinstance(item, Mapping):
        return dict(item)
    if isinstance(item, Article):
        known = {"id": item.id, "text": item.text, "title": item.title, "target": item.target}
        return {name: value for name, value in known.items() if value is not None}
    return {"text": item}


def _article(article: Article, row: int, added: Sequence[AddedColumn]) -> Article:
    """The article with the label that it got; its own labels are ``original_label``, where it had any."""
    columns = {column.name: column.with_nan[row] for column in added}
    label = columns.pop("label")
    labels = () if label is None else (label,) if isinstance(label, str) else tuple(label)
    own = {**({"label": list(article.labels)} if article.labels else {}), **article.extra}
    taken = {*own, *columns, "label"}
    kept = {free_name(name, taken) if name in columns or name == "label" else name: own[name] for name in own}
    return replace(article, labels=labels, extra={**kept, **columns})
