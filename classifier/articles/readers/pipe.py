"""Lines of a pipe, as they come: what another program writes is read while it goes on writing."""

from __future__ import annotations

import codecs
import os
import re
import select
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

from classifier.articles.readers.opened import DecodedCounts
from classifier.articles.readers.undecoded import undecoded_byte
from classifier.errors import InputError

BYTES = 1 << 16  # that are read at once, at most
PATIENCE = 0.1  # seconds that a pipe is waited for before it is said that nothing more is there at the moment
LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)")


def read_some(stream: Any, most: int) -> bytes:
    """The bytes that are there, at least one, and none at the end.

    A pipe is read past the buffer of the stream, which a thread that waits in it would keep locked to the end.
    """
    try:
        descriptor = stream.fileno()
    except (OSError, AttributeError):
        data: bytes = stream.read1(most)
        return data
    return os.read(descriptor, most)


class PipeLines(Iterator[str]):
    r"""The lines with their ends, as `open` gives them with ``newline=""``; a line is given when its end has come.

    Args:
        head: bytes that were read already.
        stream: what is read on.
        encoding: of the text.
        name: of the pipe in messages.

    Example:
        >>> import io
        >>> list(PipeLines(b"a\r\nb", io.BytesIO(b"c\n\nd"), "utf-8", "<stdin>"))
        ['a\r\n', 'bc\n', '\n', 'd']
    """

    def __init__(self, head: bytes, stream: BinaryIO, encoding: str, name: str) -> None:
        self.stream, self.encoding, self.name = stream, encoding, name
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="surrogateescape")
        self._head = head
        self._lines: list[str] = []  # whole, in reverse
        self._rest: list[str] = []  # of a line whose end has not come
        self._decoded = DecodedCounts()
        self._ended = False
        self._error: InputError | None = None  # the pipe is of another encoding

    def __next__(self) -> str:
        if self._error is not None:
            raise self._error
        while not self._lines and not self._ended:
            self._more()
        if not self._lines:
            raise StopIteration
        line = self._lines.pop()
        self._count(line)
        return line

    def ready(self) -> bool:
        """Whether a line can be read now, or the end; waits for a moment."""
        while not (self._lines or self._ended or self._head or self._error):
            if sys.platform == "win32":  # cannot look at a pipe
                return True
            try:
                if not select.select([self.stream], [], [], PATIENCE)[0]:
                    return False
            except (OSError, ValueError):  # no pipe
                return True
            self._more()  # perhaps only a piece of a line
        return True

    def _more(self) -> None:
        data, self._head = self._head or read_some(self.stream, BYTES), b""
        self._ended = not data
        self._take(self._decoder.decode(data, final=not data))

    def _take(self, text: str) -> None:
        """Divide a text into lines; what may go on is kept."""
        before = self._rest[-1] if self._rest else ""
        if not self._ended and not before.endswith("\r") and "\n" not in text and "\r" not in text:
            self._rest.append(text)
            return
        text = "".join([*self._rest, text])
        held = 0 if self._ended or not text.endswith("\r") else 1  # a line feed may follow
        lines = LINE.findall(text, 0, len(text) - held)
        rest = text[sum(map(len, lines)) :]
        if self._ended and rest:
            lines.append(rest)
            rest = ""
        self._rest = [rest] if rest else []
        self._lines = lines[::-1]

    def _count(self, line: str) -> None:
        """Count a line as one that is in the encoding or not; the first that is not asks what those before are like."""
        counts, encoding = self._decoded, self.encoding.removesuffix("-sig")
        known = counts.broken
        counts.add(line.encode(encoding, "surrogateescape"), encoding)
        if counts.broken > known == 0 and not counts.are_mostly_decoded:
            self._error = InputError(
                f"{self.name}:{counts.count} is not {encoding}: {undecoded_byte(line)}.",
                fix="Write it as UTF-8, or name its encoding, for example --encoding cp1252",
            )
            raise self._error
