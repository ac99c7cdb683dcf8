"""Names that a package imports on first use, so that importing the package stays fast."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy_names(package: str, homes: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """``__getattr__`` and ``__dir__`` of a package whose names live in other modules (PEP 562).

    Args:
        package: the package's ``__name__``.
        homes: name -> the module that defines it.

    Example:
        >>> __getattr__, __dir__ = lazy_names("classifier.articles", {"Article": "classifier.articles.article"})
        >>> __getattr__("Article")
        <class 'classifier.articles.article.Article'>
    """

    def get(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module '{package}' has no attribute '{name}'")
        return getattr(import_module(homes[name]), name)

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *homes})

    return get, names
