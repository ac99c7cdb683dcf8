"""Results that show themselves in a notebook: who says how.

A result of `classifier.evaluation` cannot know the sentences of `classifier.reports`, which stands above it. So it asks
here, and `classifier.reports.notebook` has said how before any verb could return it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_SHOWN: dict[str, Callable[[Any], str]] = {}


def show_as(kind: str, html: Callable[[Any], str]) -> None:
    """Say how results of a class, known by its name, are shown."""
    _SHOWN[kind] = html


def as_html(result: object) -> str | None:
    """A result as HTML; None, and a notebook shows its plain text, where nobody has said how.

    Example:
        >>> show_as("int", "<b>{}</b>".format)
        >>> as_html(3), as_html("three")
        ('<b>3</b>', None)
    """
    html = _SHOWN.get(type(result).__name__)
    return None if html is None else html(result)
