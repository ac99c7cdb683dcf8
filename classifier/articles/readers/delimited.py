"""Rows of CSV and TSV files."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from itertools import chain
from typing import TextIO

from classifier.articles.readers.row import Row
from classifier.errors import Fault, InputError


def read_delimited(stream: TextIO, name: str, delimiter: str | None) -> Iterator[Row | Fault]:
    """The rows below the header line.

    Args:
        stream: lines with their ends.
        name: of the file in messages.
        delimiter: between cells; None = the comma, semicolon or tab that the header line holds.

    Raises:
        InputError: the header is missing, broken, or names a column twice.
    """
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
