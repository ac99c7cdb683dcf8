"""The main text of a web page, without navigation, advertisements and comments."""

from __future__ import annotations

from pathlib import Path

from classifier._version import install_extra
from classifier.errors import InputError


def read_web_page(path: Path) -> str:
    """The main text of an HTML file; empty where none is found. The page says itself how it is encoded.

    Raises:
        InputError: the packages that find it are not installed, or the file cannot be read.
    """
    try:
        import trafilatura
    except ImportError:
        raise InputError(
            f"'{path}' is a web page: reading its main text needs the package trafilatura.", fix=install_extra("html")
        ) from None
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"'{path}' cannot be read: {error.strerror}.", fix="Check its permissions.") from None
    return trafilatura.extract(content, include_comments=False) or ""
