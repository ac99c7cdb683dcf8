"""An article as a line of JSON that keeps the types of its values, and back; for temporary files.

Values that JSON has are written unchanged. Any other value becomes an object with one key, the name of its type.
"""

from __future__ import annotations

import datetime as dt
import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from classifier.articles.arrow import text_cell
from classifier.articles.article import Article


class OtherValue(str):
    """The text of a value of any other type; a class of its own, so that `kind_of` does not take it for text."""

    __slots__ = ()


FIELDS = tuple(field.name for field in fields(Article))
READERS: dict[str, Callable[[Any], Any]] = {
    "dict": lambda pairs: {_value(name): _value(part) for name, part in pairs},
    "tuple": lambda parts: tuple(map(_value, parts)),
    "datetime": dt.datetime.fromisoformat,
    "date": dt.date.fromisoformat,
    "time": dt.time.fromisoformat,
    "bytes": b64decode,
    "other": OtherValue,
}


def as_line(article: Article) -> bytes:
    """The article as one line; `read_line` gives it back.

    Example:
        >>> as_line(Article("a", "Words.", extra={"n": 1}))[:31]
        b'["a", "Words.", {"tuple": []}, '
    """
    return json.dumps([_plain(getattr(article, name)) for name in FIELDS]).encode() + b"\n"


def read_line(line: bytes) -> Article:
    """The article in a line that `as_line` wrote."""
    return Article(**dict(zip(FIELDS, map(_value, json.loads(line)), strict=True)))


def _plain(value: Any) -> Any:
    """A value as JSON."""
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return {"dict": [[_plain(name), _plain(part)] for name, part in value.items()]}
    if isinstance(value, tuple):
        return {"tuple": [_plain(part) for part in value]}
    if isinstance(value, bytes):
        return {"bytes": b64encode(value).decode()}
    for kind in (dt.datetime, dt.date, dt.time):
        if type(value) is kind:
            return {kind.__name__: value.isoformat()}
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return {"datetime": value.isoformat()}
    return {"other": text_cell(value)}


def _value(stored: Any) -> Any:
    """The value from JSON; undoes `_plain`."""
    if isinstance(stored, list):
        return [_value(part) for part in stored]
    if isinstance(stored, dict):
        ((kind, inner),) = stored.items()
        return READERS[kind](inner)
    return stored
