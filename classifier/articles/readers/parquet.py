"""Rows of Parquet files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from classifier.articles.arrow_rows import arrow_rows
from classifier.articles.readers.row import Row
from classifier.errors import InputError


def read_parquet(path: Path) -> Iterator[Row]:
    """The rows of a file, in batches of 1,024.

    Raises:
        InputError: the file is damaged, or a text in it is not UTF-8.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        for values in arrow_rows(pq.ParquetFile(path).iter_batches(batch_size=1024), str(path)):
            number += 1
            yield Row(f"{path}, row {number}", values)
    except UnicodeDecodeError as error:
        raise InputError(f"{path}, after row {number}: a text is not UTF-8: {error}.", fix="Write it again.") from None
    except (pa.ArrowException, OSError) as error:
        text = str(error).rstrip(".")
        raise InputError(f"'{path}' is not a Parquet file: {text}.", fix="Write or download it again.") from None
