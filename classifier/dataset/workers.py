"""Runs a function in worker processes, with results in the order of the input."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import Any, TypeVar

IN_FLIGHT = 2  # chunks waiting per worker
Given = TypeVar("Given")
Got = TypeVar("Got")


def map_in_order(function: Callable[[Given], Got], items: Iterable[Given], workers: int) -> Iterator[Got]:
    """Results of a function in the order of the items, computed in other processes if there is more than one item.

    At most ``IN_FLIGHT`` items per worker are waiting, so memory does not grow with their number.
    """
    items = iter(items)
    first = list(islice(items, 2))
    if len(first) < 2 or workers < 2:
        yield from map(function, chain(first, items))
        return
    from joblib.externals.loky import ProcessPoolExecutor

    waiting: deque[Any] = deque()
    with ProcessPoolExecutor(workers, env={"RAYON_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}) as pool:
        for item in chain(first, items):
            waiting.append(pool.submit(function, item))
            if len(waiting) > IN_FLIGHT * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def available_cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
