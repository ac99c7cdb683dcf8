"""A record of a file: its values, and its place."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from classifier.errors import Fault


@dataclass(frozen=True, slots=True)
class Row:
    """One record: its values by column name, and its place (``file:line``)."""

    where: str
    values: dict[str, Any]


def is_unicode(values: Any) -> bool:
    """Whether all texts in some values can be written as UTF-8: none holds half of a surrogate pair."""
    try:
        json.dumps(values, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        return False
    return True


def surrogate_fault(where: str, record: Any = None) -> Fault:
    """The fault of a row for which `is_unicode` is false."""
    return Fault(where, "holds half of a surrogate pair (\\ud800 to \\udfff)", "half a surrogate pair", record)
