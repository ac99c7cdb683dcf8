"""Values as JSON that keeps their types, and back; for files that only classifier reads.

Values that JSON has are written unchanged. Any other value becomes an object with one key, such as ``$date``; so
does a dict with other keys than text, or with one of these keys alone.
"""

from __future__ import annotations

import datetime as dt
from base64 import b64decode, b64encode
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from classifier.articles.arrow import text_cell
from classifier.articles.plain_values import ForeignValue, GivenLabels

DECODERS: dict[str, Callable[[Any], Any]] = {
    "$dict": lambda pairs: {decoded(name): decoded(part) for name, part in pairs},
    "$tuple": lambda parts: tuple(map(decoded, parts)),
    "$datetime": dt.datetime.fromisoformat,
    "$date": dt.date.fromisoformat,
    "$time": dt.time.fromisoformat,
    "$bytes": b64decode,
    "$decimal": Decimal,
    "$labels": lambda names: GivenLabels(tuple(names)),
    "$other": lambda parts: ForeignValue(*parts),
}


def encoded(value: Any) -> Any:
    """A value as JSON holds it. `decoded` gives it back; a value of a type not listed here becomes a `ForeignValue`.

    Example:
        >>> encoded([3, dt.date(2024, 5, 31)]), encoded({"$date": "today"})
        ([3, {'$date': '2024-05-31'}], {'$dict': [['$date', 'today']]})
    """
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, list):
        return [encoded(part) for part in value]
    if isinstance(value, tuple):
        return {"$tuple": [encoded(part) for part in value]}
    if isinstance(value, dict):
        if all(isinstance(name, str) for name in value) and not (len(value) == 1 and next(iter(value)) in DECODERS):
            return {name: encoded(part) for name, part in value.items()}
        return {"$dict": [[encoded(name), encoded(part)] for name, part in value.items()]}
    return _tagged(value)


def _tagged(value: Any) -> dict[str, Any]:
    """A value without parts that JSON does not have, as an object with one key."""
    match value:
        case bytes():
            return {"$bytes": b64encode(value).decode("ascii")}
        case dt.datetime() if type(value) is dt.datetime or value.tzinfo is not None:
            return {"$datetime": value.isoformat()}
        case dt.date() if not isinstance(value, dt.datetime):
            return {"$date": value.isoformat()}
        case dt.time():
            return {"$time": value.isoformat()}
        case Decimal():
            return {"$decimal": str(value)}
        case GivenLabels():
            return {"$labels": list(value.names)}
        case ForeignValue():
            return {"$other": [value.kind, value.text]}
    return {"$other": [type(value).__name__, text_cell(value)]}


def decoded(stored: Any) -> Any:
    """The value that `encoded` was given."""
    if isinstance(stored, list):
        return [decoded(part) for part in stored]
    if isinstance(stored, dict):
        if len(stored) == 1:
            [(tag, inner)] = stored.items()
            if tag in DECODERS:
                return DECODERS[tag](inner)
        return {name: decoded(part) for name, part in stored.items()}
    return stored
