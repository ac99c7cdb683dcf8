"""fastText's format for supervised learning: one article per line, its labels marked with ``__label__``.

As in fastText, a label is any word that begins with ``__label__``, and words are divided by ASCII space.
Source: https://fasttext.cc/docs/en/supervised-tutorial.html and `Dictionary::readWord` in fastText's source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from classifier.articles import Article, read_articles
from classifier.errors import Fault
from classifier.readers import Row, check_readable, open_text

LABEL = re.compile(r"__label__(?<![^ \t\v\f\r]__label__)([^ \t\v\f\r]*)[ \t\v\f\r]?")


def read(
    files: Mapping[str, Path], *, multi_label: bool = False, encoding: str = "utf-8"
) -> dict[str, Iterator[Article | Fault]]:
    """Read one file per part; the id is the line's number, empty lines count but are no articles.

    Args:
        files: part -> file, also .gz or .zst.
        multi_label: whether a line may have no label or several.
        encoding: of the files.

    Raises:
        InputError: a file is missing or empty.
    """
    parts = {}
    for part, file in files.items():
        check_readable(file)
        rows = _rows(file, multi_label, encoding)
        parts[part] = read_articles(rows, {}, labelled=True, multi_label=multi_label, file=str(file))
    return parts


def _rows(file: Path, multi_label: bool, encoding: str) -> Iterator[Row]:
    with open_text(file, encoding) as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                line = line.rstrip("\r\n")
                labels = LABEL.findall(line)
                label = labels[0] if len(labels) == 1 and not multi_label else labels
                yield Row(f"{file}:{number}", {"id": str(number), "text": LABEL.sub("", line), "label": label or None})
