"""Training in several processes: ``torchrun --nproc-per-node 2 -m classifier train …``.

Every process has the whole model and the whole plan of an epoch. It computes its share of each step's batches, and the
gradients are summed over the processes. Only rank 0 writes files.
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
    """How many processes train together; 1 without ``torchrun``."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """The number of this process, from 0."""
    return int(os.environ.get("RANK", "0"))


def is_main() -> bool:
    """Whether this is the process that writes files."""
    return rank() == 0


def start() -> None:
    """Connect to the other processes, if there are any: over NCCL on GPUs, over gloo on CPUs."""
    if world_size() == 1:
        return
    import torch
    import torch.distributed as dist

    if not dist.is_initialized():
        gpus, mine = torch.cuda.device_count(), int(os.environ["LOCAL_RANK"])
        if mine < gpus:
            torch.cuda.set_device(mine)
        if not is_main():
            logging.getLogger("classifier").setLevel(logging.ERROR)
        dist.init_process_group("cpu:gloo,cuda:nccl" if gpus else "gloo", timeout=LONGEST_WAIT)


def wait() -> None:
    """Wait until all processes have come here. If another one has failed, exit silently: it has reported its error."""
    if world_size() > 1:
        import torch.distributed as dist

        try:
            dist.barrier()
        except RuntimeError:  # the connection is closed
            raise SystemExit(2) from None


def refuse(job: str) -> None:
    """Raise `InputError` if a job for one process was started in several."""
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
    """The batches of a step that this process computes: each batch, costliest first, goes to the least loaded process.

    Args:
        costs: cost of each batch, such as its tokens.

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
