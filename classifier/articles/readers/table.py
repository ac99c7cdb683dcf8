"""Files on disk to rows: CSV, TSV, JSON, Parquet (also .gz and .zst), folders of text files, standard input.

A reader yields a `Row` for each record that it can read and a `Fault` for each that it cannot, so that the
caller can report every bad row at once. Nothing is read ahead: memory does not grow with the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from classifier.articles.readers.delimited import read_delimited
from classifier.articles.readers.json_text import read_json_text
from classifier.articles.readers.kinds import table_kind
from classifier.articles.readers.opened import check_readable, open_text, read_text
from classifier.articles.readers.parquet import read_parquet
from classifier.articles.readers.row import Row
from classifier.errors import Fault


def read_rows(path: Path, encoding: str = "utf-8") -> Iterator[Row | Fault]:
    """Read the records of a table, or of one .txt file (its whole text is one record).

    Args:
        path: a file whose name ends in .csv, .tsv, .jsonl, .ndjson, .json, .parquet or .txt, also with .gz or .zst.
        encoding: of text files; a byte-order mark is dropped.

    Raises:
        InputError: the file is missing, empty, of an unknown kind, or not in that encoding (names the byte).
    """
    check_readable(path)
    kind = table_kind(path)
    if kind == ".parquet":
        yield from read_parquet(path)
        return
    if kind == ".txt":
        yield Row(str(path), {"id": path.name.removesuffix(".txt"), "text": read_text(path, encoding)})
        return
    with open_text(path, encoding) as stream:
        if kind in (".csv", ".tsv"):
            yield from read_delimited(stream, str(path), "\t" if kind == ".tsv" else None)
        else:
            yield from read_json_text(stream, str(path))
