"""Rows that a program gave, in a temporary file: one line of JSON per row, which keeps the types of its values.

A job reads its source more than once and in several processes, so articles in a program's memory are written to a file
first. Equal rows give equal bytes, so that a dataset can tell whether its source has changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from classifier.articles.readers.row import Row, is_unicode, surrogate_fault
from classifier.articles.typed_json import decoded, encoded
from classifier.errors import Fault


def write_program_rows(path: Path, rows: Iterable[Row]) -> int:
    """Write rows to a file that `read_program_rows` reads.

    Args:
        path: the file.
        rows: with values as `classifier.articles.plain_values.plain_value` makes them.

    Returns:
        The number of rows.

    Example:
        >>> from datetime import date
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     write_program_rows(Path(folder) / "rows", [Row("row 0", {"date": date(2024, 5, 31)})])
        ...     list(read_program_rows(Path(folder) / "rows"))
        1
        [Row(where='row 0', values={'date': datetime.date(2024, 5, 31)})]
    """
    count = 0
    with path.open("w", encoding="ascii", newline="\n") as stream:
        for row in rows:
            stream.write(json.dumps([row.where, encoded(row.values)]) + "\n")
            count += 1
    return count


def read_program_rows(path: Path) -> Iterator[Row | Fault]:
    """The rows of a file that `write_program_rows` wrote; a fault for a row that is not valid Unicode."""
    with path.open(encoding="ascii") as stream:
        for line in stream:
            where, values = decoded(json.loads(line))
            if "\\ud" in line and not is_unicode(values):
                yield surrogate_fault(where)
            else:
                yield Row(where, values)
