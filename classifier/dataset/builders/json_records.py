"""JSON records, read one at a time from an array or from objects in a row, and written as an array."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

from classifier.articles.arrow import to_json
from classifier.articles.readers.kinds import COMPRESSIONS, TABLE_SUFFIXES
from classifier.articles.readers.opened import check_readable, open_text
from classifier.articles.readers.row import Row, is_unicode, surrogate_fault
from classifier.articles.readers.table import read_rows
from classifier.errors import Fault, InputError

CHUNK = 1 << 20  # characters that are read at once
CUT_OFF = 16  # a JSON error this near to the end of a chunk may only mean that the chunk ends there


def read_records(path: Path) -> Iterator[Row | Fault]:
    """Read the records of an export one at a time: a JSON array, or a table by its extension (JSONL, CSV, …).

    Args:
        path: the file, also .gz or .zst (not for Parquet).

    Raises:
        InputError: the file is missing, empty, or not valid JSON (names the line); what follows cannot be read.
    """
    check_readable(path)
    suffixes = [suffix for suffix in path.suffixes if suffix.lower() not in COMPRESSIONS]
    if suffixes and suffixes[-1].lower() in TABLE_SUFFIXES:
        yield from read_rows(path)
        return
    with open_text(path) as stream:
        for number, (value, source) in enumerate(_elements(stream, str(path)), start=1):
            where = f"{path}, row {number}"
            if not isinstance(value, dict):
                what = f"a JSON object is needed. Got {type(value).__name__} instead"
                yield Fault(where, what, "not a JSON object", value)
            elif "\\ud" in source.lower() and not is_unicode(value):
                yield surrogate_fault(where)
            else:
                yield Row(where, value)


def write_array(path: Path, records: Iterable[dict[str, Any]]) -> None:
    """Write records as a JSON array, one on each line."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.write("[\n")
        for number, record in enumerate(records):
            stream.write((",\n" if number else "") + to_json(record))
        stream.write("\n]\n")


def _elements(stream: TextIO, name: str) -> Iterator[tuple[Any, str]]:
    """(value, its source) of each element of a JSON array, or of each object where one follows the other."""
    text = _Text(stream, name)
    if text.peek() == "{":
        while text.peek():
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


class _Text:
    """A text that is read in chunks; each new chunk drops what lies before ``at``."""

    def __init__(self, stream: TextIO, name: str) -> None:
        self.stream, self.name = stream, name
        self.decoder = json.JSONDecoder()
        self.text, self.at, self.line = "", 0, 1

    def more(self) -> bool:
        """Read at least as much again as is still unparsed; False at the end of the file."""
        chunk = self.stream.read(max(CHUNK, len(self.text) - self.at))
        if chunk:
            self.line += self.text.count("\n", 0, self.at)
            self.text, self.at = self.text[self.at :] + chunk, 0
        return bool(chunk)

    def peek(self) -> str:
        """The next character that is not space; empty at the end."""
        while True:
            rest = len(self.text)
            while self.at < rest and self.text[self.at] in " \t\r\n":
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
                value, end = self.decoder.raw_decode(self.text, self.at)
            except json.JSONDecodeError as error:
                cut = error.msg.startswith("Unterminated") or error.pos > len(self.text) - CUT_OFF
                if not (cut and self.more()):
                    raise self.error(error.msg, error.pos) from None
            except (RecursionError, ValueError) as error:
                raise self.error(str(error).split(";")[0]) from None
            else:
                source, self.at = self.text[self.at : end], end
                return value, source

    def error(self, what: str, at: int | None = None) -> InputError:
        line = self.line + self.text.count("\n", 0, self.at if at is None else at)
        return InputError(f"{self.name}:{line} is not valid JSON: {what}.", fix="Export or download the file again.")
