"""Errors of the libraries that read an encoder's files, turned into an `InputError` that names the folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from classifier.errors import InputError

PANIC = "PanicException"  # of the tokenizers library, written in Rust; it is no `Exception`


@contextmanager
def foreign_errors(message: str, *, fix: str) -> Iterator[None]:
    """Turn whatever a library raises about damaged files into an `InputError`.

    Only calls of that library belong into the block.

    Args:
        message: what cannot be done, with the folder; the first line of the error is added.
        fix: what to do about it.

    Raises:
        InputError: the block raised an error.

    Example:
        >>> with foreign_errors("'x' cannot be read", fix="Copy it again."):
        ...     int("seven")
        Traceback (most recent call last):
        classifier.errors.InputError: 'x' cannot be read: invalid literal for int() with base 10: 'seven'
        Fix: Copy it again.
    """
    try:
        yield
    except InputError:
        raise
    except MemoryError:
        raise
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != PANIC:
            raise
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise InputError(f"{message}: {lines[0] if lines else type(error).__name__}", fix=fix) from None
