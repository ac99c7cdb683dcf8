"""Memory that is free in this process, and goes back to the system.

The C library of most Linux systems (glibc) keeps what was freed between pieces that are in use, for each thread apart.
Batches have ever other sizes, so in a job of hours that grows to hundreds of megabytes.
"""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from typing import Any

EVERY = 2048  # articles: seldom enough to cost next to nothing (some hundredths of a second)


class Spare:
    """Gives free memory back to the system now and then, in a job that labels for long.

    Args:
        every: after how many articles.
    """

    def __init__(self, every: int = EVERY) -> None:
        self.every, self.done = every, 0

    def used(self, articles: int) -> None:
        """Report that so many articles were labelled."""
        self.done += articles
        if self.done >= self.every:
            self.done = 0
            give_back()


@cache
def _trim() -> Any:
    """The function of the C library that does it; None where it has none."""
    if sys.platform != "linux":
        return None
    return getattr(ctypes.CDLL(None), "malloc_trim", None)


def give_back() -> bool:
    """Give free memory back to the system; says whether the C library can.

    Example:
        >>> give_back() in (True, False)
        True
    """
    trim = _trim()
    if trim is None:
        return False
    trim(0)
    return True
