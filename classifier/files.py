"""Output folders and files that are complete or absent: written under a temporary name, then renamed. JSON files.

Temporary names are unique, also beyond one computer. A folder has one writer at a time: see `classifier.one_writer`.

`read_json_as` reads a JSON file as the dataclass that was written to it; its errors name the file and the field.
"""

from __future__ import annotations

import errno
import filecmp
import json
import math
import os
import shutil
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from classifier.errors import InputError
from classifier.full_disk import full_disk
from classifier.one_writer import (
    REPLACED,
    check_still_ours,
    has_got_its_name,
    is_leftover,
    one_writer,
    remove_leftovers,
    unfinished,
)

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import SchemaValidator

T = TypeVar("T")
Unknown = Literal["forbid", "ignore"]
AGAIN = "Make its folder again."
SINGLE = ("bool", "int", "float", "str")
VERSIONS = ("format_version", "schema_version")
SHOWN = 3  # faults of a damaged file
REPLACE = "add --overwrite (from Python: overwrite=True)"


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give a temporary folder to fill. It gets its name when the block succeeds, and is removed when it fails.

    Raises:
        InputError: the disk is full or the place cannot be written to; or another process writes the folder, or wrote
            it in the meantime.
    """
    path = path.resolve()
    if not path.name or path == Path.cwd() or path.is_file():
        raise InputError(f"'{path}' cannot be the output folder.", fix="Name a new folder: --out NAME")
    with one_writer(path), writing(path):
        remove_leftovers(path)
        partial = unfinished(path)
        partial.mkdir(parents=True)
        try:
            yield partial
            check_still_ours(path)
            _put_in_place(partial, path)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        has_got_its_name(path)


def copy_folder(source: Path, place: Path) -> None:
    """Copy a folder whole; an older one in its place is replaced."""
    with whole_folder(place) as partial:
        shutil.copytree(source, partial, dirs_exist_ok=True)


def _put_in_place(partial: Path, path: Path) -> None:
    """Rename a folder that is complete; an older one under that name is removed after that, and never before."""
    if not path.exists():
        partial.rename(path)
        return
    older = unfinished(path).with_suffix(REPLACED)
    path.rename(older)
    try:
        partial.rename(path)
    except BaseException:
        older.rename(path)
        raise
    shutil.rmtree(older, ignore_errors=True)


@contextmanager
def whole_file(path: Path, ready: Callable[[Path], None] | None = None) -> Iterator[Path]:
    """Give a temporary file name. The file gets its name when the block succeeds, and is removed when it fails.

    Args:
        path: the file.
        ready: called with the temporary name when the file is complete. Where it is given, the file is on the disk
            before it gets its name, and its name soon after, so that a power cut leaves it whole or absent.

    Raises:
        InputError: the disk is full or the place cannot be written to; or the file, or a folder that it lies in, is no
            longer this process's alone.
    """
    partial = unfinished(path)
    with writing(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            yield partial
            check_still_ours(path)
            if ready is not None:
                flushed(partial)
                ready(partial)
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        if ready is not None:
            flush_folder(path.parent)
    has_got_its_name(path)


def keep_once(path: Path, older: Path) -> None:
    """Let a file share its place on the disk with an equal one, where the file system has hard links."""
    linked = unfinished(path)
    try:
        if path.samefile(older) or not filecmp.cmp(path, older, shallow=False):
            return
        linked.hardlink_to(older.resolve())  # of a symbolic link, its file
        linked.replace(path)
    except OSError:  # another disk, a file system without links, or an older one that has gone: the file stays
        linked.unlink(missing_ok=True)


def flushed(path: Path) -> None:
    """Bring the content of a file to the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def flush_folder(path: Path) -> None:
    """Bring the names in a folder to the disk, where the system can."""
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # a drive that cannot
            raise
    finally:
        os.close(descriptor)


def os_error_words(error: OSError) -> str:
    """What the system says.

    Example:
        >>> os_error_words(OSError(28, "")), os_error_words(OSError("odd."))
        ('No space left on device', 'odd')
    """
    return str(error).rstrip(".") if error.errno is None else os.strerror(error.errno)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an error of the system when writing (no space, no permission) into an `InputError` that names the path."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        number = full_disk(error) or (error.errno if isinstance(error, OSError) else None)
        if number is None:
            raise
        raise InputError(
            f"'{path}' cannot be written: {os.strerror(number)}.",
            fix="Make room or choose another place with --out. No unfinished file was left.",
        ) from None


def write_text(path: Path, text: str) -> None:
    """Write a text file, completely or not at all."""
    with whole_file(path) as partial:
        partial.write_text(text, encoding="utf-8", errors="backslashreplace")


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write a JSON file, completely or not at all; keys keep their order.

    Raises:
        InputError: a value is not a finite number, which JSON cannot hold; or the file cannot be written.
    """
    write_text(path, json_text(values, path, indent=2) + "\n")


def json_text(
    values: Any, path: Path, *, indent: int | None = None, default: Callable[[Any], Any] | None = None
) -> str:
    """Values as JSON for a file, never with NaN or Infinity.

    Args:
        values: to write.
        path: of the file, for the message.
        indent, default: as in `json.dumps`.

    Raises:
        InputError: a number is not finite; the message says where.
    """
    try:
        return json.dumps(values, indent=indent, ensure_ascii=False, allow_nan=False, default=default)
    except ValueError:
        where = next(_not_finite(values), None)
        if where is None:
            raise
        raise InputError(
            f"'{path}' cannot be written: {where[0] or 'the value'} is {where[1]}, which is not a number.",
            fix="Look for NaN or endless numbers in what it was computed from; a training that diverged gives them.",
        ) from None


def _not_finite(values: Any, at: str = "") -> Iterator[tuple[str, float]]:
    """The places of numbers that are not finite, such as ``figures.accuracy``."""
    if isinstance(values, float) and not math.isfinite(values):
        yield at, values
    pairs = (
        values.items() if isinstance(values, Mapping) else enumerate(values) if isinstance(values, list | tuple) else ()
    )
    for key, value in pairs:
        yield from _not_finite(value, f"{at}.{key}" if at else str(key))


def read_json(path: Path, *, version: int | None = None, fix: str = AGAIN) -> dict[str, Any]:
    """Read a JSON object.

    Args:
        path: the file.
        version: that its ``format_version`` must be; None = it has none.
        fix: what to do if it is damaged.

    Raises:
        InputError: the file is missing, damaged, or of another format version.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse_nan, parse_float=_finite)
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
    path: Path, type_: type[T], *, without: Sequence[str] = (), unknown: Unknown = "forbid", fix: str = AGAIN
) -> T:
    """Read a JSON object as a dataclass: lists as tuples, objects as the dataclasses that its fields name.

    Nothing is converted: the text "false" or the number 0 is no truth value, and "1" or true is no number. A field that
    is missing takes its default. A ``format_version`` (or ``schema_version``) must be the default of the dataclass.

    Args:
        path: the file.
        type_: the dataclass.
        without: keys of the file that are left out, because other code reads them.
        unknown: whether a key that the dataclass lacks is an error (``forbid``) or is left out (``ignore``).
        fix: what to do where the file is damaged.

    Raises:
        InputError: the file is missing, of another format version, or damaged: a field is missing, unknown, or of
            another type. The message names the field, such as ``labels.0``.
    """
    values = read_json(path, fix=fix)
    for version in fields(cast("Any", type_)):
        if version.name in VERSIONS:
            check_version(path, values, cast("int", version.default), name=version.name, fix=fix)
    kept = {key: value for key, value in values.items() if key not in without}
    return as_type(kept, type_, path, unknown=unknown, fix=fix)


def as_type(
    values: Mapping[str, Any], type_: type[T], path: Path, *, unknown: Unknown = "forbid", fix: str = AGAIN
) -> T:
    """Values from JSON as a dataclass; arguments and errors as in `read_json_as`."""
    from pydantic import ValidationError

    try:
        return cast("T", _validator(cast("Hashable", type_), unknown).validate_python([values])[0])
    except ValidationError as error:
        raise damaged(path, _located(error), fix) from None


@cache
def _validator(type_: Hashable, unknown: Unknown) -> SchemaValidator:
    """Checks values against a dataclass. In a tuple, the settings given here hold for all dataclasses within it."""
    from pydantic import ConfigDict, TypeAdapter
    from pydantic_core import SchemaValidator

    adapter: Any = TypeAdapter(tuple[type_], config=ConfigDict(extra=unknown))  # type: ignore[valid-type]
    return SchemaValidator(_strict(adapter.core_schema))


def _strict(schema: Any) -> Any:
    """A schema of pydantic under which single values keep their type, while lists may still become tuples."""
    if isinstance(schema, dict):
        kept = {key: _strict(value) for key, value in schema.items()}
        return {**kept, "strict": True} if schema.get("type") in SINGLE else kept
    return [_strict(value) for value in schema] if isinstance(schema, list) else schema


def _located(error: ValidationError) -> str:
    """The first errors of pydantic, each with its field."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    faults = [": ".join(filter(None, [".".join(map(str, fault["loc"][1:])), fault["msg"]])) for fault in found]
    more = f" (and {len(faults) - SHOWN} more)" if len(faults) > SHOWN else ""
    return "; ".join(faults[:SHOWN]) + more


def read_json_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSONL file, one per line; none if there is no file. A last line without an end is left out.

    Raises:
        InputError: a line is damaged, or the file cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
    except (OSError, UnicodeError) as error:
        raise damaged(path, str(error)) from None
    *lines, _ = text.split("\n")  # and at no other end of a line, such as U+2028: values may hold these
    for number, line in enumerate(lines, start=1):
        try:
            found = json.loads(line)
        except ValueError as error:
            raise damaged(path, f"line {number}: {error}") from None
        if not isinstance(found, dict):
            raise damaged(path, f"line {number} is not a JSON object")
        yield found


def _refuse_nan(name: str) -> None:
    raise ValueError(f"{name} is not a number")


def _finite(text: str) -> float:
    """A number of JSON; one that is too large for a float, such as 1e999, would be read as Infinity."""
    if not math.isfinite(value := float(text)):
        raise ValueError(f"{text} is too large")
    return value


def damaged(path: Path, what: str, fix: str = AGAIN) -> InputError:
    """The error for a file whose content was changed or cut off after it was written."""
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
    """Check that a folder may be written or replaced; this removes nothing.

    Args:
        path: the output folder.
        needed: names of the entries that a folder of this kind always has.
        allowed: names of its other possible entries; a folder with any other entry is never replaced.
        overwrite: whether a folder of this kind may be replaced.

    Raises:
        InputError: the folder holds something else, or is of this kind and ``overwrite`` is off.
    """
    if not path.exists():
        return
    if not path.is_dir():
        raise InputError(f"'{path}' is a file where a folder is needed.", fix="Choose another --out.")
    found = {entry.name for entry in path.iterdir() if not is_leftover(entry)}
    if not found:
        return
    strange = sorted(found - needed - allowed)
    if strange or not needed <= found:
        example = f" ('{strange[0]}')" if strange else ""
        raise InputError(
            f"The folder '{path}' holds something else{example}.",
            fix="Choose another --out: classifier replaces only folders that it wrote.",
        )
    if not overwrite:
        raise InputError(f"The folder '{path}' is in use already.", fix=f"Choose another --out, or {REPLACE}.")
