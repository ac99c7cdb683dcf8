"""Names with ``*``, ``?`` or ``[…]`` that stand for several files, where no shell has put these in their place."""

from __future__ import annotations

import glob
from collections.abc import Iterable
from pathlib import Path

from classifier.articles.readers.below import are_parts
from classifier.errors import InputError
from classifier.remote import is_remote


def matching_names(names: Iterable[str]) -> list[str]:
    """The names, and for each that is a pattern those of all files and folders that it matches, sorted.

    Args:
        names: ``**`` matches folders below one another; a file whose own name is like a pattern is that file. Names
            of a store (``s3://…``) stay as they are.

    Raises:
        InputError: a pattern matches nothing.

    Example:
        >>> folder = Path("patterns")
        >>> folder.mkdir()
        >>> for name in ("b.csv", "a.csv", "c.txt"):
        ...     (folder / name).touch()
        >>> matching_names(["patterns/*.csv", "-"])
        ['patterns/a.csv', 'patterns/b.csv', '-']
        >>> matching_names(["patterns/*.tsv"])
        Traceback (most recent call last):
        classifier.errors.InputError: No file matches 'patterns/*.tsv'.
        Fix: Check the pattern, and the folder in which the command runs.
    """
    found: list[str] = []
    for name in names:
        if is_remote(name) or not glob.has_magic(name) or Path(name).exists():
            found.append(name)
            continue
        every = glob.glob(name, recursive=True)  # noqa: PTH207 - a path has no patterns from the root on
        matched = sorted(each for each in every if not are_parts(Path(each)))
        if not matched:
            raise InputError(
                f"No file matches '{name}'.", fix="Check the pattern, and the folder in which the command runs."
            )
        found += matched
    return found
