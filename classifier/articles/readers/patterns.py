"""Names with ``*``, ``?`` or ``[…]`` that stand for several files, where no shell has put these in their place."""

from __future__ import annotations

import glob
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Set
from functools import cache
from pathlib import Path

from classifier.articles.readers.below import are_parts, holds_texts
from classifier.articles.readers.kinds import TEXT_SUFFIXES, named_kind
from classifier.errors import InputError, counted
from classifier.errors import names as quoted
from classifier.one_writer import is_unfinished
from classifier.remote import HERE, is_remote, is_same_file, local_path, remote_names

logger = logging.getLogger(__name__)


def matching_names(names: Iterable[str], own: str | None = None) -> list[str]:
    """The names, and for each that is a pattern those of all files and folders that it matches, sorted, each once.

    Warns of files that are named more than once, since all of their rows are read again.

    Args:
        names: ``**`` matches folders below one another; a file whose own name is like a pattern is that file. A
            ``file://`` address becomes its path.
        own: the output of this job, which no pattern matches; None = there is none yet.

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
    for given in names:
        name = str(local_path(given)) if given.lower().startswith(HERE) else given
        matched = remote_names(name) if is_remote(name) else _matched(name)
        if matched != [name]:
            matched = [each for each in matched if own is None or not _is_same(each, own)]
        if not matched:
            raise InputError(
                f"No file matches '{name}'.", fix="Check the pattern, and the folder in which the command runs."
            )
        found += matched
    _say_twice(found)
    return found


def _matched(name: str) -> list[str]:
    """The paths that a name stands for."""
    if not glob.has_magic(name) or Path(name).exists():
        return [name]
    every = glob.glob(name, recursive=True)  # noqa: PTH207 - a path has no patterns from the root on
    return _once(each for each in every if not _is_of_an_output(Path(each)))


def _is_same(name: str, own: str) -> bool:
    if is_remote(name) or is_remote(own):
        return is_same_file(name, own)
    return Path(name).resolve() == local_path(own).resolve()


def _once(matched: Iterable[str]) -> list[str]:
    """What a pattern matches, sorted; no folder of which something lies below it is matched too, as ``**`` does."""
    names = sorted(set(matched))
    within = {parent for name in names for parent in Path(name).parents}
    return [name for name in names if Path(name) not in within]


def _is_of_an_output(path: Path) -> bool:
    """Whether a path is part of an output that is not complete, and so no input."""
    return is_unfinished(path.name) or any(map(are_parts, (path, *path.parents)))


def _say_twice(names: Iterable[str]) -> None:
    """Warn of files that are named more than once, each by itself, by patterns, or by a folder that they lie in."""
    times = Counter(name if is_remote(name) else str(Path(name).resolve()) for name in names if name != "-")
    folders = {Path(name) for name in times if not is_remote(name) and Path(name).is_dir()}
    texts = cache(holds_texts)
    twice = [name for name, count in times.items() if count > 1 or _is_read_with(Path(name), folders, texts)]
    if twice:
        logger.warning(
            "%s named more than once, and so are all of its rows in the output: %s",
            counted(len(twice), "input is", "inputs are"),
            quoted(twice),
        )


def _is_read_with(path: Path, folders: Set[Path], texts: Callable[[Path], bool]) -> bool:
    """Whether a file or folder is read where a folder above it is, because it is of the kind that is read there."""
    above = [folder for folder in path.parents if folder in folders]
    if not above:
        return False
    own = texts(path) if path in folders else named_kind(path) in TEXT_SUFFIXES
    return any(texts(folder) == own for folder in above)
