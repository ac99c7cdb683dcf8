"""Works out batches on a CPU side by side, one on each thread.

Two threads that share every product wait for one another at its end; a batch has a hundred products. Each thread with a
batch of its own does not wait, and gives the same results bit for bit.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")
ENOUGH = 2  # batches for each thread, below which they are worked out one after the other


def batches_side_by_side(work: Callable[[Job], Result], jobs: Sequence[Job]) -> Iterator[Result]:
    """``map(work, jobs)``, as many jobs at once as torch has threads, each on one of them.

    Args:
        work: called with one job at a time; what it raises is raised where its result is asked for. What is set for a
            thread alone, such as ``torch.inference_mode``, it sets itself.
        jobs: few are worked out one after the other, all threads on each.

    Example:
        >>> list(batches_side_by_side(str, range(6)))
        ['0', '1', '2', '3', '4', '5']
    """
    import torch

    threads = torch.get_num_threads()
    if threads == 1 or len(jobs) < ENOUGH * threads:
        yield from map(work, jobs)
        return
    waiting: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(threads, "batch", initializer=torch.set_num_threads, initargs=(1,))
    try:
        for job in jobs:
            waiting.append(pool.submit(work, job))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)  # new threads take over what was set last, on whichever thread
