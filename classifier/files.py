"""Output folders and files that are whole or absent: written under a temporary name, then renamed."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from classifier.errors import InputError

PARTIAL = ".partial"
LENT = "classifier-lent-"
REPLACE = "add --overwrite (from Python: overwrite=True)"


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give a temporary folder to fill; it gets its name when the block ends well, and is removed when it does not.

    Raises:
        InputError: the disk is full or the place cannot be written to.
    """
    path = path.resolve()
    if not path.name or path == Path.cwd():
        raise InputError(f"'{path}' is not a new folder.", fix="Give it a name of its own: --out NAME")
    partial = _partial(path)
    with writing(path):
        try:
            partial.mkdir(parents=True)
            yield partial
            if path.exists():
                shutil.rmtree(path)
            partial.rename(path)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a temporary file name; the file gets its name when the block ends well, and is removed when it does not.

    Raises:
        InputError: the disk is full or the place cannot be written to.
    """
    partial = _partial(path)
    with writing(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            yield partial
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise


@contextmanager
def lent_folder() -> Iterator[Path]:
    """Give a temporary folder for articles that a program has in memory; it is gone when the block ends."""
    with tempfile.TemporaryDirectory(prefix=LENT, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def is_lent(path: Path | str) -> bool:
    """Whether a path lies in a folder that `lent_folder` gave: it means nothing to a later job.

    Example:
        >>> is_lent("/tmp/classifier-lent-x1/DataFrame"), is_lent("articles.csv")
        (True, False)
    """
    return any(part.startswith(LENT) for part in Path(path).parts)


def _partial(path: Path) -> Path:
    """A temporary name beside the path, of this process alone."""
    return path.with_name(f"{path.name}.{os.getpid()}{PARTIAL}")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn the system's refusal to write (no space, no permission) into an `InputError` that names the place."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        raise InputError(
            f"'{path}' cannot be written: {os.strerror(error.errno)}.",
            fix="Make room or choose another place with --out; nothing half-written was left.",
        ) from None


def write_text(path: Path, text: str) -> None:
    """Write a text file, whole or not at all."""
    with whole_file(path) as partial:
        partial.write_text(text, encoding="utf-8", errors="backslashreplace")


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write a JSON file, whole or not at all; keys keep their order."""
    write_text(path, json.dumps(values, indent=2, ensure_ascii=False) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        InputError: the file is missing or damaged.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"There is no file '{path}'.", fix="Check the path; the folder may be incomplete.") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"'{path}' is damaged: {error}.", fix="Make its folder again.") from None
    if not isinstance(values, dict):
        raise InputError(f"'{path}' is damaged: it is not a JSON object.", fix="Make its folder again.")
    return values


def check_free(path: Path, *, needed: Set[str], allowed: Set[str], overwrite: bool) -> None:
    """Make sure that a folder may be written, or replaced; nothing is removed yet.

    Args:
        path: the output folder.
        needed: names that a folder of this kind always holds.
        allowed: every other name that it may hold; a folder with anything else in it is never replaced.
        overwrite: whether a folder of this kind may be replaced.

    Raises:
        InputError: the folder holds something else, or is of this kind and ``overwrite`` is off.
    """
    if not path.exists():
        return
    if not path.is_dir():
        raise InputError(f"'{path}' is a file where a folder is needed.", fix="Choose another --out.")
    found = {entry.name for entry in path.iterdir()}
    if not found:
        return
    strange = sorted(found - needed - allowed)
    if strange or not needed <= found:
        example = f" ('{strange[0]}')" if strange else ""
        raise InputError(
            f"The folder '{path}' holds something else{example}.", fix="Choose another --out; it is never removed."
        )
    if not overwrite:
        raise InputError(f"The folder '{path}' is in use already.", fix=f"Choose another --out, or {REPLACE}.")
