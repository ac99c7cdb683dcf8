import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from classifier.jobs.predict.cluster.in_order import in_order


def done(value: int) -> Future[int]:
    future: Future[int] = Future()
    future.set_result(value)
    return future


def test_order_is_kept_where_the_first_is_the_slowest() -> None:
    def work(item: int) -> int:
        time.sleep(0.05 if item % 4 == 0 else 0)
        return item * 10

    with ThreadPoolExecutor(4) as pool:
        found = [(item, future.result()) for item, future in in_order(range(20), lambda i: pool.submit(work, i), 6)]
    assert found == [(item, item * 10) for item in range(20)]


@pytest.mark.parametrize("ahead", [1, 3])
def test_items_are_read_only_a_few_ahead_of_what_is_taken(ahead: int) -> None:
    read: list[int] = []

    def items() -> Iterator[int]:
        for item in range(100):
            read.append(item)
            yield item

    taken = in_order(items(), done, ahead)
    for count in range(1, 20):
        next(taken)
        time.sleep(0.01)
        assert len(read) <= count - 1 + ahead
    taken.close()


def test_what_is_done_is_given_while_the_next_item_is_not_there_yet() -> None:
    more = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        assert more.wait(20)
        yield 2

    found = in_order(items(), done, 4)
    assert next(found)[0] == 1  # would wait for ever if the second had to be read first
    more.set()
    assert [item for item, _ in found] == [2]


def test_an_error_of_the_items_comes_after_all_items_before_it() -> None:
    def items() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("line 3")

    found = in_order(items(), done, 5)
    assert [next(found)[0], next(found)[0]] == [1, 2]
    with pytest.raises(ValueError, match="line 3"):
        next(found)


def test_an_error_of_the_work_stays_in_its_future() -> None:
    def submit(item: int) -> Future[int]:
        future: Future[int] = Future()
        future.set_exception(ZeroDivisionError()) if item == 1 else future.set_result(item)
        return future

    found = {item: future.exception() for item, future in in_order(range(3), submit, 2)}
    assert isinstance(found.pop(1), ZeroDivisionError)
    assert found == {0: None, 2: None}


def test_a_reader_that_is_no_longer_wanted_ends() -> None:
    found = in_order(iter(range(10**9)), done, 3)
    next(found)
    found.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "read-ahead"]
