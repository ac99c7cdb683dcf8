"""Turns rows of a table into articles, and reports what is wrong with a row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from classifier.articles.article import OPTIONAL, Article
from classifier.articles.bare_text import bare_text
from classifier.articles.columns import Schema, columns_of, find_columns
from classifier.articles.folding import is_blank
from classifier.articles.label_cells import NO_SEPARATOR, SEPARATOR_FIX, LabelProblem, table_labels
from classifier.articles.plain_values import GivenLabels, cell_value
from classifier.articles.readers.row import Row
from classifier.errors import Fault, InputError


def article_from_row(row: Row, schema: Schema, default_id: str, *, labelled: bool) -> Article | list[Fault]:
    """Turn a row into an article, or list everything that is wrong with it.

    Args:
        row: the record.
        schema: which column holds what.
        default_id: the id, if the table has none.
        labelled: whether a label is needed.
    """
    columns, values = schema.columns, row.values
    faults: list[Fault] = []
    text = _text(row, columns["text"], faults)
    target = _text(row, columns["target"], faults) if schema.pair else None
    labels = _labels(row, schema, faults) if labelled else ()
    date = _date(values.get(columns["date"])) if "date" in columns else None
    if faults:
        return faults
    plain = {
        key: _optional(values.get(columns[key])) for key in OPTIONAL if key in columns and key not in ("target", "date")
    }
    identifier = values.get(columns["id"]) if "id" in columns else None
    used = set(columns.values()) if labelled else {name for key, name in columns.items() if key != "label"}
    return Article(
        id=_optional(identifier) or default_id,
        text=text,
        labels=labels,
        target=target,
        date=date,
        extra={name: cell_value(value) for name, value in values.items() if name not in used},
        where=row.where,
        **plain,
    )


def read_articles(
    rows: Iterable[Row | Fault],
    named: Mapping[str, str | None],
    *,
    pair: bool | None = None,
    labelled: bool,
    multi_label: bool = False,
    label_separator: str | None = None,
    file: str = "input",
) -> Iterator[Article | Fault]:
    """Turn rows into articles; bad rows come through as faults, in order.

    Where there is no id, rows are numbered.

    Raises:
        InputError: the first row lacks a column that is needed.
    """
    present, rows = columns_of(rows)
    schema: Schema | None = None
    for number, row in enumerate(rows, start=1):
        if isinstance(row, Fault):
            yield row
            continue
        if schema is None:
            columns = find_columns(present, named, pair=pair, labelled=labelled, file=file)
            schema = Schema(columns, multi_label, label_separator)
        article = article_from_row(row, schema, str(number), labelled=labelled)
        if isinstance(article, list):
            yield one_fault(article, row)
        else:
            yield article


def one_fault(faults: Sequence[Fault], row: Row) -> Fault:
    """All faults of a row as one fault, so that bad rows can be counted."""
    what, kind = ("; ".join(dict.fromkeys(parts)) for parts in ((f.what for f in faults), (f.name for f in faults)))
    return Fault(row.where, what, kind, row.values)


def checked(articles: Iterable[Article | Fault], what: str) -> list[Article]:
    """All the articles, or one `InputError` with every bad row.

    Args:
        articles: articles and faults.
        what: name of the input in the message, such as ``'my.csv'``.

    Raises:
        InputError: at least one row is bad, an id occurs twice, or there is no row at all.
    """
    good: list[Article] = []
    faults: list[Fault] = []
    for item in articles:
        if isinstance(item, Article):
            good.append(item)
        else:
            faults.append(item)
    faults += duplicate_ids(good)
    if faults:
        rows = "row" if len(faults) == 1 else "rows"
        unseparated = all(fault.kind.endswith(NO_SEPARATOR) for fault in faults)
        fix = SEPARATOR_FIX if unseparated else "Mend or remove these rows."
        raise InputError(f"{what} has {len(faults):,} bad {rows}.", faults=faults, fix=fix)
    if not good:
        raise InputError(f"{what} holds no articles.", fix="Give at least one row below the header.")
    return good


def duplicate_ids(articles: Iterable[Article]) -> list[Fault]:
    """A fault for each article whose id an earlier one has."""
    first: dict[str, str] = {}
    faults = []
    for article in articles:
        if article.id in first:
            what = f"the id '{article.id}' is already that of {first[article.id]}"
            faults.append(Fault(article.where, what, "duplicate id"))
        first.setdefault(article.id, article.where)
    return faults


def _text(row: Row, column: str, faults: list[Fault]) -> str:
    value = row.values.get(column)
    problem = _text_problem(value)
    if problem:
        faults.append(Fault(row.where, f"{column} {problem}", f"{column} {problem.split('.')[0].split(' (')[0]}"))
        return ""
    return str(value)


def _text_problem(value: Any) -> str:
    if value is None or (isinstance(value, str) and is_blank(value)):
        return "is empty"
    if not isinstance(value, str):
        return f"must be text. Got the {type(value).__name__} {str(value)[:40]} instead"
    if "\0" in value:
        return f"holds a NUL byte (at character {value.index(chr(0)):,}): is it a binary file?"
    if _is_number(value):
        return f"is a number. Got '{value.strip()[:40]}': is it the right column?"
    if "<" in value and not bare_text(value):
        return "is markup alone: a reader would see nothing of it"
    if "://" in value and len(value.split()) == 1:
        return f"is a URL alone. Got '{value.strip()[:40]}': is it the right column?"
    return ""


def _is_number(value: str) -> bool:
    if len(value) > 40:
        return False
    try:
        float(value)
    except ValueError:
        return False
    return True


def _labels(row: Row, schema: Schema, faults: list[Fault]) -> tuple[str, ...]:
    column = schema.columns["label"]
    cell = row.values.get(column)
    if isinstance(cell, GivenLabels):
        cell = cell.cell(multi_label=schema.multi_label)
    found = list(table_labels(cell, multi_label=schema.multi_label, separator=schema.label_separator))
    problems = [label for label in found if isinstance(label, LabelProblem)]
    faults += [Fault(row.where, f"{column} {problem.what}", f"{column} {problem.kind}") for problem in problems]
    return tuple(dict.fromkeys(label for label in found if isinstance(label, str)))


def _date(value: Any) -> str | None:
    """The date as ISO 8601 if it can be read; else unchanged, since only a temporal split needs it."""
    text = value.isoformat() if isinstance(value, (dt.date, dt.datetime)) else _optional(value)
    if text is None:
        return None
    try:
        return dt.datetime.fromisoformat(text.strip()).isoformat().removesuffix("T00:00:00")
    except ValueError:
        return text


def _optional(value: Any) -> str | None:
    missing = value is None or value == "" or value != value
    return None if missing else str(value)
