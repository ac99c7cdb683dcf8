"""JSON records, read one at a time from an array or from objects in a row, and written as an array."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from classifier.articles.arrow import to_json
from classifier.articles.readers.json_text import read_json_text
from classifier.articles.readers.kinds import COMPRESSIONS, TABLE_SUFFIXES
from classifier.articles.readers.opened import check_readable, open_text
from classifier.articles.readers.row import Row
from classifier.articles.readers.table import read_rows
from classifier.errors import Fault


def read_records(path: Path) -> Iterator[Row | Fault]:
    """Read the records of an export one at a time: a JSON array, or a table by its extension (JSONL, CSV, …).

    Args:
        path: the file, also .gz or .zst (not for Parquet).

    Raises:
        InputError: the file is missing, empty, or not valid JSON (names the line); what follows cannot be read.
    """
    check_readable(path)
    suffixes = [suffix for suffix in path.suffixes if suffix.lower() not in COMPRESSIONS]
    if suffixes and suffixes[-1].lower() in TABLE_SUFFIXES:
        yield from read_rows(path)
        return
    with open_text(path) as stream:
        yield from read_json_text(stream, str(path))


def write_array(path: Path, records: Iterable[dict[str, Any]]) -> None:
    """Write records as a JSON array, one on each line."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.write("[\n")
        for number, record in enumerate(records):
            stream.write((",\n" if number else "") + to_json(record))
        stream.write("\n]\n")
