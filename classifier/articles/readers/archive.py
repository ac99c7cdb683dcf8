"""Zip archives, unpacked to a temporary folder as long as they are read."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from classifier.articles.readers.row import Row
from classifier.errors import Fault, InputError
from classifier.full_disk import full_disk
from classifier.temporary import named_as, path_name


def file_names(path: Path) -> list[str]:
    """Names of the files in an archive, without hidden ones and what macOS adds.

    Raises:
        InputError: the archive is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            found = [entry.filename for entry in archive.infolist() if not entry.is_dir()]
    except (zipfile.BadZipFile, OSError) as error:
        raise InputError(f"'{path}' is no complete zip archive: {error}.", fix="Download or copy it again.") from None
    return [name for name in found if not any(part.startswith((".", "__MACOSX")) for part in name.split("/"))]


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """A temporary folder with the files of an archive; an `InputError` names the archive and not that folder.

    Raises:
        InputError: the archive is damaged, has a password, or is larger than the free space.
    """
    with tempfile.TemporaryDirectory(prefix=f"{path.name}-") as name:
        folder = Path(name)
        _extract(path, folder)
        try:
            with named_as(folder, path_name(path)):
                yield folder
        except InputError as error:
            error.message = error.message.replace(name, str(path))
            error.faults = tuple(replace(fault, where=fault.where.replace(name, str(path))) for fault in error.faults)
            error.args = (error.message,)
            raise


def placed(row: Row | Fault, folder: Path, path: Path) -> Row | Fault:
    """A row of an unpacked file, with its place in the archive: ``texts.zip/a.csv:5``."""
    return replace(row, where=row.where.replace(str(folder), str(path)))


def _extract(path: Path, folder: Path) -> None:
    names = file_names(path)
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(archive.getinfo(name).file_size for name in names)
            if size > shutil.disk_usage(folder).free:
                raise InputError(
                    f"'{path}' needs {size:,} bytes when unpacked, more than there is space for in '{folder.parent}'.",
                    fix="Unpack it to a larger disk, and give the folder.",
                )
            archive.extractall(folder, names)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError) as error:
        if full_disk(error):
            raise
        raise InputError(f"'{path}' is no complete zip archive: {error}.", fix="Download or copy it again.") from None
    except RuntimeError as error:  # a password
        raise InputError(f"'{path}' cannot be unpacked: {error}.", fix="Unpack it, and give the folder.") from None
