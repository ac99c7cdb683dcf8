"""Bytes that are no characters of a file's encoding: their rows are bad, and the others are read.

They are read as halves of surrogate pairs (``errors="surrogateescape"``), so that a row is read to its end before it is
refused. A file with many such rows, and hardly any whose letters are right, is of another encoding altogether.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from classifier.articles.readers.opened import count_lines, encoding_of
from classifier.articles.readers.row import Row
from classifier.errors import Fault

UNDECODED = "not in the encoding"  # the kind of the fault
ESCAPED = re.compile("[\udc80-\udcff]")
SURROGATE = re.compile("[\ud800-\udfff]")
SHOWN_BEFORE = 20  # characters


def is_decoded(text: str) -> bool:
    r"""Whether all bytes of a text were characters.

    Example:
        >>> [is_decoded(data.decode(errors="surrogateescape")) for data in (b"caf\xc3\xa9", b"caf\xe9")]
        [True, False]
    """
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return ESCAPED.search(text) is None
    return True


def undecoded_fault(where: str, text: str, record: Any = None) -> Fault:
    r"""What is wrong with a row for whose text `is_decoded` is false.

    Args:
        where: its place.
        text: of the row.
        record: its values, or the text.

    Example:
        >>> print(undecoded_fault("a.csv:3", b"The caf\xe9 is shut.".decode(errors="surrogateescape")))
        a.csv:3: byte 0xe9 after 'The caf' is no character of the file's encoding: write the row again in UTF-8
    """
    what = f"{undecoded_byte(text)} is no character of the file's encoding: write the row again in UTF-8"
    return Fault(where, what, UNDECODED, _printable(record))


def undecoded_byte(text: str) -> str:
    """The first byte of a text that was no character, and what stands before it."""
    found = ESCAPED.search(text)
    assert found is not None
    before = text[max(0, found.start() - SHOWN_BEFORE) : found.start()].split("\n")[-1].lstrip()
    return f"byte 0x{ord(found[0]) - 0xDC00:02x} after '{before}'"


def judged(rows: Iterable[Row | Fault], path: Path, encoding: str) -> Iterator[Row | Fault]:
    """The rows of a text file, the first of whose undecoded ones asks what the rest of the file is like.

    Args:
        rows: of the file, while it is open.
        path, encoding: of the file.

    Raises:
        UnicodeError: the file is of another encoding (`open_text` says which byte).
    """
    asked = False
    for row in rows:
        if not asked and isinstance(row, Fault) and row.kind == UNDECODED:
            asked = True
            if not count_lines(path, encoding_of(path, encoding)).are_mostly_decoded:
                raise UnicodeError
        yield row


def _printable(record: Any) -> Any:
    """A record with a replacement character in place of each undecoded byte, and of each other half of a pair."""
    return json.loads(SURROGATE.sub("\ufffd", json.dumps(record, ensure_ascii=False, default=str)))
