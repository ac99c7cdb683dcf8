"""fastText's format for supervised learning: one article per line, its labels marked with ``__label__``.

As in fastText, a label is any word that begins with ``__label__``, and words are divided by ASCII space.
Source: https://fasttext.cc/docs/en/supervised-tutorial.html and `Dictionary::readWord` in fastText's source.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path

from classifier.articles.article import Article
from classifier.articles.columns import ROWS_FOR_COLUMNS
from classifier.articles.readers.opened import check_readable, open_text
from classifier.articles.readers.row import Row
from classifier.articles.rows import read_articles
from classifier.config import TaskName
from classifier.dataset.builders.settings import Parts, PartSettings
from classifier.dataset.builders.staging import StagedArticles, describe_place
from classifier.errors import Fault, InputError, names

logger = logging.getLogger(__name__)
MARK = "__label__"
MANY = 3  # labels with a comma for each name before the comma, from which what follows the comma is text
COMMA_BETWEEN = re.compile(rf"({MARK}[^ \t\v\f\r]*?),+(?=[ \t]+{MARK})")
COMMA_BEFORE = re.compile(r"^\s*,\s")
LABEL = re.compile(r"__label__(?<![^ \t\v\f\r]__label__)([^ \t\v\f\r]*)[ \t\v\f\r]?")
NEWLINE = re.compile(r"\r\n|[\r\n]")
MARKED = re.compile(r"__label__(?<![^ \t\v\f\r\n]__label__)[^ \t\v\f\r\n]*")


class Settings(PartSettings):
    """The settings of ``[data]`` that this builder uses."""

    task: TaskName = "single_label"
    missing: tuple[str, ...] | None = None
    encoding: str = "utf-8"

    def open(self) -> Parts:
        """The articles of each file."""
        return read(self.files, multi_label=self.task == "multi_label", missing=self.missing, encoding=self.encoding)


def read(
    files: Mapping[str, Path],
    *,
    multi_label: bool = False,
    missing: Sequence[str] | None = None,
    encoding: str = "utf-8",
) -> dict[str, Iterator[Article | Fault]]:
    """Read one file per part; the id is the line's number, empty lines count but are no articles.

    Args:
        files: part -> file, also .gz or .zst.
        multi_label: whether a line may have no label or several.
        missing: words that stand for a missing label; None = the usual ones.
        encoding: of the files.

    Raises:
        InputError: a file is missing or empty.
    """
    parts = {}
    for part, file in files.items():
        check_readable(file)
        rows = _rows(file, multi_label, encoding)
        parts[part] = read_articles(rows, {}, labelled=True, multi_label=multi_label, missing=missing, file=str(file))
    return parts


def _rows(file: Path, multi_label: bool, encoding: str) -> Iterator[Row]:
    lines = _lines(file, encoding)
    first = list(islice(lines, ROWS_FOR_COLUMNS))
    _check_marks([labels for _, labels, _ in first], str(file))
    for number, labels, text in chain(first, lines):
        label = labels[0] if len(labels) == 1 and not multi_label else labels
        yield Row(f"{file}:{number}", {"id": str(number), "text": text, "label": label or None})


def _lines(file: Path, encoding: str) -> Iterator[tuple[int, list[str], str]]:
    """(number, labels, text) of each line; a comma between labels, or between them and the text, is left out."""
    with open_text(file, encoding) as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                line = COMMA_BETWEEN.sub(r"\1", line.rstrip("\r\n"))
                labels = [name for found in LABEL.findall(line) for name in found.split(MARK)]
                yield number, labels, COMMA_BEFORE.sub("", LABEL.sub("", line))


def _check_marks(found: Sequence[Sequence[str]], file: str) -> None:
    """Refuse a file whose lines have no labels, or texts that hang on their labels: ``__label__a,text``."""
    if found and not any(found):
        raise InputError(
            f"'{file}' has no label: fastText marks them as {MARK}NAME, and no line has one.",
            fix="Mark the labels. Or, if it is a table, name it .csv, .tsv or .jsonl and leave out data.builder.",
        )
    glued = [labels[0] for labels in found if len(labels) == 1 and "," in labels[0].strip(",")]
    alone = {name.split(",")[0] for name in glued}
    if len(set(glued)) > max(len(glued) / 2, MANY * len(alone)):
        raise InputError(
            f"'{file}' has no space between label and text: '{MARK}{glued[0]}' would be a label.",
            fix=f"Put one there, for example: sed -E 's/^({MARK}[^,]*),/\\1 /' {file}",
        )


def write(found: StagedArticles, path: Path, multi_label: bool) -> None:
    """Write one article per line, its labels marked with ``__label__``."""
    if "target" in found.filled:
        raise InputError("fastText has no place for the target of a pair.", fix="Write jsonl or parquet.")
    written = {name: "__label__" + "_".join(name.split()) for name in sorted(found.labels)}
    _say_renamed(written)
    faults = _clashes(written)
    with path.open("w", encoding="utf-8", newline="") as stream:
        for article in found:
            marked = list(dict.fromkeys(MARKED.findall(article.text)))
            if marked:
                what = f"fastText would read as labels what the text holds: {names(marked)}"
                faults.append(Fault(describe_place(article), what, "__label__ in the text"))
            if not article.labels and not multi_label:
                faults.append(Fault(describe_place(article), "has no label", "no label"))
            text = NEWLINE.sub(" ", article.text)
            stream.write(" ".join([*(written[name] for name in article.labels), text]) + "\n")
    if faults:
        raise InputError(
            "These articles cannot be written for fastText.",
            faults=faults,
            fix="Change them, or write jsonl or parquet.",
        )


def _say_renamed(written: Mapping[str, str]) -> None:
    new = [f"'{name}' → '{mark.removeprefix(MARK)}'" for name, mark in written.items() if mark != MARK + name]
    if new:
        logger.warning("labels of fastText hold no space, so some are written otherwise: %s", ", ".join(new))


def _clashes(written: dict[str, str]) -> list[Fault]:
    """A fault for each group of labels that are written alike."""
    alike: dict[str, list[str]] = {}
    for name, mark in written.items():
        alike.setdefault(mark, []).append(name)
    return [Fault("labels", f"{names(group)} all become {mark}") for mark, group in alike.items() if len(group) > 1]
