"""Kinds of files, told by what they begin with: a file may lie under a wrong name."""

from __future__ import annotations

import logging
import re
import zipfile
from pathlib import Path

from classifier.articles.readers.kinds import (
    ARCHIVE,
    ARROW,
    READABLE,
    TEXT_SUFFIXES,
    WORKBOOKS,
    named_kind,
    table_kind,
)
from classifier.articles.readers.opened import packing, read_head
from classifier.errors import InputError
from classifier.temporary import path_name

logger = logging.getLogger(__name__)

MAGIC = {b"PAR1\x15": ".parquet", b"ARROW1\0\0": ".feather", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": ".xls"}
CALLED = {".parquet": "Parquet", ".feather": "Arrow", ARCHIVE: "a zip archive", ".csv": "a text file", ".jsonl": "JSON"}
FOREIGN = {
    b"%PDF-": "a PDF",
    b"SQLite format 3\0": "an SQLite database",
    b"BZh91AY&SY": "packed with bzip2",
    b"\xfd7zXZ\0": "packed with xz",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!\x1a\x07": "a RAR archive",
    b"FEA1\0\0\0\0": "a Feather file of the old format",
    b"\x80\x04\x95": "a Python pickle",
    b"\x80\x05\x95": "a Python pickle",
    b"$FL2@(#)": "an SPSS file",
    b"\x89HDF": "an HDF5 file",
}
JSON_ROW = re.compile(rb'(?:\xef\xbb\xbf)?\s*\[?\s*\{\s*"[^"]*"\s*:')
PAGE_STARTS = (b"<!doctype html", b"<html>", b"<html ")


def file_kind(path: Path) -> str:
    """The suffix that decides how a file is read: that of its content where this can be told, else that of its name.

    Args:
        path: a file that is not empty.

    Raises:
        InputError: it is of a kind that cannot be read.
    """
    named, found = named_kind(path), content_kind(path)
    if not found or any(named in same and found in same for same in ([found], WORKBOOKS, ARROW)):
        return table_kind(path)
    if packing(path) and found not in (".csv", ".jsonl"):
        raise InputError(f"'{path}' is {_called(found)}, packed with gzip or Zstandard.", fix="Unpack it first.")
    logger.info("'%s' is %s, whatever its name says: it is read as that", path_name(path), _called(found))
    return found


def content_kind(path: Path) -> str:
    """The kind that the first bytes of a file tell, as a suffix; empty for text.

    Raises:
        InputError: it is of a kind that cannot be read.
    """
    return _kind_of_bytes(path, read_head(path))


def _kind_of_bytes(path: Path, head: bytes) -> str:
    """The kind that the first bytes tell; empty for text.

    Raises:
        InputError: the bytes are those of a kind that cannot be read.
    """
    if head.startswith(b"PK\x03\x04"):
        return ARCHIVE if packing(path) else _zipped_kind(path)
    what = next((what for magic, what in FOREIGN.items() if head.startswith(magic)), "")
    if what:
        raise InputError(f"'{path}' is {what}, which cannot be read.", fix=f"Give {READABLE}.")
    named = named_kind(path)
    if named not in TEXT_SUFFIXES and head.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(PAGE_STARTS):
        other = (
            "save its table as .xlsx with a spreadsheet program" if named in WORKBOOKS else "download the data again"
        )
        raise InputError(
            f"'{path}' is a web page (HTML), not a table: was a login or error page saved instead of the data?",
            fix=f"Look at it in a browser, and {other}.",
        )
    kind = next((kind for magic, kind in MAGIC.items() if head.startswith(magic)), "")
    if named in (".csv", ".tsv", *WORKBOOKS) and JSON_ROW.match(head):
        return ".jsonl"
    return ".csv" if named in WORKBOOKS and not kind else kind


def _zipped_kind(path: Path) -> str:
    """The kind of a zip file: a workbook, or an archive of other files."""
    try:
        with zipfile.ZipFile(path) as archive:
            inside = archive.namelist()
            mime = archive.read("mimetype") if "mimetype" in inside else b""
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError) as error:
        raise InputError(
            f"'{path}' is no complete zip file or workbook: {error}.", fix="Download or copy it again."
        ) from None
    if any(name.startswith("xl/") for name in inside):
        return ".xlsx"
    if b"opendocument.spreadsheet" in mime:
        return ".ods"
    if b"opendocument.text" in mime or any(name.startswith("word/") for name in inside):
        raise InputError(f"'{path}' is a document of a word processor.", fix="Save its text as .txt.")
    return ARCHIVE


def _called(kind: str) -> str:
    return CALLED.get(kind, "a workbook" if kind in WORKBOOKS else kind)
