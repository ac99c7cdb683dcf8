"""Rows of a folder of text files."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

from classifier.articles.readers.kinds import READABLE
from classifier.articles.readers.opened import read_text
from classifier.articles.readers.row import Row
from classifier.errors import Fault, InputError

logger = logging.getLogger(__name__)


def read_text_folder(folder: Path, encoding: str = "utf-8", *, labelled: bool) -> Iterator[Row | Fault]:
    """Read every .txt file below a folder, in the order of their names; log what is not read.

    Args:
        folder: the folder.
        encoding: of the files.
        labelled: whether the name of the first subfolder is the label; else files count wherever they lie.

    Raises:
        InputError: there is no .txt file, or a file is not in that encoding.
    """
    files = sorted(path for path in folder.glob("**/*") if path.is_file() and not _hidden(path.relative_to(folder)))
    deepest = 2 if labelled else 1
    paths = [p for p in files if p.suffix.lower() == ".txt" and len(p.relative_to(folder).parts) >= deepest]
    if not paths:
        layout = "no subfolders of .txt files, one per label" if labelled else "no .txt files"
        raise InputError(f"The folder '{folder}' holds {layout}.", fix=f"Give {READABLE}.")
    _warn_of_unread(folder, len(files) - len(paths), {path.relative_to(folder).parts[0] for path in paths}, labelled)
    for path in paths:
        relative = path.relative_to(folder)
        values = {"id": _readable(relative.with_suffix("").as_posix()), "text": read_text(path, encoding)}
        if labelled:
            values["label"] = _readable(relative.parts[0])
        yield Row(str(path), values)


def _warn_of_unread(folder: Path, others: int, read: set[str], labelled: bool) -> None:
    """Warn of files that are not .txt files, and of subfolders without a .txt file."""
    if others:
        where = "in the subfolder of a label" if labelled else "anywhere in it"
        logger.warning("%s other file(s) in '%s' were not read: only .txt files %s are", f"{others:,}", folder, where)
    empty = sorted(path.name for path in folder.iterdir() if path.is_dir() and path.name not in read)
    empty = [name for name in empty if labelled and not name.startswith(".")]
    if empty:
        logger.warning(
            "the subfolder(s) %s of '%s' hold no .txt file, so they give no label", ", ".join(map(repr, empty)), folder
        )


def _readable(name: str) -> str:
    """A file name as text, also if its bytes are not UTF-8."""
    return name.encode("utf-8", "backslashreplace").decode()


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
