import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from classifier.articles.reading import note_columns, observed
from classifier.jobs.predict.side_by_side import SideBySide


def test_items_come_in_order_and_no_more_are_made_than_are_wanted() -> None:
    made: list[int] = []

    def numbers() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    with closing(SideBySide(numbers(), 2)) as items:
        assert [next(items) for _ in range(3)] == [0, 1, 2]
        time.sleep(0.2)
        assert len(made) <= 3 + 2 + 1
    assert list(SideBySide(range(50))) == list(range(50))


def test_what_the_work_raises_is_raised_in_its_place() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    items = SideBySide(broken())
    assert next(items) == 1
    with pytest.raises(ValueError, match="broken"):
        next(items)
    assert list(items) == []


def test_the_items_are_closed_where_they_are_read() -> None:
    where: list[str] = []

    def numbers() -> Iterator[int]:
        try:
            yield from range(100)
        finally:
            where.append(threading.current_thread().name)

    items = SideBySide(numbers())
    next(items)
    items.close()
    assert where and where[0] != threading.current_thread().name


def test_who_waits_in_another_thread_gets_no_more() -> None:
    stuck, got = threading.Event(), []

    def never() -> Iterator[int]:
        stuck.wait(5)
        yield 1

    items = SideBySide(never())
    waiting = threading.Thread(target=lambda: got.extend(items))
    waiting.start()
    items.close()
    waiting.join(2)
    assert not waiting.is_alive() and not got
    stuck.set()


def test_what_is_noted_in_the_thread_is_seen() -> None:
    def noting() -> Iterator[int]:
        note_columns("a.csv", {"text": "body"})
        yield 1

    with observed() as found:
        assert list(SideBySide(noting())) == [1]
    assert found.column("text") == "body"


def test_an_error_while_items_are_closed_is_no_silence() -> None:
    class Closing(list[int]):
        def close(self) -> None:
            raise OSError("the store is gone")

    items = SideBySide(Closing([1, 2]))
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(OSError, match="the store is gone"):
        next(items)
