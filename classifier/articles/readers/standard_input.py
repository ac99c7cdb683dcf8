"""Rows of standard input: a table, JSON or Parquet, told by its first bytes; else one text per line."""

from __future__ import annotations

import codecs
import io
import json
import logging
import re
import shutil
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, TextIO

from classifier.articles.folding import name_key
from classifier.articles.readers.content import content_kind
from classifier.articles.readers.delimited import read_delimited
from classifier.articles.readers.dialect import NAME_WORDS, find_table
from classifier.articles.readers.json_lines import read_json_lines
from classifier.articles.readers.json_text import is_one_per_line
from classifier.articles.readers.line_buffer import LineBuffer
from classifier.articles.readers.opened import encoding_of, has_plain_lines, open_text, packing
from classifier.articles.readers.pipe import PipeLines, read_some
from classifier.articles.readers.row import Row
from classifier.articles.readers.table import read_rows
from classifier.articles.readers.undecoded import is_decoded, judged, undecoded_fault
from classifier.errors import Fault, InputError, did_you_mean
from classifier.temporary import named_as

logger = logging.getLogger(__name__)

NAME = "<stdin>"
KINDS = {"csv": ".csv", "tsv": ".tsv", "json": ".json", "jsonl": ".jsonl", "parquet": ".parquet", "text": ""}
OBJECT = re.compile(r"""\{\s*(?:["'}]|$|\w+\s*:)""")  # the start of one, well written or not
HEAD = 1 << 16  # characters that tell the kind
BEGINNING = 1 << 20  # bytes of a pipe that tell how it is read


def check_kind(kind: str | None) -> None:
    """Raise `InputError` unless standard input can be read as this."""
    if kind is not None and kind not in KINDS:
        raise InputError(
            f"Standard input cannot be read as '{kind}'.{did_you_mean(kind, KINDS)}",
            fix=f"Give --format one of {', '.join(KINDS)}.",
        )


class StandardInput(Protocol):
    """Standard input, whichever way it is read.

    Attributes:
        path: a file with all of it, or with its beginning.
        encoding: of its text.
        again: whether it can be read more than once.
    """

    @property
    def path(self) -> Path: ...  # noqa: D102

    @property
    def encoding(self) -> str: ...  # noqa: D102

    @property
    def again(self) -> bool: ...  # noqa: D102

    def rows(self, sheet: str | None = None) -> Iterator[Row | Fault]:
        """Its rows, whose places are in ``<stdin>``; those of a sheet, if it is a workbook."""

    def ready(self) -> bool:
        """Whether its next row may be there, or its end; False while it is open and nothing more has come."""


@dataclass(frozen=True, slots=True)
class PipedInput:
    """Standard input that is read once, while another program writes it.

    Attributes:
        path: a file with its beginning; the end of its name tells how it is read.
        encoding: of its text.
        lines: what comes.
        stdin: from where; whoever has it last closes it.
    """

    path: Path
    encoding: str
    lines: LineBuffer
    stdin: TextIO
    again: bool = False

    def rows(self, sheet: str | None = None) -> Iterator[Row | Fault]:
        """Its rows; it has no sheets."""
        kind = self.path.suffix
        if kind in (".csv", ".tsv"):
            yield from read_delimited(self.lines, NAME, "\t" if kind == ".tsv" else None)
        else:
            each = _unmarked(_let_go(self.lines))
            yield from read_json_lines(each, NAME) if kind else read_lines(each)

    def ready(self) -> bool:
        """Whether its next row may be there, or its end; False while it is open and nothing more has come."""
        return self.lines.ready()


def _let_go(lines: LineBuffer) -> Iterator[str]:
    """Lines, none of which is kept."""
    for line in lines:
        lines.next_record()
        yield line


def _unmarked(lines: Iterable[str]) -> Iterator[str]:
    """Lines without the byte-order mark of the first."""
    for number, line in enumerate(lines):
        yield line if number else line.lstrip("\ufeff")


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
    again: bool = True

    def ready(self) -> bool:
        """All of it is there."""
        return True

    def rows(self, sheet: str | None = None) -> Iterator[Row | Fault]:
        """Its rows, whose places are in ``<stdin>``; those of a sheet, if it is a workbook."""
        try:
            if self.lines:
                with open_text(self.path, self.encoding, escaped=True) as stream:
                    yield from judged(read_lines(stream), self.path, self.encoding)
                return
            with named_as(self.path, NAME):
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


def open_input(
    stdin: TextIO | None,
    folder: Path,
    encoding: str,
    kind: str | None,
    text_columns: Collection[str] = (),
    *,
    live: bool = False,
) -> StandardInput:
    """Standard input: read while it comes where each row stands for itself, else stored first.

    A JSON array, Parquet, a workbook, and what is packed must be there to its end before its rows can be read.

    Args:
        stdin, folder, encoding, kind, text_columns: as in `store_input`.
        live: whether each row is wanted as soon as it has come; else what tells how it is read may be waited for.

    Raises:
        InputError: it is empty, of a kind that cannot be read, or not in that encoding.
    """
    check_kind(kind)
    if stdin is None or not hasattr(stdin, "buffer"):
        return store_input(stdin, folder, encoding, kind, text_columns)
    head = _head(stdin.buffer, live=live)
    path = folder / "input"
    path.write_bytes(_whole_lines(head))
    name = "" if packing(path) else encoding_of(path, encoding)  # the beginning of what is packed cannot be unpacked
    told = _piped_kind(path, encoding, kind, text_columns) if head and name and has_plain_lines(name) else None
    if told is None:
        whole = io.TextIOWrapper(io.BufferedReader(_Joined(head, stdin.buffer)))
        return store_input(whole, folder, encoding, kind, text_columns)
    pipe = PipeLines(head, stdin.buffer, name, NAME)
    lines = LineBuffer(pipe, pipe.ready) if live else LineBuffer(pipe)
    return PipedInput(path.rename(path.with_suffix(told)), encoding, lines, stdin)


def _head(stream: Any, *, live: bool) -> bytes:
    """The beginning of a stream; if it is live, what is there at the moment, but a whole line."""
    head = bytearray()
    while chunk := read_some(stream, HEAD):
        head += chunk
        begun = head.removeprefix(codecs.BOM_UTF8).lstrip()
        if (live or len(head) >= BEGINNING) and (b"\n" in begun or b"\r" in begun):
            break
    return bytes(head)


def _whole_lines(head: bytes) -> bytes:
    """Bytes up to the end of their last line."""
    return head[: 1 + max(head.rfind(b"\n"), head.rfind(b"\r"))] or head


def _piped_kind(path: Path, encoding: str, kind: str | None, text_columns: Collection[str]) -> str | None:
    """The suffix by which a pipe is read that begins so; None where it must be stored first."""
    try:
        if content_kind(path):
            return None
        told = KINDS[kind] if kind is not None else _kind(path, encoding, text_columns)
        if told not in (".json", ".jsonl"):
            return told if told in (".csv", ".tsv", "") else None
        with open_text(path, encoding, escaped=True) as stream:
            return ".jsonl" if kind == "jsonl" or is_one_per_line(stream.read()) else None
    except InputError as error:
        raise _renamed(error, path) from None


class _Joined(io.RawIOBase):
    """Bytes that were read already, and what follows them."""

    def __init__(self, head: bytes, rest: Any) -> None:
        self.head, self.rest = head, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self.head[: len(buffer)] or read_some(self.rest, len(buffer))
        self.head = self.head[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


def _kind(path: Path, encoding: str, text_columns: Collection[str]) -> str:
    """The suffix of a file of this kind; empty for one text per line."""
    told = content_kind(path)
    if told:
        return told
    with open_text(path, encoding, escaped=True) as stream:
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


def read_lines(stream: Iterable[str]) -> Iterator[Row | Fault]:
    r"""One text per line that is not blank; its number is the id.

    Example:
        >>> [row.values for row in read_lines(["first text\n", "\n", "second\n"])]
        [{'id': '1', 'text': 'first text'}, {'id': '3', 'text': 'second'}]
    """
    for number, line in enumerate(stream, start=1):
        if text := line.strip("\ufeff").strip():
            where, values = f"{NAME}:{number}", {"id": str(number), "text": text}
            yield Row(where, values) if is_decoded(text) else undecoded_fault(where, text, values)


def _renamed(error: InputError, path: Path) -> InputError:
    """The error with the name of standard input in place of the file's."""
    old = str(path)
    faults = [replace(fault, where=fault.where.replace(old, NAME, 1)) for fault in error.faults]
    message = error.message.replace(f"'{old}'", NAME).replace(old, NAME)
    return InputError(message, fix=error.fix, faults=faults)
