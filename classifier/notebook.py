"""How results appear as HTML in a notebook.

A result of `classifier.evaluation` may not import `classifier.reports`, which words it.
So `classifier.reports.notebook` registers a function for each class here (`show_as`), and the result calls it
(`as_html`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_SHOWN: dict[str, Callable[[Any], str]] = {}


def show_as(kind: str, html: Callable[[Any], str]) -> None:
    """Register how results of a class, given by its name, are shown as HTML."""
    _SHOWN[kind] = html


def as_html(result: object) -> str | None:
    """A result as HTML; None if its class is not registered, and the notebook then shows plain text.

    Example:
        >>> show_as("int", "<b>{}</b>".format)
        >>> as_html(3), as_html("three")
        ('<b>3</b>', None)
    """
    html = _SHOWN.get(type(result).__name__)
    return None if html is None else html(result)
