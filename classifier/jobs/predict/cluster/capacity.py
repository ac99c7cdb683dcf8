"""How many workers a cluster has room for, and what each of them gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from classifier.errors import InputError, counted

CPUS_EACH = 4  # of a worker without a GPU, where their number is not asked for
MOST_CPUS = 8  # of a worker with a GPU: to read and encode articles ahead of it


@dataclass(frozen=True)
class Workers:
    """What is asked of a cluster.

    Attributes:
        count: of workers; each loads the model once.
        cpus: of each, which is also the number of its threads.
        gpus: of each: 1 or 0.
    """

    count: int
    cpus: int
    gpus: int

    def __str__(self) -> str:
        each = " each" if self.count > 1 else ""
        gpu = " and a GPU" if self.gpus else ""
        return f"{counted(self.count, 'worker')} with {counted(self.cpus, 'CPU')}{gpu}{each}"


def workers_for(nodes: Sequence[Mapping[str, Any]], asked: int | None, device: str) -> Workers:
    """One worker for each GPU, where there are any; else one for every four CPUs of a machine.

    Args:
        nodes: the resources of each machine, as Ray names them.
        asked: how many workers; None = as many as suit.
        device: ``cpu`` leaves GPUs alone.

    Raises:
        InputError: no node has a CPU.

    Example:
        >>> print(workers_for([{"CPU": 16.0}, {"CPU": 6.0}], None, "auto"))
        5 workers with 4 CPUs each
        >>> print(workers_for([{"CPU": 16.0}, {"CPU": 6.0}], 3, "auto"))
        3 workers with 6 CPUs each
        >>> print(workers_for([{"CPU": 64.0, "GPU": 4.0}, {"CPU": 8.0}], None, "auto"))
        4 workers with 8 CPUs and a GPU each
    """
    sizes = [(int(node.get("CPU", 0)), int(node.get("GPU", 0))) for node in nodes]
    with_gpu = [(cpus, gpus) for cpus, gpus in sizes if cpus and gpus]
    if with_gpu and device != "cpu":
        return Workers(
            asked or sum(gpus for _, gpus in with_gpu),
            max(1, min(MOST_CPUS, *(cpus // gpus for cpus, gpus in with_gpu))),
            1,
        )
    cpus = [size for size, _ in sizes if size]
    if not cpus:
        raise InputError("No machine of the Ray cluster has a CPU for a worker.", fix="Look at it: ray status")
    if asked is None:
        each = min(CPUS_EACH, max(cpus))
        return Workers(sum(size // each for size in cpus), each, 0)
    each = max(cpus)
    while each > 1 and sum(size // each for size in cpus) < asked:
        each -= 1
    return Workers(asked, each, 0)


def has_room(nodes: Sequence[Mapping[str, Any]], workers: Workers) -> int:
    """How many of the workers have room on the machines that are there.

    Example:
        >>> has_room([{"CPU": 4.0}, {"CPU": 2.0}], Workers(count=9, cpus=2, gpus=0))
        3
    """
    fit = sum(
        min(
            int(node.get("CPU", 0)) // workers.cpus,
            int(node.get("GPU", 0)) // workers.gpus if workers.gpus else workers.count,
        )
        for node in nodes
    )
    return min(fit, workers.count)
