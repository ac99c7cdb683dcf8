"""Rows of standard input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from classifier.articles.readers.json_lines import read_json_lines
from classifier.articles.readers.row import Row
from classifier.errors import Fault, InputError


def read_lines(stream: Iterable[str], name: str = "<stdin>") -> Iterator[Row | Fault]:
    """Read records from lines: JSON objects when the first line starts with ``{``, else one text per line."""
    lines = iter(stream)
    head: list[str] = []
    for line in lines:
        head.append(line)
        if line.strip():
            break
    if not head or not head[-1].strip():
        raise InputError(f"{name} is empty.", fix="Give one article per line, as JSON or as plain text.")
    rest = chain(head, lines)
    if head[-1].lstrip().startswith("{"):
        yield from read_json_lines(rest, name)
        return
    for number, line in enumerate(rest, start=1):
        if line.strip():
            yield Row(f"{name}:{number}", {"id": str(number), "text": line.strip()})
