"""Whole numbers that a program has written as floats: ``3.0`` for ``3``.

A column of whole numbers with one empty cell becomes floats in pandas and in Excel, so that the same label, id or group
is ``3`` in one file and ``3.0`` in the other. `whole` evens that out. As text this is done only in a column that holds
nothing but numbers, since ``2.0`` may be the name of a version among other names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from math import isfinite
from typing import Any

NUMBER = re.compile(r"\s*[+-]?\d+(?:\.\d+)?\s*")
WHOLE = re.compile(r"([+-]?(?:0|[1-9]\d*))\.0+")


def is_number(value: Any) -> bool:
    """Whether a value is a number, or text that is one.

    Example:
        >>> [is_number(value) for value in (3, "3.0", "-1", "v3", "", True)]
        [True, True, True, False, False, False]
    """
    if isinstance(value, str):
        return NUMBER.fullmatch(value) is not None
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def are_numbers(values: Iterable[Any]) -> bool:
    """Whether all values are numbers, and there is one.

    Example:
        >>> are_numbers(["1.0", 2]), are_numbers(["1.0", "web"]), are_numbers([])
        (True, False, False)
    """
    found = False
    for value in values:
        if not is_number(value):
            return False
        found = True
    return found


def whole(value: Any, *, text: bool = True) -> Any:
    """A whole number that is written as a float as a whole number; a list part by part, any other value unchanged.

    Args:
        value: a cell.
        text: whether text counts too, which is right in a column of numbers alone.

    Example:
        >>> whole("3.0"), whole(3.0), whole("3.0", text=False), whole("0.5"), whole("01")
        ('3', 3, '3.0', '0.5', '01')
    """
    if isinstance(value, (list, tuple)):
        return [whole(part, text=text) for part in value]
    if isinstance(value, str):
        found = WHOLE.fullmatch(value.strip()) if text else None
        return value if found is None else found[1]
    if isinstance(value, (float, Decimal)) and isfinite(value) and value == int(value):
        return int(value)
    return value


def without_zeros(name: str) -> str:
    """A number without the zeros at its start, which spreadsheets take off; any other text unchanged.

    Example:
        >>> without_zeros("007"), without_zeros("000"), without_zeros("a07")
        ('7', '0', 'a07')
    """
    return (name.lstrip("0") or "0") if name.isdecimal() else name


def zeros_hint(other: str | None) -> str:
    """The end of a message about an id that nothing has, where another one differs by zeros alone.

    Example:
        >>> zeros_hint("007"), zeros_hint(None)
        ("; there is '007': has a spreadsheet taken zeros off?", '')
    """
    return "" if other is None else f"; there is '{other}': has a spreadsheet taken zeros off?"
