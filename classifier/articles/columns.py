"""`Article`, and how a row of a table becomes one: column names, aliases, and the faults that a row can have."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from classifier.articles.article import OPTIONAL, Article
from classifier.articles.plain_values import GivenLabels, cell_value
from classifier.articles.readers import Row
from classifier.errors import Fault, InputError, did_you_mean, names

ALIASES: dict[str, tuple[str, ...]] = {
    "id": ("id",),
    "text": ("text",),
    "label": ("label", "labels"),
    "title": ("title",),
    "target": ("target", "text_pair", "claim", "headline"),
    "source": ("source",),
    "author": ("author",),
    "date": ("date",),
    "language": ("language",),
    "url": ("url",),
}
SURVEYED_ROWS = 1000


@dataclass(frozen=True, slots=True)
class Schema:
    """Which column of a table holds what, and how labels are written.

    Attributes:
        columns: standard name -> name in the table.
        multi_label: whether an article may have none or several labels.
        label_separator: divides the labels in one cell, such as ``;``.
    """

    columns: Mapping[str, str]
    multi_label: bool = False
    label_separator: str | None = None

    @property
    def pair(self) -> bool:
        """Whether the input is a (target, text) pair."""
        return "target" in self.columns


def find_columns(
    present: Sequence[str], named: Mapping[str, str | None], *, pair: bool | None, labelled: bool, file: str
) -> dict[str, str]:
    """Match a table's columns to the standard names: the named ones first, then those recognised by name.

    Args:
        present: the table's columns.
        named: standard name -> the user's name for it, or None.
        pair: True demands a target, False ignores it, None takes it if it is there.
        labelled: whether a label column is needed.
        file: for messages.

    Raises:
        InputError: a needed or named column is missing; names those present.

    Example:
        >>> find_columns(["Body", "label"], {"text": "Body"}, pair=None, labelled=True, file="a.csv")
        {'text': 'Body', 'label': 'label'}
    """
    faults = [_missing(key, name, present, file) for key, name in named.items() if name and name not in present]
    found = {key: named.get(key) or _recognised(key, present, named) for key in ALIASES}
    if pair is False:
        if not found["title"] and found["target"] in ("headline", "Headline"):
            found["title"] = found["target"]
        found["target"] = None
    needed = ["text", *(["label"] if labelled else []), *(["target"] if pair else [])]
    faults += [_missing(key, key, present, file) for key in needed if not found[key]]
    if faults:
        missing = [key for key, name in found.items() if (name and name not in present) or (key in needed and not name)]
        raise InputError(
            "A needed column is missing." if len(faults) == 1 else f"{len(faults)} needed columns are missing.",
            faults=faults,
            fix="Name your own: " + " ".join(f"--set data.columns.{key}=NAME" for key in missing),
        )
    return {key: name for key, name in found.items() if name}


def article_from_row(row: Row, schema: Schema, made_up: str, *, labelled: bool) -> Article | list[Fault]:
    """Turn a row into an article, or list everything that is wrong with it.

    Args:
        row: the record.
        schema: which column holds what.
        made_up: stands in for the id where the table has none.
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
        id=_optional(identifier) or made_up,
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
    """Everything that is wrong with a row as one fault, so that bad rows can be counted."""
    what, kind = ("; ".join(dict.fromkeys(parts)) for parts in ((f.what for f in faults), (f.name for f in faults)))
    return Fault(row.where, what, kind, row.values)


def columns_of(rows: Iterable[Row | Fault]) -> tuple[list[str], Iterator[Row | Fault]]:
    """The columns of the first 1,000 rows (records need not all have the same keys), and all rows."""
    rows = iter(rows)
    first = list(islice(rows, SURVEYED_ROWS))
    present = dict.fromkeys(name for row in first if isinstance(row, Row) for name in row.values)
    return list(present), chain(first, rows)


def checked(articles: Iterable[Article | Fault], what: str) -> list[Article]:
    """All the articles, or one `InputError` with every bad row.

    Args:
        articles: articles and faults.
        what: names the input in the message, such as ``'my.csv'``.

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
        undivided = all(fault.kind.endswith("declared separator") for fault in faults)
        fix = (
            "--set data.label_separator=';' (whatever divides your labels)"
            if undivided
            else "Mend or remove these rows."
        )
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


def _recognised(key: str, present: Sequence[str], named: Mapping[str, str | None]) -> str | None:
    taken = {name for name in named.values() if name}
    free = {name.lower(): name for name in reversed(present) if name not in taken}
    return next((free[alias] for alias in ALIASES[key] if alias in free), None)


def _missing(key: str, name: str, present: Sequence[str], file: str) -> Fault:
    hint = did_you_mean(name, present)
    aliases = f" (nor {', '.join(ALIASES[key][1:])})" if name == key and ALIASES[key][1:] else ""
    return Fault(file, f"there is no column '{name}'{aliases} for the {key}.{hint} It has {names(present)}")


def _text(row: Row, column: str, faults: list[Fault]) -> str:
    value = row.values.get(column)
    problem = _text_problem(value)
    if problem:
        faults.append(Fault(row.where, f"{column} {problem}", f"{column} {problem.split('.')[0].split(' (')[0]}"))
        return ""
    return str(value)


def _text_problem(value: Any) -> str:
    if value is None or (isinstance(value, str) and not value.strip()):
        return "is empty"
    if not isinstance(value, str):
        return f"must be text. Got the {type(value).__name__} {str(value)[:40]} instead"
    if "\0" in value:
        return f"holds a NUL byte (at character {value.index(chr(0)):,}): is it a binary file?"
    if _is_number(value):
        return f"is a number. Got '{value.strip()[:40]}': is it the right column?"
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
    value = row.values.get(column)
    if isinstance(value, GivenLabels):
        value = value.cell(multi_label=schema.multi_label)
    if schema.multi_label:
        return _many_labels(row, column, value, schema.label_separator, faults)
    if isinstance(value, (list, tuple)):
        what = f'{column} is a list: set data.task = "multi_label" if articles have several labels'
        faults.append(Fault(row.where, what, f"{column} is a list"))
        return ()
    return tuple(_one_label(row, column, value, faults))


def _many_labels(row: Row, column: str, value: Any, separator: str | None, faults: list[Fault]) -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    if isinstance(value, str):
        if separator is None:
            what = f"{column} is the string '{value[:40]}': declare what divides labels, data.label_separator"
            faults.append(Fault(row.where, what, f"{column} is a string without a declared separator"))
            return ()
        value = [part.strip() for part in value.split(separator) if part.strip()]
    if not isinstance(value, (list, tuple)):
        faults.append(
            Fault(row.where, f"{column} must be a list of labels. Got {value!r} instead", f"{column} is no list")
        )
        return ()
    return tuple(dict.fromkeys(name for part in value for name in _one_label(row, column, part, faults)))


def _one_label(row: Row, column: str, value: Any, faults: list[Fault]) -> list[str]:
    if value is None or (isinstance(value, str) and not value.strip()):
        faults.append(Fault(row.where, f"{column} is empty", f"{column} is empty"))
        return []
    if isinstance(value, str) and "\0" in value:
        what = f"{column} holds a NUL byte: is it a binary file?"
        faults.append(Fault(row.where, what, f"{column} holds a NUL byte"))
        return []
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, (str, int)):
        faults.append(Fault(row.where, f"{column} must be a name. Got {value!r} instead", f"{column} is not a name"))
        return []
    return [str(value).strip()]


def _date(value: Any) -> str | None:
    """ISO 8601 where the value can be read as such; else as it stands (only a temporal split needs more)."""
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
