"""Rows of JSON text: one object per line, an array, objects in a row, or one object that holds the rows."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from itertools import chain
from typing import Any, TextIO

from classifier.articles.readers.json_lines import DECODER, SINGLE_QUOTES, read_json_lines
from classifier.articles.readers.opened import nul_bytes
from classifier.articles.readers.row import Row, is_unicode, surrogate_fault
from classifier.articles.readers.undecoded import is_decoded, undecoded_fault
from classifier.errors import Fault, InputError

SPACE = "\ufeff \t\r\n"
CHUNK = 1 << 20  # characters that are read at once
CUT_OFF = 16  # a JSON error this near to the end of a chunk may only mean that the chunk ends there
LONGEST = 1 << 26  # characters of one record; more are no record
HOLDERS = (
    "data",
    "rows",
    "records",
    "articles",
    "items",
    "results",
    "documents",
    "docs",
    "examples",
    "entries",
    "hits",
)


def read_json_text(stream: TextIO, name: str) -> Iterator[Row | Fault]:
    """The records of JSON text, whichever way they are laid out.

    One object per line is read line by line, so that every bad line is a fault. An array, and objects that are not one
    per line, are read one record at a time; what follows an error cannot be read.

    Args:
        stream: with its line ends.
        name: of the file in messages.

    Raises:
        InputError: it is no JSON, or JSON that is not one record per line breaks off (names the line).
        UnicodeError: it starts with what is not in the encoding (`open_text` says which byte).

    Example:
        >>> list(read_json_text(io.StringIO('[{"text": "x"}]'), "a.json"))
        [Row(where='a.json, row 1', values={'text': 'x'})]
    """
    head = stream.read(CHUNK) + stream.readline(LONGEST)
    start = head.lstrip(SPACE)
    if not start:
        return
    if "\0" in start[:4]:
        raise nul_bytes(name, start)
    lines = _first_lines(start)
    if start[0] not in "[{" and not lines[-1].lstrip().startswith("{"):
        if not is_decoded(lines[0]):
            raise UnicodeError
        raise InputError(
            f"{name}:1 is not valid JSON: it starts with '{lines[0].strip()[:40]}'.",
            fix="Is it a CSV file? Then let its name end in .csv",
        )
    if _one_per_line(start, lines):
        yield from read_json_lines(chain(io.StringIO(head.lstrip("\ufeff"), newline=""), stream), name)
        return
    yield from _read_records(_Text(stream, name, head), name)


def is_one_per_line(head: str) -> bool:
    r"""Whether JSON text that begins so has one record on each line.

    Example:
        >>> [is_one_per_line(head) for head in ('{"text": "x"}\n', '{\n  "text": "x"}', '[{"text": "x"}]')]
        [True, False, False]
    """
    start = head.lstrip(SPACE)
    return bool(start) and _one_per_line(start, _first_lines(start))


def _first_lines(start: str) -> list[str]:
    return [line for line in re.split(r"[\r\n]+", start, maxsplit=2)[:2] if line.strip()]


def _one_per_line(start: str, lines: list[str]) -> bool:
    """Whether each line is read for itself: the first is a whole value, and others follow, or nothing is whole."""
    try:
        value, end = DECODER.raw_decode(start)
    except (ValueError, RecursionError):
        return start[0] != "[" and not _is_cut_off(lines[0])
    rest = start[end:].lstrip(" \t")
    if isinstance(value, list):
        return rest.strip() != "" and not any(isinstance(item, dict) for item in value[:1])
    if not rest.strip():
        return _held(value) == [value] and len(lines) == 1
    return rest[:1] in ("\r", "\n") and "\n" not in start[:end]


def _is_cut_off(line: str) -> bool:
    """Whether a line breaks off within a value, as the first line of an indented object does."""
    try:
        json.loads(line)
    except json.JSONDecodeError as error:
        return error.pos >= len(line.rstrip())
    except (ValueError, RecursionError):
        return False
    return False


def _read_records(text: _Text, name: str) -> Iterator[Row | Fault]:
    for number, (value, source) in enumerate(_elements(text), start=1):
        where = f"{name}, row {number}"
        if not isinstance(value, dict):
            what = f"a JSON object is needed. Got {type(value).__name__} instead"
            yield Fault(where, what, "not a JSON object", value)
        elif not is_decoded(source):
            yield undecoded_fault(where, source, value)
        elif "\\ud" in source.lower() and not is_unicode(value):
            yield surrogate_fault(where)
        else:
            yield Row(where, value)


def _elements(text: _Text) -> Iterator[tuple[Any, str]]:
    """(value, its source) of each element of a JSON array, or of each object where one follows the other."""
    if text.peek() == "{":
        value, source = text.value()
        if not text.peek():
            yield from ((record, source) for record in _held(value))
            return
        yield value, source
        while text.peek():
            if text.peek() == ",":
                text.skip(",", "")
            else:
                yield text.value()
        return
    text.skip("[", "a JSON array is needed")
    while text.peek() != "]":
        yield text.value()
        if text.peek() != "]":
            text.skip(",", "a comma or the closing bracket is missing")
    text.skip("]", "the closing bracket is missing")
    if text.peek():
        raise text.error("something follows the closing bracket")


def _held(value: Any) -> list[Any]:
    """The records that the only object of a file holds: in one field, or by column as pandas writes them.

    Example:
        >>> _held({"status": "ok", "articles": [{"text": "x"}]})
        [{'text': 'x'}]
        >>> _held({"text": {"0": "x", "1": "y"}, "label": {"0": "a", "1": "b"}})
        [{'text': 'x', 'label': 'a'}, {'text': 'y', 'label': 'b'}]
        >>> _held({"text": "x", "data": [{"n": 1}]})
        [{'text': 'x', 'data': [{'n': 1}]}]
    """
    if not isinstance(value, dict):
        return [value]
    lists = [key for key, items in value.items() if key in HOLDERS and _holds(items, dict)]
    if len(lists) == 1 and "text" not in value:
        return list(value[lists[0]])
    columns, rows = value.get("columns", []), value.get("data", [])
    if _holds(columns, str) and _holds(rows, list) and all(len(row) == len(columns) for row in rows):
        return [dict(zip(columns, row, strict=True)) for row in rows]
    cells = list(value.values())
    if cells and all(isinstance(cell, dict) and cell and cell.keys() == cells[0].keys() for cell in cells):
        return [{column: value[column][key] for column in value} for key in cells[0]]
    return [value]


def _holds(items: Any, kind: type) -> bool:
    return isinstance(items, list) and bool(items) and all(isinstance(item, kind) for item in items)


class _Text:
    """A text that is read in chunks; each new chunk drops what lies before ``at``."""

    def __init__(self, stream: TextIO, name: str, head: str) -> None:
        self.stream, self.name = stream, name
        self.text, self.at, self.line = head, 0, 1

    def more(self) -> bool:
        """Read at least as much again as is still unparsed; False at the end of the file."""
        rest = len(self.text) - self.at
        if rest > LONGEST:
            raise self.error(f"one record is longer than {LONGEST:,} characters")
        chunk = self.stream.read(max(CHUNK, rest))
        if chunk:
            self.line += self.text.count("\n", 0, self.at)
            self.text, self.at = self.text[self.at :] + chunk, 0
        return bool(chunk)

    def peek(self) -> str:
        """The next character that is not space; empty at the end."""
        while True:
            rest = len(self.text)
            while self.at < rest and self.text[self.at] in " \t\r\n\ufeff":
                self.at += 1
            if self.at < rest:
                return self.text[self.at]
            if not self.more():
                return ""

    def skip(self, mark: str, problem: str) -> None:
        """Skip a character that must come next."""
        if self.peek() != mark:
            raise self.error(problem)
        self.at += 1

    def value(self) -> tuple[Any, str]:
        """The JSON value at this place, and its source."""
        while True:
            try:
                value, end = DECODER.raw_decode(self.text, self.at)
            except json.JSONDecodeError as error:
                cut = error.msg.startswith("Unterminated") or error.pos > len(self.text) - CUT_OFF
                if not (cut and self.more()):
                    what = SINGLE_QUOTES if self.text[error.pos : error.pos + 1] == "'" else error.msg
                    raise self.error(what, error.pos) from None
            except (RecursionError, ValueError) as error:
                raise self.error(str(error).split(";")[0]) from None
            else:
                source, self.at = self.text[self.at : end], end
                return value, source

    def error(self, what: str, at: int | None = None) -> InputError:
        line = self.line + self.text.count("\n", 0, self.at if at is None else at)
        fix = "Write" if what == SINGLE_QUOTES else "Export or download"
        return InputError(f"{self.name}:{line} is not valid JSON: {what}.", fix=f"{fix} the file again.")
