"""When Python looks for objects that only refer to one another: not while modules are imported, nor at the very end.

What is imported stays, and each look goes through all of it again: with torch that is a third of a second at the start
of a process, and half a second at its end.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Python does not look for such objects within it, unless something else asks for it.

    What was made within it counts as old afterwards, so that it is not looked through as new objects are.

    Example:
        >>> with uncollected():
        ...     gc.isenabled()
        False
        >>> gc.isenabled()
        True
    """
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            if not gc.get_freeze_count():
                gc.freeze()
                gc.unfreeze()  # into the oldest generation
            gc.enable()


def end_uncollected() -> None:
    """Have the end of the process not look through all that there is; files and threads are ended as ever."""
    gc.freeze()
