"""Rows that a program gave, in a temporary file: one line of JSON per row, which keeps the types of its values.

A job reads its source more than once and in several processes, so articles in a program's memory are written to a file
first. Equal rows give equal bytes, so that a dataset can tell whether its source has changed.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from classifier.articles.plain_values import ForeignValue, GivenLabels
from classifier.articles.readers import Row, is_unicode, surrogate_fault
from classifier.errors import Fault


def write_program_rows(path: Path, rows: Iterable[Row]) -> int:
    """Write rows to a file that `read_program_rows` reads.

    Args:
        path: the file.
        rows: with values as `classifier.articles.plain_values.plain_value` makes them.

    Returns:
        The number of rows.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     write_program_rows(Path(folder) / "rows", [Row("row 0", {"date": dt.date(2024, 5, 31)})])
        ...     list(read_program_rows(Path(folder) / "rows"))
        1
        [Row(where='row 0', values={'date': datetime.date(2024, 5, 31)})]
    """
    count = 0
    with path.open("w", encoding="ascii", newline="\n") as stream:
        for row in rows:
            stream.write(json.dumps([row.where, row.values], default=_encode) + "\n")
            count += 1
    return count


def read_program_rows(path: Path) -> Iterator[Row | Fault]:
    """The rows of a file that `write_program_rows` wrote; a fault for a row that is not valid Unicode."""
    with path.open(encoding="ascii") as stream:
        for line in stream:
            where, values = json.loads(line, object_hook=_decode)
            if "\\ud" in line and not is_unicode(values):
                yield surrogate_fault(where)
            else:
                yield Row(where, values)


def _encode(value: Any) -> dict[str, Any]:
    match value:
        case bytes():
            return {"$bytes": base64.b64encode(value).decode("ascii")}
        case dt.datetime():
            return {"$datetime": value.isoformat()}
        case dt.date():
            return {"$date": value.isoformat()}
        case dt.time():
            return {"$time": value.isoformat()}
        case Decimal():
            return {"$decimal": str(value)}
        case GivenLabels():
            return {"$labels": list(value.names)}
        case ForeignValue():
            return {"$other": [value.kind, value.text]}
    raise TypeError(f"{type(value).__name__} is no plain value")


def _decode(values: dict[str, Any]) -> Any:
    if len(values) != 1:
        return values
    [(tag, value)] = values.items()
    match tag:
        case "$bytes":
            return base64.b64decode(value)
        case "$datetime":
            return dt.datetime.fromisoformat(value)
        case "$date":
            return dt.date.fromisoformat(value)
        case "$time":
            return dt.time.fromisoformat(value)
        case "$decimal":
            return Decimal(value)
        case "$labels":
            return GivenLabels(tuple(value))
        case "$other":
            return ForeignValue(*value)
    return values
