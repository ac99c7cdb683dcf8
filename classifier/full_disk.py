"""A disk that is full, in whichever words a library says it, or that soon would be."""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from classifier.errors import InputError

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
IN_WORDS = re.compile(r"(\bos error |\[Errno )(\d+)")  # of Rust and of `shutil`
OF_WINDOWS = {39: errno.ENOSPC, 112: errno.ENOSPC}  # how Rust has it there: ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL


def full_disk(error: BaseException) -> int | None:
    """The number of the system's error where one means that a disk, a quota or a file's size is used up, else None.

    safetensors, tokenizers and `shutil.copytree` give it in words alone; `torch.save` and `zipfile` raise another error
    while they handle it.

    Example:
        >>> full_disk(OSError(28, "No space left on device")), full_disk(OSError(2, "No such file or directory"))
        (28, None)
        >>> full_disk(Exception("Error while serializing: I/O error: No space left on device (os error 28)"))
        28
    """
    for one in _chain(error):
        numbers = [one.errno] if isinstance(one, OSError) and one.errno else _in_words(one)
        for number in numbers:
            if number in NO_ROOM:
                return number
    return None


def _in_words(error: BaseException) -> list[int]:
    """The numbers of the system's errors that a message names."""
    found = [(how, int(number)) for how, number in IN_WORDS.findall(str(error))]
    rust = OF_WINDOWS if os.name == "nt" else {}
    return [rust.get(number, number) if how == "os error " else number for how, number in found]


def check_room(folder: Path, needed: int, what: str) -> None:
    """Raise `InputError` if the disk of a folder has less room than what is to be written there.

    Args:
        folder: exists.
        needed: bytes.
        what: is to be written, in the message.

    Example:
        >>> check_room(Path(), 10**18, "The model")
        Traceback (most recent call last):
        classifier.errors.InputError: The model needs 1,000,000,000 GB, and the disk of '.' has ...
    """
    disk = shutil.disk_usage(folder)
    if disk.total and disk.free < needed:  # some network drives do not tell: all is 0
        raise InputError(
            f"{what} needs {_gigabytes(needed)}, and the disk of '{folder}' has {_gigabytes(disk.free)} left.",
            fix="Make room or choose another place with --out.",
        )


def _gigabytes(count: int) -> str:
    return f"{count / 10**9:,.2f}".rstrip("0").rstrip(".") + " GB"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and those that it came from, as a traceback would show them: each once, though `raise e from e`."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
