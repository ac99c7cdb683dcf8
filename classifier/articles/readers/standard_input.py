"""Rows of standard input: a table, JSON or Parquet, told by its first bytes; else one text per line."""

from __future__ import annotations

import json
import logging
import re
import shutil
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from classifier.articles.folding import name_key
from classifier.articles.readers.content import content_kind
from classifier.articles.readers.dialect import NAME_WORDS, find_table
from classifier.articles.readers.opened import open_text
from classifier.articles.readers.row import Row
from classifier.articles.readers.table import read_rows
from classifier.errors import Fault, InputError, did_you_mean

logger = logging.getLogger(__name__)

NAME = "<stdin>"
KINDS = {"csv": ".csv", "tsv": ".tsv", "json": ".json", "jsonl": ".jsonl", "parquet": ".parquet", "text": ""}
OBJECT = re.compile(r"""\{\s*(?:["'}]|$|\w+\s*:)""")  # the start of one, well written or not
HEAD = 1 << 16  # characters that tell the kind


def check_kind(kind: str | None) -> None:
    """Raise `InputError` unless standard input can be read as this."""
    if kind is not None and kind not in KINDS:
        raise InputError(
            f"Standard input cannot be read as '{kind}'.{did_you_mean(kind, KINDS)}",
            fix=f"Give --format one of {', '.join(KINDS)}.",
        )


@dataclass(frozen=True, slots=True)
class StoredInput:
    """Standard input in a file, so that it can be read twice.

    Attributes:
        path: the file; the end of its name tells how it is read.
        encoding: of its text.
        lines: whether each line is a text.
    """

    path: Path
    encoding: str
    lines: bool

    def rows(self, sheet: str | None = None) -> Iterator[Row | Fault]:
        """Its rows, whose places are in ``<stdin>``; those of a sheet, if it is a workbook."""
        try:
            if self.lines:
                with open_text(self.path, self.encoding) as stream:
                    yield from read_lines(stream)
                return
            for row in read_rows(self.path, self.encoding, sheet):
                yield replace(row, where=row.where.replace(str(self.path), NAME, 1))
        except InputError as error:
            raise _renamed(error, self.path) from None


def store_input(
    stdin: TextIO | None, folder: Path, encoding: str, kind: str | None, text_columns: Collection[str] = ()
) -> StoredInput:
    """Write standard input to a file.

    Args:
        stdin: its bytes are copied, if it has some.
        folder: of the file.
        encoding: of the bytes.
        kind: one of `KINDS`; None = told by the first bytes.
        text_columns: further names of a column of texts, by which a header line is known.

    Raises:
        InputError: it is empty, of a kind that cannot be read, or not in that encoding.
    """
    check_kind(kind)
    path = folder / "input"
    if stdin is not None and not hasattr(stdin, "buffer"):
        path.write_text(stdin.read(), encoding="utf-8", newline="")
        encoding = "utf-8"
    else:
        with path.open("wb") as copy:
            if stdin is not None:
                shutil.copyfileobj(stdin.buffer, copy)
    if not path.stat().st_size:
        raise InputError(f"{NAME} is empty.", fix="Give one article per line, or a table.")
    try:
        told = KINDS[kind] if kind is not None else _kind(path, encoding, text_columns)
    except InputError as error:
        raise _renamed(error, path) from None
    return StoredInput(path.rename(path.with_suffix(told)), encoding, lines=not told)


def _kind(path: Path, encoding: str, text_columns: Collection[str]) -> str:
    """The suffix of a file of this kind; empty for one text per line."""
    told = content_kind(path)
    if told:
        return told
    with open_text(path, encoding) as stream:
        head = (stream.read(HEAD) + stream.readline()).lstrip("\ufeff")
    lines = [line for line in re.split(r"[\r\n]+", head) if line.strip()]
    if not lines:
        raise InputError(f"{NAME} is empty.", fix="Give one article per line, or a table.")
    if _is_json(lines):
        return ".json"
    dialect = find_table(lines, {name_key(name) for name in ("text", *text_columns)})
    if dialect is None:
        if len(lines[0].split()) <= NAME_WORDS:
            told = "standard input is read as one text per line, also its first line '%s'; --format csv reads a table"
            logger.info(told, lines[0].strip())
        return ""
    kind = "TSV" if dialect.delimiter == "\t" else "CSV"
    logger.info("standard input is read as %s; --format text reads each line as a text", kind)
    return f".{kind.lower()}"


def _is_json(lines: list[str]) -> bool:
    """Whether the first line or the second starts an object, or the first a JSON array.

    What only looks like an object, such as one of Python, is one, so that it is refused and no text.

    Example:
        >>> [_is_json([line]) for line in ('{"text": "x"}', "{'text': 'x'}", "{text: 1}", '[{"text": "x"},')]
        [True, True, True, True]
        >>> [_is_json([line]) for line in ("{Editor's note} It rains.", "[Update] It rains.", "A text.")]
        [False, False, False]
    """
    first = lines[0].lstrip()
    if OBJECT.match(first) or any(re.match(r'\{\s*"', line) for line in lines[:2]):
        return True
    if not first.startswith("["):
        return False
    if re.match(r"\[\s*(?:[\[{]|$)", first):
        return True
    try:
        return isinstance(json.loads(first), list)
    except ValueError:
        return False


def read_lines(stream: Iterable[str], name: str = NAME) -> Iterator[Row]:
    r"""One text per line that is not blank; its number is the id.

    Example:
        >>> [row.values for row in read_lines(["first text\n", "\n", "second\n"])]
        [{'id': '1', 'text': 'first text'}, {'id': '3', 'text': 'second'}]
    """
    for number, line in enumerate(stream, start=1):
        if text := line.strip("\ufeff").strip():
            yield Row(f"{name}:{number}", {"id": str(number), "text": text})


def _renamed(error: InputError, path: Path) -> InputError:
    """The error with the name of standard input in place of the file's."""
    old = str(path)
    faults = [replace(fault, where=fault.where.replace(old, NAME, 1)) for fault in error.faults]
    message = error.message.replace(f"'{old}'", NAME).replace(old, NAME)
    return InputError(message, fix=error.fix, faults=faults)
