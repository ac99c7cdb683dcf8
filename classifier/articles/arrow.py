"""The Arrow type of a column, from the kinds of its values; and values as text.

A column of one kind keeps it. Whole numbers and floats together become floats, unless a whole number is so long that a
float would change it (an id); every other mixture becomes text. All code that writes columns uses these functions:
datasets, predictions, and the formats of other tools.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from typing import Any


class Long(int):
    """Stands for whole numbers that floats do not hold exactly, such as ids of 64 bits, where kinds are types."""


class Instant(dt.datetime):
    """Stands for times that name their zone, where kinds are types: those that name none are not the same moment."""


LONGEST = 2**53  # up to which floats hold every whole number
KINDS = {
    "long": Long,
    "bool": bool,
    "int": int,
    "float": float,
    "str": str,
    "datetime": dt.datetime,
    "date": dt.date,
    "bytes": bytes,
    "instant": Instant,
}
SCALARS = {"bool", "int", "long", "float", "str", "huge"}
WHOLE = {"int", "long"}


class Evidence(list[dict[str, Any]]):
    """Sentences as plain values; a class of its own, so that their Parquet column gets the right type."""


class LabelNames(list[str]):
    """Stands for labels that are added in a list, where kinds are types: a list of the input may hold anything."""


class LabelScores(list[dict[str, Any]]):
    """Stands for the scores of all labels, where kinds are types."""


def kind_of(value: Any) -> str:
    """The kind of a value, as Arrow knows it; ``long`` for an integer beyond 2⁵³, ``huge`` for one beyond 64 bits.

    A list of one kind is ``list KIND`` and one of several ``text``; any other value has the name of its type.

    Example:
        >>> kind_of(3), kind_of(["a"]), kind_of({"a": 1})
        ('int', 'list str', 'dict')
    """
    if isinstance(value, list):
        kinds = {kind_of(part) for part in value} - {"null"}
        if kinds == WHOLE:
            return "list long"
        return f"list {kinds.pop()}" if len(kinds) == 1 else "text" if kinds else "list"
    if type(value) is int and not -LONGEST <= value <= LONGEST:
        return "long" if -(2**63) <= value < 2**63 else "huge"
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return "instant"
    return kind_of_type(type(value))


def kind_of_type(kind: type) -> str:
    """The kind of the values of a Python type.

    Example:
        >>> kind_of_type(str), kind_of_type(type(None)), kind_of_type(dict)
        ('str', 'null', 'dict')
    """
    if kind is type(None):
        return "null"
    return next((name for name, known in KINDS.items() if kind is known), kind.__name__)


def arrow_type(kinds: set[str], *, lists: bool = True) -> Any:
    """The Arrow type of a column with values of these kinds; text if no type holds all of them.

    Args:
        kinds: from `kind_of`.
        lists: whether lists of one kind stay lists; else they are text as well.
    """
    import pyarrow as pa

    kinds = kinds - {"null"}
    if kinds and all(kind.startswith("list") for kind in kinds):
        inner = {kind.removeprefix("list ") for kind in kinds} - {"list"}
        known = inner <= KINDS.keys() and (len(inner) < 2 or inner in ({"int", "float"}, WHOLE))
        return pa.list_(arrow_type(inner)) if lists and known else pa.string()
    if kinds == {"int", "float"}:
        return pa.float64()
    if kinds and kinds <= WHOLE:
        return pa.int64()
    types = {
        "bool": pa.bool_(),
        "float": pa.float64(),
        "date": pa.date32(),
        "datetime": pa.timestamp("us"),
        "instant": pa.timestamp("us", tz="UTC"),
        "bytes": pa.binary(),
    }
    return types.get(next(iter(kinds)), pa.string()) if len(kinds) == 1 else pa.string()


def is_inferred(kinds: set[str]) -> bool:
    """Whether Arrow infers the type of a dataset's column: it has one kind, and not text, numbers, lists or objects.

    Example:
        >>> is_inferred({"Decimal"}), is_inferred({"date"}), is_inferred({"int"}), is_inferred({"date", "str"})
        (True, True, False, False)
    """
    kinds = kinds - {"null"}
    return len(kinds) == 1 and not any(kind in (*SCALARS, "dict", "text") or kind.startswith("list") for kind in kinds)


def uniform(values: Sequence[Any], kinds: set[str]) -> list[Any]:
    """Values converted so that one column of a dataset can hold them.

    ``kinds`` are those of the whole column. A column of mixed kinds becomes text (JSON for values that are not text);
    whole numbers and floats together become floats, unless that would change a number.

    Example:
        >>> uniform([1, "two", None, {"a": 3}], {"int", "str", "dict"})
        ['1', 'two', None, '{"a": 3}']
    """
    if is_inferred(kinds) or kinds <= WHOLE or (len(kinds) <= 1 and kinds <= {"bool", "float", "str"}):
        return list(values)
    if kinds <= {"int", "float"}:
        return [None if value is None else float(value) for value in values]
    return [json_text(value) for value in values]


def fitting(value: Any, kind: Any) -> Any:
    """A value for a column of this Arrow type: as text if the column holds text, else unchanged."""
    import pyarrow as pa

    return text_cell(value) if value is not None and pa.types.is_string(kind) else value


def text_cell(value: Any) -> Any:
    """A value as text: lists and objects as JSON, dates as ISO 8601; None stays."""
    if value is None or isinstance(value, str):
        return value
    return to_json(value) if isinstance(value, (list, dict)) else str(_plain(value))


def json_text(value: Any) -> Any:
    """A value as text for a dataset: JSON, but text and None stay.

    Example:
        >>> json_text(True), json_text("true"), json_text({"a": None})
        ('true', 'true', '{"a": null}')
    """
    if value is None or isinstance(value, str):
        return value
    return _strict_json(value, str)


def to_json(record: Any) -> str:
    """JSON on one line: dates as ISO 8601, other values as their text.

    JSON has no word for not-a-number and for infinity, so they are written as null.
    """
    return _strict_json(record, _plain)


def _strict_json(value: Any, default: Callable[[Any], Any]) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, default=default, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(value), ensure_ascii=False, default=default, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and (value != value or abs(value) == float("inf")) else value


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (dt.date, dt.datetime, dt.time)) else str(value)
