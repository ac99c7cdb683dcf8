"""The version of this package and the name under which it is installed, each in one place."""

from __future__ import annotations

__version__ = "0.1.0"

DISTRIBUTION = "article-classifier"
"""What ``pip install`` takes. The import and the command are called ``classifier``; on the package index somebody else
has that name."""


def install_extra(*extras: str) -> str:
    """What to do when the packages of an extra are missing.

    Example:
        >>> install_extra("audit")
        "Install the extra: pip install 'article-classifier[audit]'"
    """
    return f"Install the extra: pip install '{DISTRIBUTION}[{','.join(extras)}]'"
