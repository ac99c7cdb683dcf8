"""Rows of JSON lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from classifier.articles.readers.row import Row, is_unicode, surrogate_fault
from classifier.errors import Fault


def read_json_lines(lines: Iterable[str], name: str) -> Iterator[Row | Fault]:
    """The object of each line that is not blank, or what is wrong with the line."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        where = f"{name}:{number}"
        try:
            values = json.loads(line.rstrip("\r\n"))
            if "\\ud" in line.lower() and not is_unicode(values):
                yield surrogate_fault(where, line)
                continue
        except json.JSONDecodeError as error:
            yield Fault(where, f"not valid JSON ({error.msg}, column {error.colno})", "not valid JSON", line)
            continue
        except (RecursionError, ValueError) as error:
            yield Fault(where, f"not valid JSON ({str(error).split(';')[0]})", "not valid JSON", line)
            continue
        if isinstance(values, dict):
            yield Row(where, values)
        else:
            yield Fault(
                where, f"a JSON object is needed. Got {type(values).__name__} instead", "not a JSON object", values
            )
