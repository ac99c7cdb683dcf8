"""Hands items out to be worked on elsewhere, a few at a time, and gives them back in their order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, wait
from contextlib import suppress
from contextvars import copy_context
from queue import SimpleQueue
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
GRACE = 5.0  # seconds that the reading thread has to end


def in_order(items: Iterable[T], submit: Callable[[T], Future[R]], ahead: int) -> Iterator[tuple[T, Future[R]]]:
    """Each item with its future, which is done, in the order of the items.

    Items are read in a thread, so an item that is done is given although the next one is not there yet.

    Args:
        items: read no further than ``ahead`` items beyond the one that was given last.
        submit: begins to work on an item; it may wait until there is room.
        ahead: how many items are out at most, so that memory stays the same however many there are.

    Raises:
        Exception: what the items or ``submit`` raise, once all items before that are given.

    Example:
        >>> from concurrent.futures import ThreadPoolExecutor
        >>> with ThreadPoolExecutor(2) as pool:
        ...     [future.result() for _, future in in_order("abc", lambda item: pool.submit(str.upper, item), 2)]
        ['A', 'B', 'C']
    """
    room, stopped = threading.Semaphore(ahead), threading.Event()
    out: SimpleQueue[tuple[T, Future[R]] | BaseException | None] = SimpleQueue()

    def feed() -> None:
        try:
            for item in _while(items, room, stopped):
                out.put((item, submit(item)))
            out.put(None)
        except BaseException as error:
            out.put(error)

    thread = threading.Thread(target=copy_context().run, args=(feed,), name="read-ahead", daemon=True)
    thread.start()
    try:
        while (found := out.get()) is not None:
            if isinstance(found, BaseException):
                raise found
            wait([found[1]])
            yield found
            room.release()
    finally:
        stopped.set()
        room.release()
        with suppress(RuntimeError):  # a generator that is closed while Python ends
            thread.join(GRACE)


def _while(items: Iterable[T], room: threading.Semaphore, stopped: threading.Event) -> Iterator[T]:
    """The items, each one read when there is room for it; they end where nobody wants more."""
    iterator = iter(items)
    while room.acquire() and not stopped.is_set():
        try:
            yield next(iterator)
        except StopIteration:
            return
