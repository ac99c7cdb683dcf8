"""Files on disk to rows: CSV, TSV, JSONL, Parquet (also .gz and .zst), folders of text files, standard input.

A reader yields a `Row` for each record that it can read and a `Fault` for each that it cannot, so that the
caller can report every bad row at once. Nothing is read ahead: memory does not grow with the file.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import logging
import sys
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

import zstandard

from classifier.errors import Fault, InputError, did_you_mean

logger = logging.getLogger(__name__)
TABLE_SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
COMPRESSIONS = (".gz", ".zst")
READABLE = "CSV, TSV, JSONL or Parquet (the first three also .gz or .zst), or a folder of .txt files"


@dataclass(frozen=True, slots=True)
class Row:
    """One record: its values by column name, and its place (``file:line``)."""

    where: str
    values: dict[str, Any]


def read_rows(path: Path, encoding: str = "utf-8") -> Iterator[Row | Fault]:
    """Read the records of a table, or of one .txt file (its whole text is one record).

    Args:
        path: a file whose name ends in .csv, .tsv, .jsonl, .ndjson, .parquet or .txt, also with .gz or .zst.
        encoding: of text files; a byte-order mark is dropped.

    Raises:
        InputError: the file is missing, empty, of an unknown kind, or not in that encoding (names the byte).
    """
    check_readable(path)
    kind = table_kind(path)
    if kind == ".parquet":
        yield from _read_parquet(path)
        return
    if kind == ".txt":
        yield Row(str(path), {"id": path.name.removesuffix(".txt"), "text": read_text(path, encoding)})
        return
    with open_text(path, encoding) as stream:
        if kind in (".csv", ".tsv"):
            yield from _read_delimited(stream, str(path), "\t" if kind == ".tsv" else None)
        else:
            yield from _read_json_lines(stream, str(path))


def read_text_folder(folder: Path, encoding: str = "utf-8", *, labelled: bool) -> Iterator[Row | Fault]:
    """Read every .txt file below a folder, in the order of their names; log what is not read.

    Args:
        folder: the folder.
        encoding: of the files.
        labelled: whether the name of the first subfolder is the label; else files count wherever they lie.

    Raises:
        InputError: there is no .txt file, or a file is not in that encoding.
    """
    files = sorted(path for path in folder.glob("**/*") if path.is_file() and not _hidden(path.relative_to(folder)))
    deepest = 2 if labelled else 1
    paths = [p for p in files if p.suffix.lower() == ".txt" and len(p.relative_to(folder).parts) >= deepest]
    if not paths:
        layout = "no subfolders of .txt files, one per label" if labelled else "no .txt files"
        raise InputError(f"The folder '{folder}' holds {layout}.", fix=f"Give {READABLE}.")
    _warn_of_unread(folder, len(files) - len(paths), {path.relative_to(folder).parts[0] for path in paths}, labelled)
    for path in paths:
        relative = path.relative_to(folder)
        values = {"id": _readable(relative.with_suffix("").as_posix()), "text": read_text(path, encoding)}
        if labelled:
            values["label"] = _readable(relative.parts[0])
        yield Row(str(path), values)


def _warn_of_unread(folder: Path, others: int, read: set[str], labelled: bool) -> None:
    """Warn of files that are not .txt files, and of subfolders without a .txt file."""
    if others:
        where = "in the subfolder of a label" if labelled else "anywhere in it"
        logger.warning("%s other file(s) in '%s' were not read: only .txt files %s are", f"{others:,}", folder, where)
    empty = sorted(path.name for path in folder.iterdir() if path.is_dir() and path.name not in read)
    empty = [name for name in empty if labelled and not name.startswith(".")]
    if empty:
        logger.warning(
            "the subfolder(s) %s of '%s' hold no .txt file, so they give no label", ", ".join(map(repr, empty)), folder
        )


def _readable(name: str) -> str:
    """A file name as text, also if its bytes are not UTF-8."""
    return name.encode("utf-8", "backslashreplace").decode()


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def read_lines(stream: Iterable[str], name: str = "<stdin>") -> Iterator[Row | Fault]:
    """Read records from lines: JSON objects when the first line starts with ``{``, else one text per line."""
    lines = iter(stream)
    head: list[str] = []
    for line in lines:
        head.append(line)
        if line.strip():
            break
    if not head or not head[-1].strip():
        raise InputError(f"{name} is empty.", fix="Give one article per line, as JSON or as plain text.")
    rest = chain(head, lines)
    if head[-1].lstrip().startswith("{"):
        yield from _read_json_lines(rest, name)
        return
    for number, line in enumerate(rest, start=1):
        if line.strip():
            yield Row(f"{name}:{number}", {"id": str(number), "text": line.strip()})


def table_kind(path: Path) -> str:
    """The suffix that decides how a file is read, such as ``.csv`` for ``a.csv.gz``.

    Raises:
        InputError: the suffix is not one that can be read.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in COMPRESSIONS:
        suffixes.pop()
    kind = suffixes[-1] if suffixes else ""
    if kind not in (*TABLE_SUFFIXES, ".txt"):
        hint = did_you_mean(kind, TABLE_SUFFIXES) if kind else ""
        raise InputError(
            f"'{path}' is of a kind that cannot be read ('{kind or 'no extension'}').{hint}",
            fix=f"Give {READABLE}. A spreadsheet can be saved as CSV.",
        )
    return kind


def check_readable(path: Path) -> None:
    """Raise `InputError` unless the path is a file with something in it."""
    if not path.exists():
        siblings = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        raise InputError(f"There is no file '{path}'.{did_you_mean(path.name, siblings)}", fix="Check the path.")
    if path.is_dir():
        raise InputError(f"'{path}' is a folder where a file is needed.", fix=f"Give {READABLE}.")
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


@contextmanager
def open_text(path: Path, encoding: str = "utf-8") -> Iterator[TextIO]:
    """Open a text file, unpacking .gz and .zst; a wrong encoding is reported with its byte and line."""
    name = "utf-8-sig" if _codec(encoding) == "utf-8" else encoding
    try:
        with _open_bytes(path) as raw, io.TextIOWrapper(raw, encoding=name, newline="") as stream:
            yield stream
    except UnicodeError:
        raise _wrong_encoding(path, name) from None
    except (gzip.BadGzipFile, zlib.error, zstandard.ZstdError, EOFError) as error:
        packer = "Zstandard" if path.suffix.lower() == ".zst" else "gzip"
        raise InputError(
            f"'{path}' is not a complete {packer} file: {error}.", fix="Compress it again, or download it again."
        ) from None
    except OSError as error:
        raise InputError(f"'{path}' cannot be read: {error.strerror or error}.", fix="Check the file.") from None


def _codec(encoding: str) -> str:
    try:
        "".encode(encoding)  # refuses codecs that are no text encoding, such as base64
        return codecs.lookup(encoding).name
    except LookupError:
        raise InputError(
            f"There is no encoding '{encoding}'.",
            fix="For example --encoding utf-8, cp1252, latin-1 or utf-16",
        ) from None


def _open_bytes(path: Path) -> BinaryIO:
    if path.suffix.lower() == ".gz":
        return cast(BinaryIO, gzip.open(path, "rb"))
    if path.suffix.lower() == ".zst":
        return cast(BinaryIO, io.BufferedReader(_Zstandard(path)))
    return path.open("rb")


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
    guess = "utf-16" if "UTF-16" in message else "cp1252"
    return InputError(message, fix=f"Save it as UTF-8, or name its encoding, for example --encoding {guess}")


def _first_bad_byte(path: Path, encoding: str) -> str:
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
                utf16 = " It looks like UTF-16." if at == 0 and byte in (0xFE, 0xFF) else ""
                return (
                    f"{path}:{line} is not {encoding.removesuffix('-sig')}: byte 0x{byte:02x} at offset {at:,}.{utf16}"
                )
            except UnicodeError as error:  # UTF-16 and UTF-32 without a byte-order mark
                return f"{path}:{line} is not {encoding}: {error}."
            consumed += len(chunk)


def _read_delimited(stream: TextIO, name: str, delimiter: str | None) -> Iterator[Row | Fault]:
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    first = stream.readline()
    if delimiter is None:
        delimiter = _delimiter(first)
    reader = csv.reader(chain([first], stream), delimiter=delimiter, strict=True)
    try:
        header = _header(next(reader, []), name)
    except csv.Error as error:
        raise InputError(f"{name}:1: broken quoting ({error}).", fix="Close the quote in the header line.") from None
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Fault(f"{name}:{line}", f"broken quoting ({error})", "broken quoting")
            continue
        if not cells:
            continue
        if len(cells) == len(header):
            yield Row(f"{name}:{line}", dict(zip(header, cells, strict=True)))
        else:
            what = f"{len(cells)} cells where the header has {len(header)} (is a text with a comma not quoted?)"
            yield Fault(f"{name}:{line}", what, "ragged row", cells)


def _delimiter(header: str) -> str:
    """The comma, unless the header has none and is divided by semicolons or tabs."""
    if "," in header:
        return ","
    return max(";\t", key=header.count) if any(mark in header for mark in ";\t") else ","


def _header(cells: list[str], name: str) -> list[str]:
    header = [cell.strip() for cell in cells]
    if any("\0" in cell for cell in header):
        raise InputError(f"{name}:1 holds NUL bytes: it is UTF-16, or not a text file.", fix="Try --encoding utf-16-le")
    if not any(header):
        raise InputError(f"'{name}' has no header line.", fix="Give the columns' names in the first line.")
    twice = sorted({cell for cell in header if header.count(cell) > 1})
    if twice:
        raise InputError(f"{name}:1 names the column '{twice[0]}' twice.", fix="Rename or remove one of them.")
    return header


def _read_json_lines(lines: Iterable[str], name: str) -> Iterator[Row | Fault]:
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


def is_unicode(values: Any) -> bool:
    """Whether all texts in some values can be written as UTF-8: none holds half of a surrogate pair."""
    try:
        json.dumps(values, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        return False
    return True


def surrogate_fault(where: str, record: Any = None) -> Fault:
    """The fault of a row for which `is_unicode` is false."""
    return Fault(where, "holds half of a surrogate pair (\\ud800 to \\udfff)", "half a surrogate pair", record)


def _read_parquet(path: Path) -> Iterator[Row]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        for batch in pq.ParquetFile(path).iter_batches(batch_size=1024):
            for values in batch.to_pylist():
                number += 1
                yield Row(f"{path}, row {number}", values)
    except UnicodeDecodeError as error:
        raise InputError(f"{path}, after row {number}: a text is not UTF-8: {error}.", fix="Write it again.") from None
    except (pa.ArrowException, OSError) as error:
        text = str(error).rstrip(".")
        raise InputError(f"'{path}' is not a Parquet file: {text}.", fix="Write or download it again.") from None
