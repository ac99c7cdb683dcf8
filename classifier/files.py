"""Output folders and files that are whole or absent: written under a temporary name, then renamed. JSON, read back.

A JSON file is read as the dataclass that was written (`read_json_as`); what is wrong with it is said with its place.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Hashable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from classifier.errors import InputError

if TYPE_CHECKING:
    from pydantic import ValidationError

T = TypeVar("T")
Strange = Literal["forbid", "ignore"]
PARTIAL = ".partial"
LENT = "classifier-lent-"
AGAIN = "Make its folder again."
VERSIONS = ("format_version", "schema_version")
SHOWN = 3  # faults of a damaged file
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


def read_json(path: Path, *, version: int | None = None, fix: str = AGAIN) -> dict[str, Any]:
    """Read a JSON object.

    Args:
        path: the file.
        version: that its ``format_version`` must be; None = it has none.
        fix: what to do where it is damaged.

    Raises:
        InputError: the file is missing, damaged, or of another format version.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_number)
    except FileNotFoundError:
        raise InputError(f"There is no file '{path}'.", fix="Check the path; the folder may be incomplete.") from None
    except (OSError, ValueError, RecursionError) as error:
        raise damaged(path, str(error), fix) from None
    if not isinstance(values, dict):
        raise damaged(path, "it is not a JSON object", fix)
    if version is not None:
        check_version(path, values, version, fix=fix)
    return values


def read_json_as(
    path: Path, type_: type[T], *, without: Sequence[str] = (), strange: Strange = "forbid", fix: str = AGAIN
) -> T:
    """Read a JSON object as a dataclass: lists as tuples, objects as the dataclasses that its fields name.

    A field that is missing takes its default. A ``format_version`` (or ``schema_version``) must be the default of the
    dataclass.

    Args:
        path: the file.
        type_: the dataclass.
        without: keys of the file that are left out, since others read them.
        strange: whether keys that the dataclass does not have are a fault, or left out.
        fix: what to do where the file is damaged.

    Raises:
        InputError: the file is missing, of another format version, or damaged: a field is missing, unknown, or of
            another type, which is said with its place, such as ``labels.0``.
    """
    values = read_json(path, fix=fix)
    for version in fields(cast("Any", type_)):
        if version.name in VERSIONS:
            check_version(path, values, cast("int", version.default), name=version.name, fix=fix)
    kept = {key: value for key, value in values.items() if key not in without}
    return as_type(kept, type_, path, strange=strange, fix=fix)


def as_type(
    values: Mapping[str, Any], type_: type[T], path: Path, *, strange: Strange = "forbid", fix: str = AGAIN
) -> T:
    """What JSON holds as a dataclass; arguments, and what is raised, as in `read_json_as`."""
    from pydantic import ValidationError

    try:
        return cast("T", _adapter(cast("Hashable", type_), strange).validate_python([values])[0])
    except ValidationError as error:
        raise damaged(path, _located(error), fix) from None


@cache
def _adapter(type_: Hashable, strange: Strange) -> Any:
    """Checks values against a dataclass. In a tuple, the settings given here hold for all dataclasses within it."""
    from pydantic import ConfigDict, TypeAdapter

    return TypeAdapter(tuple[type_], config=ConfigDict(extra=strange))  # type: ignore[valid-type]


def _located(error: ValidationError) -> str:
    """The first faults that were found, each with its place."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    faults = [": ".join(filter(None, [".".join(map(str, fault["loc"][1:])), fault["msg"]])) for fault in found]
    more = f" (and {len(faults) - SHOWN} more)" if len(faults) > SHOWN else ""
    return "; ".join(faults[:SHOWN]) + more


def read_json_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSONL file, one a line; none where there is no file. A last line that is cut is left out.

    Raises:
        InputError: a line is damaged.
    """
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines() if path.exists() else (), start=1):
        if line.endswith("}"):
            try:
                yield json.loads(line)
            except ValueError as error:
                raise damaged(path, f"line {number}: {error}") from None


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not a number")


def damaged(path: Path, what: str, fix: str = AGAIN) -> InputError:
    """The error for a file that is not what was written there."""
    return InputError(f"'{path}' is damaged: {what}.", fix=fix)


def check_version(
    path: Path, values: Mapping[str, Any], known: int, *, name: str = "format_version", fix: str = AGAIN
) -> None:
    """Raise `InputError` unless a file has the format version that is known."""
    version = values.get(name)
    if version != known:
        raise InputError(
            f"'{path}' has format version {version!r}; this version of classifier reads {known}.",
            fix=f"Install the version of classifier that wrote it. Or: {fix}",
        )


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
