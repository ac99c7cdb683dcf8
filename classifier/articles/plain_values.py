"""Values of numpy, pandas and polars as values of Python's own types.

This module imports neither pandas nor polars: it recognises their values by the names of their types.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

MISSING = ("NAType", "NaTType")  # pandas.NA and pandas.NaT


@dataclass(frozen=True, slots=True)
class ForeignValue:
    """A value of a type that files cannot hold, such as a pandas period: the name of its type, and its text."""

    kind: str
    text: str

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class GivenLabels:
    """Labels of an `Article` from a program, kept as names until the task (single- or multi-label) is known."""

    names: tuple[str, ...]

    def __str__(self) -> str:
        return "; ".join(self.names)

    def cell(self, *, multi_label: bool) -> list[str] | str | None:
        """What a table's label column would hold.

        Example:
            >>> GivenLabels(("satire",)).cell(multi_label=False), GivenLabels(("satire",)).cell(multi_label=True)
            ('satire', ['satire'])
        """
        if multi_label or len(self.names) > 1:
            return list(self.names)
        return self.names[0] if self.names else None


def is_of(value: object, package: str, *names: str) -> bool:
    """Whether a value is of a package's type of one of these names, found without importing the package.

    Example:
        >>> is_of(np.zeros(2), "numpy", "ndarray"), is_of([], "pandas", "DataFrame", "Series")
        (True, False)
    """
    return any(kind.__name__ in names and kind.__module__.split(".")[0] == package for kind in type(value).__mro__)


def is_missing(value: object) -> bool:
    """Whether a value is missing: None, not-a-number, pandas.NA, NaT.

    Example:
        >>> [is_missing(value) for value in (None, float("nan"), "", 0)]
        [True, True, False, False]
    """
    if value is None or type(value).__name__ in MISSING:
        return True
    return isinstance(value, (float, np.generic, Decimal)) and bool(value != value)


def plain_value(value: Any) -> Any:
    """A value as None, str, int, float, Decimal, bool, bytes, a date or time, a list or a dict; else a `ForeignValue`.

    Example:
        >>> plain_value(np.int64(3)), plain_value({"b", "a"}), plain_value(float("nan"))
        (3, ['a', 'b'], None)
    """
    if is_missing(value):
        return None
    if isinstance(value, np.generic):
        value = value.astype("datetime64[us]").item() if isinstance(value, np.datetime64) else value.item()
    if isinstance(value, Mapping):
        return {str(name): plain_value(part) for name, part in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain_value(part) for part in value]
    if isinstance(value, (set, frozenset)):
        return sorted((plain_value(part) for part in value), key=str)
    return _plain_scalar(value)


def _plain_scalar(value: Any) -> Any:
    """A value without parts: of Python's own type, also where its own is derived from that; else a `ForeignValue`."""
    match value:
        case str():
            return str.__str__(value)
        case bool() | float() | Decimal() | dt.time():
            return value
        case int():
            return int(value)
        case bytes() | bytearray() | memoryview():
            return bytes(value)
        case dt.datetime():
            return dt.datetime(*value.timetuple()[:6], value.microsecond, value.tzinfo, fold=value.fold)
        case dt.date():
            return value
    return ForeignValue(type(value).__name__, str(value))


def cell_value(value: Any) -> Any:
    """A value of a column that the model does not read, as a dataset can hold it: foreign values become text."""
    return str(value) if isinstance(value, (ForeignValue, GivenLabels)) else value
