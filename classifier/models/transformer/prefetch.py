"""Make the next batches ready in a thread while a GPU works on the present one.

On a CPU the thread would take time from the arithmetic, so there each batch is made when it is asked for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import torch

Job = TypeVar("Job")
Made = TypeVar("Made")
AHEAD = 2  # batches made ready for a GPU


def prefetched(make: Callable[[Job], Made], jobs: Iterable[Job], ahead: int) -> Iterator[Made]:
    """``map(make, jobs)``, made in another thread up to ``ahead`` things before they are asked for.

    Args:
        make: called with one job at a time, in their order; what it raises is raised where its result is asked for.
        jobs: read no further ahead than the results.
        ahead: 0 makes each one when it is asked for, in this thread.

    Example:
        >>> list(prefetched(str, range(3), ahead=2))
        ['0', '1', '2']
    """
    if not ahead:
        yield from map(make, jobs)
        return
    import torch

    waiting: deque[Future[Made]] = deque()
    gpu = torch.cuda.current_device() if torch.cuda.is_initialized() else None  # type: ignore[no-untyped-call]
    with ThreadPoolExecutor(1, "prefetch", initializer=_work_for, initargs=(gpu,)) as thread:
        try:
            for job in jobs:
                waiting.append(thread.submit(make, job))
                if len(waiting) > ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            thread.shutdown(wait=False, cancel_futures=True)


def _work_for(gpu: int | None) -> None:
    """Let this thread use that GPU; a new thread would use the first one."""
    if gpu is not None:
        import torch

        torch.cuda.set_device(gpu)


def pinned(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    """The tensor in memory that a GPU reads by itself; for another device as it is."""
    return tensor.pin_memory() if device.type == "cuda" else tensor


def moved(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    """The tensor on a device; a pinned one goes to a GPU while other work goes on."""
    return tensor.to(device, non_blocking=device.type == "cuda")


def ahead_for(device: torch.device) -> int:
    """How many batches are made ready ahead of the device."""
    return AHEAD if device.type == "cuda" else 0
