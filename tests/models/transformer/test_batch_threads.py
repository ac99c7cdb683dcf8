"""Batches side by side: each on one thread of torch, in order, and the threads are as before in the end."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import torch

from classifier.models.transformer.batch_threads import batches_side_by_side


@pytest.fixture(params=[1, 2, 3])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


@pytest.mark.parametrize("jobs", [0, 1, 5, 6, 40])
def test_results_come_in_order_and_each_batch_has_one_thread(threads: int, jobs: int) -> None:
    alone = threads > 1 and jobs >= 2 * threads
    seen: set[str] = set()

    def work(job: int) -> tuple[int, int]:
        seen.add(threading.current_thread().name.partition("_")[0])
        return job, torch.get_num_threads()

    found = list(batches_side_by_side(work, range(jobs)))
    assert found == [(job, 1 if alone else threads) for job in range(jobs)]
    assert seen == ({"batch"} if alone else {"MainThread"} if jobs else set())
    assert torch.get_num_threads() == threads


def test_a_new_thread_has_as_many_as_before(threads: int) -> None:
    list(batches_side_by_side(str, range(20)))
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    assert found == [threads]


def test_what_a_batch_raises_is_raised_and_ends_the_others(threads: int) -> None:
    done: list[int] = []

    def work(job: int) -> int:
        if job == 3:
            raise ValueError("batch 3")
        done.append(job)
        return job

    found = batches_side_by_side(work, range(1_000))
    with pytest.raises(ValueError, match="batch 3"):
        list(found)
    assert len(done) < 20 and torch.get_num_threads() == threads
