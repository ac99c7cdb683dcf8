"""Chunks without a part, among others that have one: one engine labels them all, and the parts come in order."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from queue import Queue, SimpleQueue
from threading import Event, Semaphore, Thread

from classifier.jobs.predict.chunks import Chunk
from classifier.jobs.predict.part import Part
from classifier.jobs.predict.side_by_side import ended, handed_over

WAITING = 8  # parts that are there already, and wait for one before them that is being labelled


class _Gap:
    """Stands for a part that is being labelled."""


class _End:
    """After the last part."""


def with_gaps_filled(
    chunks: Iterable[Chunk],
    old: Callable[[Chunk], Part | None],
    label: Callable[[Iterator[Chunk]], Generator[Part, None, None]],
) -> Iterator[Part]:
    """The part of each chunk, in order.

    Chunks are sorted out in a thread, so an engine that works on several at once gets those of several gaps.

    Args:
        chunks: in order. Read no further than the engine reads, and ``WAITING`` chunks that have a part.
        old: the part of a chunk; None where it has none.
        label: makes the parts of such chunks, in their order; called once.

    Raises:
        Exception: what the chunks, ``old`` or ``label`` raise, once all parts before that are given.
    """
    sorting = _Sorting(chunks, old)
    with closing(label(iter(sorting.gaps.get, None))) as made:
        try:
            while not isinstance(found := sorting.order.get(), _End):
                if isinstance(found, BaseException):
                    raise found
                if isinstance(found, _Gap):
                    yield next(made)
                else:
                    sorting.room.release()
                    yield found
            yield from made  # none: it ends
        finally:
            sorting.stop()


class _Sorting:
    """Sorts chunks out, in a thread: those without a part go to ``gaps``, and ``order`` says what comes when."""

    def __init__(self, chunks: Iterable[Chunk], old: Callable[[Chunk], Part | None]) -> None:
        self.gaps: Queue[Chunk | None] = Queue(1)
        self.order: SimpleQueue[Part | _Gap | _End | BaseException] = SimpleQueue()
        self.room, self.stopped = Semaphore(WAITING), Event()
        work = (self._sort, chunks, old)
        Thread(target=contextvars.copy_context().run, args=work, name="gaps", daemon=True).start()

    def stop(self) -> None:
        """Sort no more; whoever waits for a chunk gets none."""
        self.stopped.set()
        self.room.release()
        ended(self.gaps, None)

    def _sort(self, chunks: Iterable[Chunk], old: Callable[[Chunk], Part | None]) -> None:
        end: _End | BaseException = _End()
        try:
            for chunk in chunks:
                part = old(chunk)
                if part is not None:
                    self.room.acquire()
                    self.order.put(part)
                elif handed_over(chunk, self.gaps, self.stopped):
                    self.order.put(_Gap())
                if self.stopped.is_set():
                    break
        except BaseException as error:
            end = error
        handed_over(None, self.gaps, self.stopped)
        self.order.put(end)
