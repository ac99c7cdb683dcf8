"""Parts that are there, and parts that are made now, come in order; one engine fills all gaps."""

import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import numpy as np
import pytest

from classifier.articles.article import Article
from classifier.articles.readers.row import Row
from classifier.jobs.predict.chunks import Chunk
from classifier.jobs.predict.cluster.in_order import in_order
from classifier.jobs.predict.engine import Scored
from classifier.jobs.predict.gaps import WAITING, with_gaps_filled
from classifier.jobs.predict.part import Part, part_of
from classifier.jobs.predict.side_by_side import SideBySide

Label = Callable[[Iterator[Chunk]], Generator[Part, None, None]]


def chunk(number: int) -> Chunk:
    return Chunk(number, number, (Row(f"a:{number}", {}),), (Article(str(number), "Rain."),))


def part(given: Chunk, score: float) -> Part:
    return part_of(Scored(given, np.array([[score, 1 - score]], dtype=np.float32)))


def at_once(chunks: Iterator[Chunk]) -> Generator[Part, None, None]:
    for each in chunks:
        yield part(each, 0.25)


def ahead(chunks: Iterator[Chunk]) -> Generator[Part, None, None]:
    with closing(SideBySide(chunks)) as ready:
        yield from at_once(ready)


def several(chunks: Iterator[Chunk]) -> Generator[Part, None, None]:
    with ThreadPoolExecutor(3) as pool:
        for _, done in in_order(chunks, lambda each: pool.submit(part, each, 0.25), 4):
            yield done.result()


def old_but(missing: set[int]) -> Callable[[Chunk], Part | None]:
    return lambda each: None if each.number in missing else part(each, 0.75)


@pytest.mark.parametrize("label", [at_once, ahead, several])
@pytest.mark.parametrize(
    "missing", [set(), {0}, {59}, set(range(60)), set(range(0, 60, 2)), set(range(7, 60, 20)), {3, 4, 5, 40}]
)
def test_every_part_comes_in_order(label: Label, missing: set[int]) -> None:
    found = list(with_gaps_filled(map(chunk, range(60)), old_but(missing), label))
    assert [each.number for each in found] == list(range(60))
    assert {each.number for each in found if each.proba[0, 0] == 0.25} == missing


def test_an_engine_of_several_workers_gets_the_chunks_of_several_gaps() -> None:
    together = threading.Barrier(3, timeout=20)

    def label(chunks: Iterator[Chunk]) -> Generator[Part, None, None]:
        def work(each: Chunk) -> Part:
            together.wait()
            return part(each, 0.25)

        with ThreadPoolExecutor(3) as pool:
            for _, done in in_order(chunks, lambda each: pool.submit(work, each), 3):
                yield done.result()

    assert len(list(with_gaps_filled(map(chunk, range(9)), old_but({1, 4, 7}), label))) == 9


def test_few_parts_wait_while_one_before_them_is_labelled() -> None:
    read = 0

    def counted() -> Iterator[Chunk]:
        nonlocal read
        for number in range(500):
            read = number
            yield chunk(number)

    def slow(chunks: Iterator[Chunk]) -> Generator[Part, None, None]:
        for each in chunks:
            threading.Event().wait(0.3)
            yield part(each, 0.25)

    found = with_gaps_filled(counted(), old_but({0, 400}), slow)
    assert next(found).number == 0
    assert read <= WAITING + 1
    assert [each.number for each in found] == list(range(1, 500))


@pytest.mark.parametrize("label", [at_once, ahead, several])
def test_what_fails_is_raised_after_the_parts_before_it(label: Label) -> None:
    def broken() -> Iterator[Chunk]:
        yield from map(chunk, range(10))
        raise OSError("the file is gone")

    found: list[int] = []
    with pytest.raises(OSError, match="the file is gone"):
        found += (each.number for each in with_gaps_filled(broken(), old_but({0, 9}), label))
    assert found == list(range(10))


def test_an_engine_that_fails_ends_the_reading(wait_for_threads: None) -> None:
    def failing(chunks: Iterator[Chunk]) -> Generator[Part, None, None]:
        yield part(next(chunks), 0.25)
        raise ValueError("no score")

    with pytest.raises(ValueError, match="no score"):
        list(with_gaps_filled(map(chunk, range(1000)), old_but({0, 20, 30}), failing))


@pytest.mark.parametrize("label", [at_once, ahead, several])
def test_who_wants_no_more_ends_all(wait_for_threads: None, label: Label) -> None:
    found = with_gaps_filled(map(chunk, range(1000)), old_but({0, 5, 900}), label)
    assert [next(found).number for _ in range(3)] == [0, 1, 2]
    found.close()  # type: ignore[attr-defined]


@pytest.fixture
def wait_for_threads() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
        assert not thread.is_alive()
