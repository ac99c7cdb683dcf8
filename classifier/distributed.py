"""The few lines that know about ranks: ``torchrun --nproc-per-node 2 -m classifier train …``.

Every process holds the whole model and the whole plan of an epoch; it works on its share of a step's batches, and the
gradients are summed. Only rank 0 writes.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import torch
import torch.distributed as dist


def world_size() -> int:
    """How many processes train together; 1 where this one was not started by ``torchrun``."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """Which of them this is, from 0."""
    return int(os.environ.get("RANK", "0"))


def is_main() -> bool:
    """Whether this process writes."""
    return rank() == 0


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
        for tensor in tensors:
            dist.all_reduce(tensor)
