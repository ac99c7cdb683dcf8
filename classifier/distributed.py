"""The few lines that know about ranks: ``torchrun --nproc-per-node 2 -m classifier train …``.

Every process holds the whole model and the whole plan of an epoch; it works on its share of a step's batches, and the
gradients are summed. Only rank 0 writes.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from classifier.errors import InputError

if TYPE_CHECKING:
    import torch

LONGEST_WAIT = timedelta(hours=12)  # for rank 0 to build the dataset, evaluate and write


def world_size() -> int:
    """How many processes train together; 1 where this one was not started by ``torchrun``."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """Which of them this is, from 0."""
    return int(os.environ.get("RANK", "0"))


def is_main() -> bool:
    """Whether this process writes."""
    return rank() == 0


def start() -> None:
    """Join the other processes, where there are any: over NCCL where they work on a GPU each, over gloo on CPUs."""
    import torch
    import torch.distributed as dist

    if world_size() > 1 and not dist.is_initialized():
        gpus, mine = torch.cuda.device_count(), int(os.environ["LOCAL_RANK"])
        if mine < gpus:
            torch.cuda.set_device(mine)
        if not is_main():
            logging.getLogger("classifier").setLevel(logging.ERROR)
        dist.init_process_group("cpu:gloo,cuda:nccl" if gpus else "gloo", timeout=LONGEST_WAIT)


def wait() -> None:
    """Go on when all processes have come here; end without a word where another one has ended and said why."""
    import torch.distributed as dist

    if world_size() > 1:
        try:
            dist.barrier()
        except RuntimeError:  # the connection is closed
            raise SystemExit(2) from None


def refuse(job: str) -> None:
    """Raise `InputError` where a job that one process does was started in several."""
    if world_size() > 1:
        raise InputError(f"{job} work in one process only.", fix="Start it without torchrun.")


def from_main(value: float, device: torch.device) -> float:
    """A number of rank 0, in every process."""
    if world_size() == 1:
        return value
    import torch
    import torch.distributed as dist

    box = torch.tensor([value], dtype=torch.float64, device=device)
    dist.broadcast(box, src=0)
    return float(box.item())


def copy_from_main(tensors: Sequence[torch.Tensor]) -> None:
    """Overwrite tensors by those of rank 0."""
    if world_size() > 1:
        import torch.distributed as dist

        for tensor in tensors:
            dist.broadcast(tensor, src=0)


def my_share(costs: Sequence[int]) -> list[int]:
    """Which batches of a step this process works on: the dearest first, each to the process with least to do.

    Args:
        costs: of each batch.

    Returns:
        Indices into ``costs``, ascending; every batch belongs to exactly one process.
    """
    loads = [0] * world_size()
    mine = []
    for index in sorted(range(len(costs)), key=lambda i: -costs[i]):
        owner = loads.index(min(loads))
        loads[owner] += costs[index]
        if owner == rank():
            mine.append(index)
    return sorted(mine)


def sum_over_processes(tensors: Sequence[torch.Tensor]) -> None:
    """Replace each tensor by its sum over all processes."""
    if world_size() > 1:
        import torch.distributed as dist

        for tensor in tensors:
            dist.all_reduce(tensor)
