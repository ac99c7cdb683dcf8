"""Work that goes on in a thread while what it made before is used."""

from __future__ import annotations

import contextvars
from collections.abc import Iterable, Iterator
from contextlib import suppress
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Any, Generic, TypeVar

T = TypeVar("T")
LOOKED = 0.1  # seconds after which a thread looks whether it is still needed
PATIENCE = 0.5  # seconds that an end is waited for: a thread may wait for a pipe in which nothing comes


class _End:
    """After the last item; with what ended the work, if it failed."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


class SideBySide(Iterator[T], Generic[T]):
    """Items, each made in a thread before it is asked for; what the work raises is raised in its place.

    Args:
        items: read in the thread, to the end or until this is closed; then they are closed there.
        most: how many are made ahead, beside the one that is in work.
        patience: seconds that its end is waited for where it is closed; None = until it has ended.

    Example:
        >>> list(SideBySide(number * number for number in range(4)))
        [0, 1, 4, 9]
    """

    def __init__(self, items: Iterable[T], most: int = 1, *, patience: float | None = PATIENCE) -> None:
        self._queue: Queue[T | _End] = Queue(most)
        self._stop = Event()
        self._ended = False
        self._patience = patience
        work = (items, self._queue, self._stop)
        self._thread = Thread(target=contextvars.copy_context().run, args=(_work, *work), daemon=True)
        self._thread.start()

    def __next__(self) -> T:
        if self._ended:
            raise StopIteration
        item = self._queue.get()
        if not isinstance(item, _End):
            return item
        self._ended = True
        if item.error is not None:
            raise item.error
        raise StopIteration

    def close(self) -> None:
        """End the work; whoever waits for an item in another thread gets no more."""
        self._stop.set()
        ended(self._queue, _End())
        self._thread.join(self._patience)


def _work(items: Iterable[Any], queue: Queue[Any], stop: Event) -> None:
    end = _End()
    try:
        for item in items:
            if not handed_over(item, queue, stop):
                break
            del item
    except BaseException as error:
        end = _End(error)
    finally:
        try:
            if hasattr(items, "close"):
                items.close()
        except BaseException as error:
            end = end if end.error is not None else _End(error)
        handed_over(end, queue, stop)


def handed_over(item: T, queue: Queue[T], stop: Event) -> bool:
    """Put an item into a queue that may be full; False where nobody wants it any more.

    Args:
        item: it.
        queue: that another thread takes it from.
        stop: set when nobody does.
    """
    while not stop.is_set():
        try:
            queue.put(item, timeout=LOOKED)
        except Full:
            continue
        return True
    return False


def ended(queue: Queue[T], end: T) -> None:
    """Empty a queue that nobody fills any more, and let whoever waits for an item find its end."""
    with suppress(Empty):
        while True:
            queue.get_nowait()
    with suppress(Full):
        queue.put_nowait(end)
