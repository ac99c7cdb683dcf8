"""The files of a folder as they were written: `checksums.json` holds the size and the SHA-256 of each.

It lies in the folder itself, with names relative to it, so that it stays true where the folder is moved or copied.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from classifier.errors import Fault, InputError
from classifier.files import AGAIN, damaged, read_json_as, write_json

logger = logging.getLogger(__name__)

CHECKSUMS = "checksums.json"
SKIP = "CLASSIFIER_SKIP_CHECKSUMS"  # an environment variable: 1 = sizes alone are checked
FOR_READERS = frozenset({"README.md", "report.html"})  # texts for people, which they may edit


@dataclass(frozen=True)
class FileSum:
    """The size of a file in bytes, and its SHA-256."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Checksums:
    """What ``checksums.json`` holds: the name of each file, relative to its folder, and what was written to it."""

    files: Mapping[str, FileSum]
    format_version: int = 1


def write_checksums(
    folder: Path, *, only: Collection[str] | None = None, without: Collection[str] = FOR_READERS
) -> None:
    """Write ``checksums.json`` for all files in a folder and its subfolders; it comes last, when they are whole.

    Args:
        folder: what to describe.
        only: names of the files; None = all of them.
        without: names of files that may change later.

    Example:
        >>> folder = Path("checked")
        >>> folder.mkdir()
        >>> _ = (folder / "a.txt").write_text("as it was")
        >>> write_checksums(folder)
        >>> check_checksums(folder)
        True
        >>> _ = (folder / "a.txt").write_text("as it is.")
        >>> check_checksums(folder)
        Traceback (most recent call last):
        classifier.errors.InputError: 'checked' is not as it was written: 1 file differs.
          checked/a.txt: the content was changed
        Fix: ...
    """
    names = sorted(_names(folder) - {CHECKSUMS, *without} if only is None else only)
    write_json(folder / CHECKSUMS, asdict(Checksums({name: file_sum(folder / name) for name in names})))


def update_checksums(folder: Path, name: str) -> None:
    """Take over one file that was written anew; a folder without ``checksums.json`` stays without.

    Raises:
        InputError: ``checksums.json`` is damaged.
    """
    if (folder / CHECKSUMS).exists():
        files = {**read_checksums(folder).files, name: file_sum(folder / name)}
        write_json(folder / CHECKSUMS, asdict(Checksums(dict(sorted(files.items())))))


@contextmanager
def written_anew(folder: Path, name: str) -> Iterator[None]:
    """Take over one file that the block writes anew; a folder without ``checksums.json`` stays without.

    What is noted of the older file is forgotten first: wherever the block is stopped, the folder can be read.

    Raises:
        InputError: ``checksums.json`` is damaged, or cannot be written.
    """
    file = folder / CHECKSUMS
    if not file.exists():
        yield
        return
    others = {known: found for known, found in read_checksums(folder).files.items() if known != name}
    if others:
        write_json(file, asdict(Checksums(others)))
    else:
        file.unlink()
    yield
    write_json(file, asdict(Checksums(dict(sorted({**others, name: file_sum(folder / name)}.items())))))


def check_checksums(folder: Path, *, hashes: bool = True, fix: str = AGAIN) -> bool:
    """Check that the files of a folder are those that were written: their sizes, and their content.

    Args:
        folder: what to check.
        hashes: False = sizes alone, as for very large files. The environment variable ``CLASSIFIER_SKIP_CHECKSUMS=1``
            does the same everywhere.
        fix: what to do if a file is missing or was changed.

    Returns:
        False where there is no ``checksums.json``, as in folders of older versions: nothing was checked.

    Raises:
        InputError: files are missing or were changed; all of them are named.
    """
    if not (folder / CHECKSUMS).exists():
        logger.info("'%s' has no %s: whether its files are as they were written is not known", folder, CHECKSUMS)
        return False
    found = read_checksums(folder, fix=fix).files
    allow = f"remove '{folder / CHECKSUMS}': files are then taken as they are"
    check_files(folder, found, hashes=hashes, fix=fix, allow=allow)
    return True


def check_files(folder: Path, files: Mapping[str, FileSum], *, hashes: bool = True, fix: str, allow: str) -> None:
    """Check files of a folder against what was written; arguments and errors as in `check_checksums`.

    Args:
        folder: holds the files.
        files: their names -> what was written.
        hashes, fix: as in `check_checksums`.
        allow: what to do so that a change that was meant is taken.
    """
    hashes = hashes and os.environ.get(SKIP, "") in ("", "0")
    faults = [fault for name, known in files.items() for fault in _faults(folder / name, known, hashes=hashes)]
    if faults:
        count = f"{len(faults):,} files differ" if len(faults) > 1 else "1 file differs"
        raise InputError(
            f"'{folder}' is not as it was written: {count}.",
            fix=f"{fix} If you changed it on purpose, {allow}.",
            faults=faults,
        )


def read_checksums(folder: Path, *, fix: str = AGAIN) -> Checksums:
    """What ``checksums.json`` holds.

    Raises:
        InputError: it is missing or damaged, or names a file outside the folder.
    """
    file = folder / CHECKSUMS
    found = read_json_as(file, Checksums, fix=fix)
    outside = [name for name in found.files if Path(name).is_absolute() or ".." in Path(name).parts]
    if outside or not found.files:
        raise damaged(file, f"'{outside[0]}' is not in the folder" if outside else "it names no files", fix)
    return found


def _names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def file_sum(path: Path) -> FileSum:
    """The size and the SHA-256 of a file."""
    with path.open("rb") as file:
        return FileSum(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


def _faults(path: Path, known: FileSum, *, hashes: bool) -> Iterator[Fault]:
    """What is wrong with a file, if anything is."""
    try:
        if not path.is_file():
            yield Fault(str(path), "it is a folder" if path.is_dir() else "it is missing")
        elif (size := path.stat().st_size) != known.bytes:
            yield Fault(str(path), f"it has {size:,} bytes, and {known.bytes:,} were written", "another size")
        elif hashes and file_sum(path) != known:
            yield Fault(str(path), "the content was changed")
    except OSError as error:
        yield Fault(str(path), f"it cannot be read: {error.strerror or error}", "it cannot be read")
