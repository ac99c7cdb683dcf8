"""Rows of files in a store elsewhere: text as it comes, other kinds of files from a copy on this machine."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from classifier.articles.readers.below import holds_texts
from classifier.articles.readers.kinds import named_kind
from classifier.articles.readers.row import Row
from classifier.articles.readers.table import read_rows
from classifier.articles.readers.text_folder import read_text_folder
from classifier.errors import Fault, InputError
from classifier.remote import RemoteFile, copied
from classifier.temporary import named_as

logger = logging.getLogger(__name__)
STREAMED = (".csv", ".tsv", ".jsonl", ".ndjson", ".json")  # kinds that are read from the beginning to the end
BINARY = (b"PK\x03\x04", b"PAR1", b"ARROW1", b"\xd0\xcf\x11\xe0")  # how others begin, whatever their names say

Rows = Callable[[], Iterator[Row | Fault]]


def remote_rows(url: str, folder: Path, encoding: str, sheet: str | None) -> tuple[Path, Rows]:
    """A file or folder in a store, and what reads its rows from the start.

    Args:
        url: its address.
        folder: a temporary one, for a copy.
        encoding: of text files.
        sheet: of workbooks, where several have rows.

    Raises:
        InputError: there is no such file, or its store cannot be read.
    """
    file = RemoteFile(url)
    if not file.exists():
        raise InputError(f"There is no file '{url}'.", fix="Check the address.")
    if file.is_file() and named_kind(file) in STREAMED and not file.open("rb").read(8).startswith(BINARY):
        return file, lambda: read_rows(file, encoding, sheet)
    logger.info("'%s' is copied to this machine first", url)
    copy = copied(file, folder)

    def rows() -> Iterator[Row | Fault]:
        found = (
            read_text_folder(copy, encoding, labelled=False) if holds_texts(copy) else read_rows(copy, encoding, sheet)
        )
        return under_name(found, copy, url)

    return copy, rows


def under_name(rows: Iterator[Row | Fault], copy: Path, name: str) -> Iterator[Row | Fault]:
    """Rows of a copy, with places and errors that name what was copied.

    Example:
        >>> [row.where for row in under_name(iter([Row("/tmp/x1/a.csv:2", {})]), Path("/tmp/x1/a.csv"), "s3://b/a.csv")]
        ['s3://b/a.csv:2']
    """
    try:
        with named_as(copy, name):
            for row in rows:
                yield replace(row, where=row.where.replace(str(copy), name, 1))
    except InputError as error:
        faults = [replace(fault, where=fault.where.replace(str(copy), name, 1)) for fault in error.faults]
        raise InputError(error.message.replace(str(copy), name), fix=error.fix, faults=faults) from None
