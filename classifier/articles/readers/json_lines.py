"""Rows of JSON lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from classifier.articles.readers.row import Row, is_unicode, surrogate_fault
from classifier.articles.readers.undecoded import is_decoded, undecoded_fault
from classifier.errors import Fault


class RepeatedKeyError(ValueError):
    """An object gives one key two values."""


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        for key, value in pairs:
            if value != values[key] and value == value:
                raise RepeatedKeyError(f"it gives the key '{key}' two values")
    return values


SINGLE_QUOTES = "single quotes: was a Python dict written? Use json.dumps"
DECODER = json.JSONDecoder(object_pairs_hook=_unrepeated)


def read_json_lines(lines: Iterable[str], name: str) -> Iterator[Row | Fault]:
    """The object of each line that is not blank, or what is wrong with the line.

    Example:
        >>> list(read_json_lines(['{"text": "x"}', "{'text': 'y'}"], "a.jsonl"))
        ... # doctest: +NORMALIZE_WHITESPACE
        [Row(where='a.jsonl:1', values={'text': 'x'}),
         Fault(where='a.jsonl:2', what='not valid JSON (single quotes: was a Python dict written? Use json.dumps)',
               kind='not valid JSON')]
    """
    decode = DECODER.decode
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        where = f"{name}:{number}"
        try:
            values = decode(line.rstrip("\r\n"))
            if not is_decoded(line):
                yield undecoded_fault(where, line, values)
                continue
            if "\\ud" in line.lower() and not is_unicode(values):
                yield surrogate_fault(where, line)
                continue
        except json.JSONDecodeError as error:
            yield Fault(where, f"not valid JSON ({_problem(error, line)})", "not valid JSON", line)
            continue
        except RepeatedKeyError as error:
            yield Fault(where, str(error), "repeated key", line)
            continue
        except (RecursionError, ValueError) as error:
            yield Fault(where, f"not valid JSON ({str(error).split(';')[0]})", "not valid JSON", line)
            continue
        if isinstance(values, dict):
            yield Row(where, values)
        else:
            hint = ': name its values, such as {"text": …}' if isinstance(values, list) else ""
            what = f"a JSON object is needed. Got {type(values).__name__} instead{hint}"
            yield Fault(where, what, "not a JSON object", values)


def _problem(error: json.JSONDecodeError, line: str) -> str:
    if line[error.pos : error.pos + 1] == "'":
        return SINGLE_QUOTES
    if error.msg == "Extra data" and line[error.pos :].strip() == ",":
        return f"a comma follows the object, column {error.colno}"
    return f"{error.msg}, column {error.colno}"
