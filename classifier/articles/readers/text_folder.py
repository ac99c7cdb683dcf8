"""Rows of a folder of text files."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from classifier.articles.readers.archive import placed, unpacked
from classifier.articles.readers.below import files_below, is_archive
from classifier.articles.readers.kinds import READABLE, WEB_PAGES
from classifier.articles.readers.opened import DecodedCounts, WrongEncodingError, encoding_of, read_text
from classifier.articles.readers.row import Row
from classifier.articles.readers.undecoded import UNDECODED
from classifier.articles.readers.web_page import read_web_page
from classifier.articles.split_names import SPLITS, split_name
from classifier.errors import Fault, InputError, counted, names

logger = logging.getLogger(__name__)

SHOWN = 3  # folders that a message names


def read_text_folder(
    folder: Path, encoding: str = "utf-8", *, labelled: bool, called: Path | None = None
) -> Iterator[Row | Fault]:
    """Read every .txt file below a folder, in the order of their names; log what is not read.

    Where there is no .txt file, the main text of every web page (.html, .htm) is read instead.

    Args:
        folder: the folder, or a .zip of it.
        encoding: of the .txt files.
        labelled: whether the name of the first subfolder is the label; else files count wherever they lie.
        called: what messages call it; None = by its own name.

    Raises:
        InputError: there is no such file; the .txt files are not in that encoding (some that are not are faults); the
            subfolders that give the labels are splits.
    """
    if is_archive(folder):
        with unpacked(folder) as temporary:
            top = _only_subfolder(temporary) if labelled else temporary
            rows = read_text_folder(top, encoding, labelled=labelled, called=folder)
            yield from (placed(row, temporary, folder) for row in rows)
        return
    files = files_below(folder)
    deepest = 2 if labelled else 1
    deep = [path for path in files if len(path.relative_to(folder).parts) >= deepest]
    kinds = next((kinds for kinds in ((".txt",), WEB_PAGES) if any(p.suffix.lower() in kinds for p in deep)), ())
    paths = [path for path in deep if path.suffix.lower() in kinds]
    if not paths:
        layout = "no subfolders of .txt files, one per label" if labelled else "no .txt files"
        raise InputError(f"The folder '{called or folder}' holds {layout}.", fix=f"Give {READABLE}.")
    read = {path.relative_to(folder).parts[0] for path in paths}
    if labelled:
        _refuse_splits(called or folder, read)
        _tell_of_nested(called or folder, [path.relative_to(folder).parts for path in paths])
    _warn_of_unread(folder, called or folder, len(files) - len(paths), read if labelled else None, " or ".join(kinds))
    asked = False
    for path in paths:
        relative = path.relative_to(folder)
        name = _readable(relative.with_suffix("").as_posix())
        try:
            row = read_text_file(path, name, encoding)
        except WrongEncodingError as error:
            if not asked and not _count_files(paths, encoding).are_mostly_decoded:
                raise
            asked = True
            yield Fault(str(path), error.what, UNDECODED, id=name)
            continue
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


def _count_files(paths: Sequence[Path], encoding: str) -> DecodedCounts:
    """How many files are in the encoding that they are read in."""
    found = DecodedCounts()
    for path in paths:
        found.add(path.read_bytes(), encoding_of(path, encoding))
    return found


def _only_subfolder(folder: Path) -> Path:
    """The folder that holds the labels' folders: archives often have one folder around everything."""
    inside = [path for path in folder.iterdir() if not path.name.startswith((".", "__MACOSX"))]
    nested = len(inside) == 1 and inside[0].is_dir() and any(path.is_dir() for path in inside[0].iterdir())
    return inside[0] if nested else folder


def _warn_of_unread(folder: Path, called: Path, others: int, labels: set[str] | None, kind: str) -> None:
    """Warn of files that are not read, and of subfolders without a text where these give the labels."""
    if others:
        where = "in the subfolder of a label" if labels is not None else "anywhere in it"
        logger.warning("%s in '%s' not read: only %s files %s are", counted(others, "other file"), called, kind, where)
    if labels is None:
        return
    inside = sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if empty := [name for name in inside if name not in labels]:
        what = counted(len(empty), "subfolder")
        logger.warning("%s of '%s' without any %s file, which give no label: %s", what, called, kind, names(empty))


def _refuse_splits(folder: Path, labels: set[str]) -> None:
    """Raise `InputError` where subfolders are called train, test-articles and the like: these are no labels."""
    splits = {split_name(re.split(r"[-_ .]", label)[0]) for label in labels}
    if len(splits) > 1 and splits <= set(SPLITS):
        raise InputError(
            f"The subfolders {names(sorted(labels))} of '{folder}' are splits, and not labels.",
            fix="Give each as data.train, data.validation or data.test in a config, or as folders train/ and test/ "
            "of one folder, which holds nothing else.",
        )


def _tell_of_nested(folder: Path, places: list[tuple[str, ...]]) -> None:
    """Say that only the first subfolder is the label where there are more below it; warn if those may be the labels."""
    below: dict[str, set[str]] = {}
    for parts in places:
        if len(parts) > 2:
            below.setdefault(_readable(parts[0]), set()).add(_readable(parts[1]))
    if not below:
        return
    every = set().union(*below.values())
    doubtful = len(below) > 1 and all(found == every for found in below.values()) and not all(map(str.isdigit, every))
    logger.log(
        logging.WARNING if doubtful else logging.INFO,
        "the labels are the first subfolders of '%s', such as %s; the folders below them, such as %s, give no label",
        *(folder, names(sorted(below)[:SHOWN]), names(sorted(every)[:SHOWN])),
    )


def _readable(name: str) -> str:
    """A file name as text, also if its bytes are not UTF-8."""
    return name.encode("utf-8", "backslashreplace").decode()
