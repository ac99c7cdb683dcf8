"""Values of mixed kinds in Arrow columns and text cells."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

KINDS = {"bool": bool, "int": int, "float": float, "str": str, "datetime": dt.datetime, "date": dt.date, "bytes": bytes}


class Evidence(list[dict[str, Any]]):
    """Sentences as plain values; a kind of its own, by which a Parquet column gets its type."""


def kind_of(value: Any) -> str:
    """The kind of a value, as Arrow knows it; ``text`` where it is written as text.

    Example:
        >>> kind_of(3), kind_of(["a"]), kind_of({"a": 1})
        ('int', 'list str', 'text')
    """
    if value is None:
        return "null"
    if isinstance(value, list):
        kinds = {kind_of(part) for part in value} - {"null"}
        return f"list {kinds.pop()}" if len(kinds) == 1 else "text" if kinds else "list"
    if type(value) is int and not -(2**63) <= value < 2**63:
        return "text"
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return "instant"
    return next((name for name, known in KINDS.items() if type(value) is known), "text")


def arrow_type(kinds: set[str]) -> Any:
    """The Arrow type of a column with values of these kinds; text where it has none for all of them."""
    import pyarrow as pa

    kinds = kinds - {"null"}
    if kinds and all(kind.startswith("list") for kind in kinds):
        inner = {kind.removeprefix("list ") for kind in kinds} - {"list"}
        return pa.string() if any(kind.startswith(("list", "text")) for kind in inner) else pa.list_(arrow_type(inner))
    if kinds == {"int", "float"}:
        return pa.float64()
    types = {
        "bool": pa.bool_(),
        "int": pa.int64(),
        "float": pa.float64(),
        "date": pa.date32(),
        "datetime": pa.timestamp("us"),
        "instant": pa.timestamp("us", tz="UTC"),
        "bytes": pa.binary(),
    }
    return types.get(next(iter(kinds)), pa.string()) if len(kinds) == 1 else pa.string()


def text_cell(value: Any) -> Any:
    """A value as text: lists and objects as JSON, dates as ISO 8601; None stays."""
    if value is None or isinstance(value, str):
        return value
    return to_json(value) if isinstance(value, (list, dict)) else str(_plain(value))


def to_json(record: Any) -> str:
    """Strict JSON on one line: not-a-number becomes null, dates ISO 8601, other values their text."""
    try:
        return json.dumps(record, ensure_ascii=False, default=_plain, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(record), ensure_ascii=False, default=_plain)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and (value != value or abs(value) == float("inf")) else value


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (dt.date, dt.datetime, dt.time)) else str(value)
