import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from classifier.dataset.workers import IN_FLIGHT, map_in_order
from classifier.errors import InputError


def slow_when_even(number: int) -> tuple[int, int]:
    time.sleep(0.01 * (number % 2 == 0))
    return number, os.getpid()


def met(item: tuple[int, Path]) -> tuple[int, int]:
    """As `slow_when_even`, but begins once two processes are there: on a busy machine the second one starts late."""
    number, folder = item
    (folder / str(os.getpid())).touch()
    end = time.monotonic() + 60
    while len([*folder.iterdir()]) < 2 and time.monotonic() < end:
        time.sleep(0.01)
    return slow_when_even(number)


def fail_at_five(number: int) -> int:
    if number == 5:
        raise InputError("number 5 cannot be used.", fix="Leave it out.")
    return number


def test_results_come_in_order_from_several_processes_and_few_items_wait(tmp_path: Path) -> None:
    taken = []

    def items() -> Iterator[tuple[int, Path]]:
        for number in range(40):
            taken.append(number)
            yield number, tmp_path

    results = map_in_order(met, items(), workers=2)
    first = next(results)
    assert len(taken) <= 2 * IN_FLIGHT + 2
    found = [first, *results]
    assert [number for number, _ in found] == list(range(40))
    processes = {process for _, process in found}
    assert len(processes) == 2
    assert os.getpid() not in processes


def test_one_item_or_one_worker_needs_no_process() -> None:
    assert list(map_in_order(slow_when_even, [3], workers=2)) == [(3, os.getpid())]
    assert {process for _, process in map_in_order(slow_when_even, range(4), workers=1)} == {os.getpid()}
    assert list(map_in_order(slow_when_even, [], workers=2)) == []


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_in_a_worker_reaches_the_caller(workers: int) -> None:
    results = map_in_order(fail_at_five, range(20), workers)
    assert [next(results) for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(InputError, match=r"number 5 cannot be used\.") as error:
        next(results)
    assert error.value.fix == "Leave it out."
