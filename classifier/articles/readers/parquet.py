"""Rows of Parquet files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from classifier.articles.readers.arrow_file import rows_of_batches
from classifier.articles.readers.row import Row


def read_parquet(path: Path) -> Iterator[Row]:
    """The rows of a file, in batches of 1,024.

    Raises:
        InputError: the file is damaged, or a text in it is not UTF-8.
    """
    yield from rows_of_batches(_batches(path), path, "a Parquet file")


def _batches(path: Path) -> Iterator[Any]:
    import pyarrow.parquet as pq

    yield from pq.ParquetFile(path).iter_batches(batch_size=1024)
