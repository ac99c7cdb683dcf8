"""Encoders that are made from packages once, and kept beside what the Hub has given.

A folder is there whole or not at all, also where two processes make it at the same time, and its files are checked.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from classifier.checksums import check_checksums, write_checksums
from classifier.errors import InputError
from classifier.one_writer import is_unfinished, unfinished

logger = logging.getLogger(__name__)
FORGOTTEN = 3600  # seconds after which what a killed process left half made is removed


def cache_folder() -> Path:
    """Where they are kept: beside what the Hub has given, so that ``HF_HOME`` moves both."""
    from huggingface_hub.constants import HF_HOME

    return Path(HF_HOME) / "article-classifier"


def installed_file(package: str, file: str) -> Path | None:
    """A file of an installed package, named relative to where packages are; None where it is not there."""
    try:
        path = Path(str(distribution(package).locate_file(file)))
    except PackageNotFoundError:
        return None
    return path if path.is_file() else None


def made_once(folder: Path, make: Callable[[Path], None]) -> Path:
    """An encoder's folder, which is made where it is not there yet.

    Args:
        folder: that holds it, whole or not at all.
        make: fills an empty folder; what it raises leaves nothing behind.

    Raises:
        InputError: the folder cannot be written, or is not as it was made.
    """
    if not folder.is_dir():
        try:
            _make(folder, make)
        except OSError as error:
            raise InputError(
                f"'{folder}' cannot be written: {error.strerror or error}.",
                fix="Make room, or keep the cache elsewhere: export HF_HOME=FOLDER",
            ) from None
    check_checksums(folder, fix=f"Remove '{folder}': it is then made again.")
    return folder


def _make(folder: Path, make: Callable[[Path], None]) -> None:
    """Make the folder under a name of this process's own; the first of several processes gives it its name."""
    partial = unfinished(folder)
    partial.mkdir(parents=True)
    _remove_forgotten(folder)
    try:
        make(partial)
        write_checksums(partial)
        logger.info("made the encoder in '%s' of its packages (once)", folder)
        with suppress(OSError):
            partial.rename(folder)
        if not folder.is_dir():
            partial.rename(folder)  # says why it cannot be
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _remove_forgotten(folder: Path) -> None:
    """Remove what killed processes left half made; what is young may belong to one that is at work."""
    for entry in folder.parent.glob(f"{folder.name}.*"):
        with suppress(OSError):
            if is_unfinished(entry.name) and time.time() - entry.stat().st_mtime > FORGOTTEN:
                shutil.rmtree(entry, ignore_errors=True)
