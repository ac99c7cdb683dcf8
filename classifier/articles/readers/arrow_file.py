"""Rows of Arrow files: Feather, and the streams that `datasets` writes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from classifier.articles.arrow_rows import arrow_rows
from classifier.articles.readers.row import Row
from classifier.errors import InputError


def read_arrow(path: Path) -> Iterator[Row]:
    """The rows of a file, one record batch at a time.

    Raises:
        InputError: the file is damaged, or a text in it is not UTF-8.
    """
    import pyarrow as pa

    number = 0
    try:
        with pa.memory_map(str(path)) as file:
            for number, values in enumerate(arrow_rows(_batches(file), str(path)), start=1):
                yield Row(f"{path}, row {number}", values)
    except UnicodeDecodeError as error:
        raise InputError(f"{path}, after row {number}: a text is not UTF-8: {error}.", fix="Write it again.") from None
    except (pa.ArrowException, OSError) as error:
        text = str(error).rstrip(".")
        raise InputError(f"'{path}' is not an Arrow file: {text}.", fix="Write or download it again.") from None


def _batches(file: Any) -> Iterator[Any]:
    import pyarrow as pa

    start = file.read(6)
    file.seek(0)
    if start == b"ARROW1":
        reader = pa.ipc.open_file(file)
        for number in range(reader.num_record_batches):
            yield reader.get_batch(number)
    else:
        yield from pa.ipc.open_stream(file)
