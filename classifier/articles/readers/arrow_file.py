"""Rows of Arrow files: Feather, and the streams that `datasets` writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from classifier.articles.arrow_rows import arrow_rows
from classifier.articles.readers.row import Row
from classifier.errors import InputError
from classifier.temporary import path_name


def read_arrow(path: Path) -> Iterator[Row]:
    """The rows of a file, one record batch at a time.

    Raises:
        InputError: the file is damaged, or a text in it is not UTF-8.
    """
    yield from rows_of_batches(_batches(path), path, "an Arrow file")


def rows_of_batches(batches: Iterable[Any], path: Path, kind: str) -> Iterator[Row]:
    """The rows of record batches, with the number of each as its place.

    Args:
        batches: of the file, which is opened when the first is asked for.
        path: of the file, for messages.
        kind: what the file should be, for messages: ``a Parquet file``.

    Raises:
        InputError: the file is damaged, or a text in it is not UTF-8.
    """
    import pyarrow as pa

    number = 0
    try:
        for number, values in enumerate(arrow_rows(batches, path_name(path)), start=1):
            yield Row(f"{path}, row {number}", values)
    except UnicodeDecodeError as error:
        raise InputError(f"{path}, after row {number}: a text is not UTF-8: {error}.", fix="Write it again.") from None
    except (pa.ArrowException, OSError) as error:
        text = str(error).rstrip(".")
        raise InputError(f"'{path}' is not {kind}: {text}.", fix="Write or download it again.") from None


def _batches(path: Path) -> Iterator[Any]:
    import pyarrow as pa

    with pa.memory_map(str(path)) as file:
        start = file.read(6)
        file.seek(0)
        if start == b"ARROW1":
            reader = pa.ipc.open_file(file)
            for number in range(reader.num_record_batches):
                yield reader.get_batch(number)
        else:
            yield from pa.ipc.open_stream(file)
