"""Temporary files and folders, and what messages call them and the copies that lie there."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TEMPORARY = "classifier-temporary-"
_copied: list[tuple[Path, str]] = []  # temporary paths, and how messages name them while `named_as` runs


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Give a temporary folder for articles that a program has in memory; it is removed when the block ends."""
    with tempfile.TemporaryDirectory(prefix=TEMPORARY, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def is_temporary(path: Path | str) -> bool:
    """Whether a path lies in a folder of `temporary_folder`, so that no later job will find it.

    Example:
        >>> is_temporary("/tmp/classifier-temporary-x1/DataFrame"), is_temporary("articles.csv")
        (True, False)
    """
    return any(part.startswith(TEMPORARY) for part in Path(path).parts)


@contextmanager
def named_as(copy: Path, name: str) -> Iterator[None]:
    """Log messages name a copy, or what lies in it, as what was copied, while the block runs.

    Args:
        copy: a temporary file or folder.
        name: of the archive, the address or the stream that it was made of.

    Example:
        >>> with named_as(Path("/tmp/x1"), "texts.zip"):
        ...     print(path_name("/tmp/x1/a.csv"), path_name("/tmp/x10/a.csv"))
        texts.zip/a.csv /tmp/x10/a.csv
    """
    one = (copy, name)
    _copied.append(one)
    try:
        yield
    finally:
        _copied.remove(one)


def path_name(path: Path | str) -> str:
    """How a log message names a file: a temporary one as what a program gave, a copy as what was copied.

    Example:
        >>> path_name("/tmp/classifier-temporary-x1/DataFrame"), path_name("articles.csv")
        ('the DataFrame', 'articles.csv')
    """
    if is_temporary(path):
        return f"the {Path(path).name}"
    place = Path(path)
    for outer, name in _copied:
        if place.is_relative_to(outer):
            return "/".join((name, *place.relative_to(outer).parts))
    return str(path)
