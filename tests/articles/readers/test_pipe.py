import io
import os
import random
from typing import BinaryIO, cast

import pytest

from classifier.articles.readers.pipe import PipeLines, read_some
from classifier.errors import InputError

TEXT = "one\r\ntwo\n\nthree\rfour ümlaut 漢字\u2028 goes on\r\n\rend"


class Pieces(io.RawIOBase):
    """A stream that gives what it is given, piece by piece."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = pieces

    def read1(self, size: int) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("text", [TEXT, TEXT + "\n", "", "\n", "x\r"])
def test_lines_are_those_of_open_however_they_come(text: str, seed: int) -> None:
    data, chance = text.encode(), random.Random(seed)
    cuts = sorted(chance.sample(range(len(data) + 1), min(len(data), 5)))
    pieces = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True) if a < b]
    head = pieces.pop(0) if pieces and seed % 2 else b""
    with io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="") as whole:
        assert list(PipeLines(head, cast(BinaryIO, Pieces(pieces)), "utf-8", "<stdin>")) == list(whole)


@pytest.mark.parametrize("head", [b"", b"a line\nb"])
def test_a_byte_that_is_no_text_is_named_by_its_line(head: bytes) -> None:
    rest = b"one\ntwo\nthree \xfc four\n"
    lines = PipeLines(head, io.BytesIO(rest), "utf-8-sig", "<stdin>")
    with pytest.raises(InputError, match=rf"<stdin>:{4 if head else 3} is not utf-8: byte 0xfc") as refused:
        list(lines)
    assert "--encoding cp1252" in str(refused.value)


def test_a_pipe_is_ready_only_while_it_holds_something() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as stream:
        lines = PipeLines(b"one\n", stream, "utf-8", "<stdin>")
        assert lines.ready() and next(lines) == "one\n"
        assert not lines.ready()
        os.write(writing, b"two\nthree\nfour")
        assert [lines.ready() and next(lines) for _ in range(2)] == ["two\n", "three\n"]
        assert not lines.ready()
        os.close(writing)
        assert lines.ready() and list(lines) == ["four"]
        assert lines.ready()


def test_some_bytes_are_read_where_there_is_no_descriptor() -> None:
    assert read_some(io.BytesIO(b"abc"), 2) == b"ab"


def test_a_piece_of_a_line_is_not_a_line() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as stream, os.fdopen(writing, "wb", buffering=0) as other:
        lines = PipeLines(b"one\n", stream, "utf-8", "<stdin>")
        assert lines.ready() and next(lines) == "one\n"
        other.write(b"tw")
        assert not lines.ready(), "whoever asked for the line would wait"
        other.write(b"o\n\xff\n")
        assert lines.ready()
        with pytest.raises(InputError, match="<stdin>:"):
            list(lines)


def test_what_is_wrong_while_a_pipe_is_looked_at_is_raised_where_it_is_read() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as stream, os.fdopen(writing, "wb", buffering=0) as other:
        lines = PipeLines(b"one\n", stream, "utf-8", "<stdin>")
        assert next(lines) == "one\n"
        other.write(b"\xff\n")
        assert lines.ready() and lines.ready()
        for _ in range(2):
            with pytest.raises(InputError, match="<stdin>:2 is not utf-8: byte 0xff"):
                next(lines)
