"""Rows of a folder of text files."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

from classifier.articles.readers.archive import placed, unpacked
from classifier.articles.readers.below import files_below, is_archive
from classifier.articles.readers.kinds import READABLE, WEB_PAGES
from classifier.articles.readers.opened import read_text
from classifier.articles.readers.row import Row
from classifier.articles.readers.web_page import read_web_page
from classifier.errors import Fault, InputError

logger = logging.getLogger(__name__)


def read_text_folder(folder: Path, encoding: str = "utf-8", *, labelled: bool) -> Iterator[Row | Fault]:
    """Read every .txt file below a folder, in the order of their names; log what is not read.

    Where there is no .txt file, the main text of every web page (.html, .htm) is read instead.

    Args:
        folder: the folder, or a .zip of it.
        encoding: of the .txt files.
        labelled: whether the name of the first subfolder is the label; else files count wherever they lie.

    Raises:
        InputError: there is no such file, or a .txt file is not in that encoding.
    """
    if is_archive(folder):
        with unpacked(folder) as temporary:
            top = _only_subfolder(temporary) if labelled else temporary
            yield from (placed(row, temporary, folder) for row in read_text_folder(top, encoding, labelled=labelled))
        return
    files = files_below(folder)
    deepest = 2 if labelled else 1
    deep = [path for path in files if len(path.relative_to(folder).parts) >= deepest]
    kinds = next((kinds for kinds in ((".txt",), WEB_PAGES) if any(p.suffix.lower() in kinds for p in deep)), ())
    paths = [path for path in deep if path.suffix.lower() in kinds]
    if not paths:
        layout = "no subfolders of .txt files, one per label" if labelled else "no .txt files"
        raise InputError(f"The folder '{folder}' holds {layout}.", fix=f"Give {READABLE}.")
    read = {path.relative_to(folder).parts[0] for path in paths}
    _warn_of_unread(folder, len(files) - len(paths), read, labelled=labelled, kind=" or ".join(kinds))
    for path in paths:
        relative = path.relative_to(folder)
        row = read_text_file(path, _readable(relative.with_suffix("").as_posix()), encoding)
        if labelled:
            row.values["label"] = _readable(relative.parts[0])
        yield row


def read_text_file(path: Path, name: str, encoding: str = "utf-8") -> Row:
    """A .txt file, or a web page, as one row.

    Args:
        path: the file.
        name: its id.
        encoding: of a .txt file.
    """
    text = read_web_page(path) if path.suffix.lower() in WEB_PAGES else read_text(path, encoding)
    return Row(str(path), {"id": name, "text": text})


def _only_subfolder(folder: Path) -> Path:
    """The folder that holds the labels' folders: archives often have one folder around everything."""
    inside = [path for path in folder.iterdir() if not path.name.startswith((".", "__MACOSX"))]
    nested = len(inside) == 1 and inside[0].is_dir() and any(path.is_dir() for path in inside[0].iterdir())
    return inside[0] if nested else folder


def _warn_of_unread(folder: Path, others: int, read: set[str], *, labelled: bool, kind: str) -> None:
    """Warn of files that are not read, and of subfolders without a text."""
    if others:
        where = "in the subfolder of a label" if labelled else "anywhere in it"
        logger.warning(
            "%s other file(s) in '%s' were not read: only %s files %s are", f"{others:,}", folder, kind, where
        )
    empty = sorted(path.name for path in folder.iterdir() if path.is_dir() and path.name not in read)
    empty = [name for name in empty if labelled and not name.startswith(".")]
    if empty:
        logger.warning(
            "the subfolder(s) %s of '%s' hold no %s file, so they give no label",
            ", ".join(map(repr, empty)),
            folder,
            kind,
        )


def _readable(name: str) -> str:
    """A file name as text, also if its bytes are not UTF-8."""
    return name.encode("utf-8", "backslashreplace").decode()
