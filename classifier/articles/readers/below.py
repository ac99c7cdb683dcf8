"""The files below a folder, and whether they are tables or texts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from classifier.articles.readers.archive import file_names
from classifier.articles.readers.kinds import ARCHIVE, TABLE_SUFFIXES, TEXT_SUFFIXES, named_kind
from classifier.articles.readers.opened import read_head

PARTS = ".parts"  # the end of the name of a folder with parts of an output that is not complete (predict)
PARTS_JOB = "job.json"  # a file that it has
NOT_ARTICLES = {"readme", "license", "licence", "copying", "notes", "changelog", "citation"}


def files_below(folder: Path, *, hidden: bool = False) -> list[Path]:
    """Every file below a folder, by name. Links to folders are followed, but not in a circle.

    Args:
        folder: the folder.
        hidden: whether files and folders count whose names begin with a dot.
    """
    return sorted(_walk(folder, frozenset(), hidden))


def _walk(folder: Path, above: frozenset[str], hidden: bool) -> Iterator[Path]:
    real = os.path.realpath(folder)
    if real in above:
        return
    for entry in os.scandir(folder):
        if entry.name.startswith(".") and not hidden:
            continue
        if entry.is_dir() and not are_parts(Path(entry.path)):
            yield from _walk(folder / entry.name, above | {real}, hidden)
        elif entry.is_file():
            yield folder / entry.name


def are_parts(folder: Path) -> bool:
    """Whether a folder holds parts of an output that is not complete: what lies there is no input."""
    return folder.name.endswith(PARTS) and (folder / PARTS_JOB).exists()


def tables_below(folder: Path) -> list[Path]:
    """The tables below a folder, by name. A JSON object beside tables of another kind only describes them."""
    tables = [file for file in files_below(folder) if named_kind(file) in TABLE_SUFFIXES]
    others = [file for file in tables if named_kind(file) != ".json" or _begins_an_array(file)]
    return others or tables


def _begins_an_array(file: Path) -> bool:
    """Whether a file begins as rows in JSON do, and not as one object does."""
    return read_head(file).removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"["


def holds_texts(path: Path) -> bool:
    """Whether a path is a folder or a zip archive of texts: one that does not hold tables alone."""
    if not path.is_dir() and not is_archive(path):
        return False
    texts, tables = _texts_and_tables(path)
    return bool(texts) or not tables


def holds_labelled_texts(path: Path) -> bool:
    """Whether a path is a folder or a zip archive of texts in subfolders; those beside a table only describe it."""
    if not holds_texts(path):
        return False
    texts, tables = _texts_and_tables(path)
    return not tables or not {file.parent for file in texts} <= {file.parent for file in tables}


def _texts_and_tables(path: Path) -> tuple[list[Path], list[Path]]:
    files = files_below(path) if path.is_dir() else [Path(name) for name in file_names(path)]
    files = [file for file in files if file.stem.lower() not in NOT_ARTICLES]
    texts = [file for file in files if named_kind(file) in TEXT_SUFFIXES]
    return texts, [file for file in files if named_kind(file) in TABLE_SUFFIXES]


def is_archive(path: Path) -> bool:
    """Whether a path is called a zip archive, and is a file."""
    return named_kind(path) == ARCHIVE and path.is_file()
