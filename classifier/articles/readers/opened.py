"""Opens a text file: unpacks it, decodes it, and says what is wrong with it."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

import zstandard

from classifier.articles.readers.kinds import READABLE
from classifier.articles.reading import note_utf8
from classifier.errors import InputError, did_you_mean

PACKED = {b"\x1f\x8b": ".gz", b"\x28\xb5\x2f\xfd": ".zst"}  # the first bytes of each compression
LOOKED_AT = 16 << 20  # bytes of a file that may be UTF-8 although another encoding is named
MIXED = 20  # lines that are not in an encoding for each beyond ASCII that is, up to which a file mixes encodings
FEW = 0.01  # share of lines up to which a file is of an encoding that these are not in
SHOWN_LINES = 10
BEYOND_ASCII = "éя中あ한"  # letters, one of which most encodings have
FEW_LETTERS = 20  # bytes beyond one for each character: fewer may be UTF-8 by chance where two bytes are one letter


def check_readable(path: Path) -> None:
    """Raise `InputError` unless the path is a file with something in it."""
    if path.is_symlink() and not path.exists():
        raise InputError(f"'{path}' is a link to '{path.readlink()}', which is not there.", fix="Check the link.")
    if not path.exists():
        siblings = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        raise InputError(f"There is no file '{path}'.{did_you_mean(path.name, siblings)}", fix="Check the path.")
    if path.is_dir():
        raise InputError(f"'{path}' is a folder where a file is needed.", fix=f"Give {READABLE}.")
    if not path.is_file():
        raise InputError(
            f"'{path}' is no file but a pipe or a device, and inputs are read more than once.",
            fix="Write what comes from it to a file. predict and next also read standard input: give them - instead.",
        )
    try:
        empty = path.stat().st_size == 0 or not path.open("rb").read(1)
    except OSError as error:
        raise InputError(f"'{path}' cannot be read: {error.strerror}.", fix="Check its permissions.") from None
    if empty:
        raise InputError(f"'{path}' is empty.", fix="Give a file that holds articles.")


def read_text(path: Path, encoding: str = "utf-8") -> str:
    """The whole text of a file, without a byte-order mark."""
    with open_text(path, encoding) as stream:
        return stream.read()


class WrongEncodingError(InputError):
    """A text file is not in the encoding that it is read in.

    Args:
        message, fix: as of `InputError`.
        what: what is wrong, without the file's name.
    """

    def __init__(self, message: str, *, fix: str, what: str) -> None:
        super().__init__(message, fix=fix)
        self.what = what


@dataclass
class DecodedCounts:
    """How many lines, or files, are in an encoding.

    Attributes:
        count: of all.
        whole: of those beyond ASCII that are.
        broken: of those that are not.
        first_whole: the number of the first such.
        first_broken: the numbers of the first `SHOWN_LINES` that are not.
    """

    count: int = 0
    whole: int = 0
    broken: int = 0
    first_whole: int = 0
    first_broken: list[int] = field(default_factory=list)

    def add(self, data: bytes, encoding: str) -> None:
        """Count the next one."""
        self.count += 1
        if data.isascii():
            return
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            self.broken += 1
            if self.broken <= SHOWN_LINES:
                self.first_broken.append(self.count)
        else:
            self.whole += 1
            self.first_whole = self.first_whole or self.count

    @property
    def are_mixed(self) -> bool:
        """Whether some are in the encoding beyond doubt."""
        return self.whole * MIXED > self.broken

    @property
    def are_mostly_decoded(self) -> bool:
        """Whether the encoding is the right one, but for some."""
        return self.are_mixed or self.broken <= FEW * self.count


def count_lines(path: Path, encoding: str) -> DecodedCounts:
    """How many lines of a text file are in an encoding whose lines end as those of ASCII do."""
    found = DecodedCounts()
    with _open_bytes(path) as raw:
        for line in raw:
            found.add(line, encoding)
    return found


def has_plain_lines(encoding: str) -> bool:
    r"""Whether lines end in this encoding as they do in ASCII, and letters beyond ASCII take bytes beyond it.

    Example:
        >>> [has_plain_lines(name) for name in ("utf-8", "gb18030", "iso-8859-6", "utf-16", "iso2022_jp", "utf-7")]
        [True, True, True, False, False, False]
    """
    letters = BEYOND_ASCII.encode(encoding, "ignore").removeprefix(codecs.BOM_UTF8)
    return "\n".encode(encoding).removeprefix(codecs.BOM_UTF8) == b"\n" and (not letters or not letters.isascii())


@contextmanager
def open_text(path: Path, encoding: str = "utf-8", *, escaped: bool = False) -> Iterator[TextIO]:
    """Open a text file, unpacking gzip and Zstandard; a wrong encoding is reported with its byte and line.

    Args:
        path: the file.
        encoding: of text that shows no other, as `encoding_of` tells it.
        escaped: give a byte that is no character as half of a surrogate pair, for a reader that looks at each row
            (`classifier.articles.readers.undecoded`), where lines end as those of ASCII do.
    """
    name = "utf-8-sig" if _codec(encoding) == "utf-8" else encoding
    try:
        name = encoding_of(path, encoding)
        errors = "surrogateescape" if escaped and has_plain_lines(name) else "strict"
        with _open_bytes(path) as raw, io.TextIOWrapper(raw, encoding=name, errors=errors, newline="") as stream:
            yield stream
    except UnicodeError:
        raise _wrong_encoding(path, name) from None
    except (gzip.BadGzipFile, zlib.error, zstandard.ZstdError, EOFError) as error:
        packer = "Zstandard" if packing(path) == ".zst" else "gzip"
        raise InputError(
            f"'{path}' is not a complete {packer} file: {error}.", fix="Compress it again, or download it again."
        ) from None
    except OSError as error:
        raise InputError(f"'{path}' cannot be read: {error.strerror or error}.", fix="Check the file.") from None


def encoding_of(path: Path, encoding: str = "utf-8") -> str:
    """The encoding that a text file is decoded with: that of its byte-order mark, else the one that is named.

    Letters beyond ASCII that are UTF-8 from the first to the last make a file UTF-8, whatever is named: in another
    encoding they would hardly be text. In one of two bytes for a letter, such as GB 18030, a few may be.

    Raises:
        InputError: there is no such encoding.
    """
    named = "utf-8-sig" if _codec(encoding) == "utf-8" else encoding
    with _open_bytes(path) as raw:
        found = _by_mark(raw) or ("utf-8-sig" if named != "utf-8-sig" and _is_utf8(raw, named) else named)
    if found == "utf-8-sig" != named:
        note_utf8(str(path))
    return found


def _by_mark(raw: BinaryIO) -> str:
    """The encoding that the byte-order mark of a file names; empty where it has none."""
    start = cast(io.BufferedReader, raw).peek(4)[:4]
    if start in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE):
        return "utf-32"
    if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    return "utf-8-sig" if start.startswith(codecs.BOM_UTF8) else ""


def _is_utf8(raw: BinaryIO, named: str) -> bool:
    """Whether bytes hold letters beyond ASCII, all of which are UTF-8, and not by chance where they are as named."""
    decoder, more, left = codecs.getincrementaldecoder("utf-8")(), 0, LOOKED_AT
    block = b"any"
    while block and left > 0:
        block = raw.read(min(left, 1 << 20))
        left -= len(block)
        try:
            more += len(block) - len(decoder.decode(block, final=not block))
        except UnicodeDecodeError:
            return False
    two_bytes = has_plain_lines(named) and len("é".encode().decode(named, "replace")) == 1
    return more > (FEW_LETTERS if two_bytes else 0)


def nul_bytes(name: str, start: str) -> InputError:
    r"""What is wrong with a text that starts so.

    Example:
        >>> print(nul_bytes("a.csv", "\0t\0e\0x\0t"))
        a.csv:1 holds NUL bytes: it is UTF-16, or not a text file.
        Fix: Try --encoding utf-16-be
    """
    encoding = "utf-16-be" if start[:1] == "\0" else "utf-16-le"
    return InputError(f"{name}:1 holds NUL bytes: it is UTF-16, or not a text file.", fix=f"Try --encoding {encoding}")


def _codec(encoding: str) -> str:
    try:
        "".encode(encoding)  # refuses codecs that are no text encoding, such as base64
        return codecs.lookup(encoding).name
    except LookupError:
        raise InputError(
            f"There is no encoding '{encoding}'.",
            fix="For example --encoding utf-8, cp1252, latin-1 or utf-16",
        ) from None


def packing(path: Path) -> str:
    """The compression of a file, told by its first bytes: ``.gz``, ``.zst`` or nothing."""
    with path.open("rb") as file:
        head = file.read(4)
    return next((suffix for magic, suffix in PACKED.items() if head.startswith(magic)), "")


def read_head(path: Path, size: int = 512) -> bytes:
    """The first bytes of a file, unpacked; none where it cannot be unpacked."""
    try:
        with _open_bytes(path) as raw:
            return raw.read(size)
    except (OSError, zlib.error, zstandard.ZstdError, EOFError):
        return b""


def _open_bytes(path: Path) -> BinaryIO:
    """A file as bytes, unpacked. Its content decides, not its name: some programs unpack and keep the name."""
    packed = packing(path)
    if packed == ".gz":
        return cast(BinaryIO, _Gzip(path))
    if packed == ".zst":
        return cast(BinaryIO, io.BufferedReader(_Zstandard(path)))
    return path.open("rb")


class _Gzip(gzip.GzipFile):
    """The unpacked bytes of a .gz file; `gzip` opens files of this machine alone."""

    def __init__(self, path: Path) -> None:
        self.packed = path.open("rb")
        super().__init__(fileobj=self.packed, mode="rb")

    def close(self) -> None:
        try:
            super().close()
        finally:
            self.packed.close()


class _Zstandard(io.RawIOBase):
    """The unpacked bytes of a .zst file of one or more frames; `EOFError` where the last one is cut off."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("rb")
        self.chunks = _unpack_frames(self.file)
        self.rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self.rest:
            chunk = next(self.chunks, None)
            if chunk is None:
                return 0
            self.rest = chunk
        size = min(len(buffer), len(self.rest))
        buffer[:size], self.rest = self.rest[:size], self.rest[size:]
        return size

    def close(self) -> None:
        self.file.close()
        super().close()


def _unpack_frames(file: BinaryIO) -> Iterator[bytes]:
    frame: Any = None
    while packed := file.read(1 << 14):
        while packed:
            frame = frame or zstandard.ZstdDecompressor().decompressobj()
            yield frame.decompress(packed)
            packed = frame.unused_data if frame.eof else b""
            frame = None if frame.eof else frame
    if frame is not None:
        raise EOFError("it ends before the end-of-frame marker")


def _wrong_encoding(path: Path, name: str) -> InputError:
    message = _first_bad_byte(path, name)
    if message is None:
        return InputError(
            f"'{path}' ended in the middle of a character when it was read: another program was writing it.",
            fix="Repeat the command when it is complete.",
        )
    what, fix = message, "Save it as UTF-8, or name its encoding, for example --encoding cp1252"
    lines = count_lines(path, "utf-8") if name == "utf-8-sig" else DecodedCounts()
    if lines.are_mixed:
        told = ", ".join(f"{number:,}" for number in lines.first_broken)
        more = f" and {lines.broken - SHOWN_LINES:,} more" if lines.broken > SHOWN_LINES else ""
        of = f"Line {lines.first_whole:,} is UTF-8, as {lines.whole:,} with such letters are"
        what = f"{message} {of}: encodings are mixed."
        fix = f"Write these lines again in UTF-8: {told}{more}. Any other --encoding would garble the rest."
    return WrongEncodingError(what, fix=fix, what=message.removeprefix(f"{path}:").partition(" ")[2].rstrip("."))


def _first_bad_byte(path: Path, encoding: str) -> str | None:
    """Where a file is wrong; None where it is no more: it has grown since."""
    decoder = codecs.getincrementaldecoder(encoding)()
    consumed, line = 0, 1
    with _open_bytes(path) as raw:
        while True:
            chunk = raw.read(1 << 20)
            pending = len(decoder.getstate()[0])
            try:
                line += decoder.decode(chunk, final=not chunk).count("\n")
            except UnicodeDecodeError as error:
                byte = error.object[error.start]
                line += error.object[: error.start].count(b"\n")
                at = consumed - pending + error.start
                return f"{path}:{line} is not {encoding.removesuffix('-sig')}: byte 0x{byte:02x} at offset {at:,}."
            except UnicodeError as error:  # UTF-16 and UTF-32 without a byte-order mark
                return f"{path}:{line} is not {encoding}: {error}."
            if not chunk:
                return None
            consumed += len(chunk)
