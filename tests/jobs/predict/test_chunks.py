import io
import os
import threading

import pytest

from classifier.articles.article import Article
from classifier.articles.new_articles import PAUSE, Unlabelled
from classifier.articles.readers.row import Row
from classifier.errors import Fault
from classifier.jobs.predict.chunks import EXPLAINED, SIZES, Chunk, cut, first_sizes, sizes


def rows(count: int) -> list[tuple[Row, Unlabelled]]:
    return [(Row(f"a:{n}", {"text": f"text {n}"}), Article(str(n), f"text {n}")) for n in range(count)]


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 320, 1344, 5441])
def test_every_row_is_in_one_chunk_by_its_number_alone(count: int) -> None:
    chunks = list(cut(rows(count), sizes()))
    assert [row.where for chunk in chunks for row in chunk.rows] == [f"a:{n}" for n in range(count)]
    assert [chunk.number for chunk in chunks] == list(range(len(chunks)))
    assert [chunk.start for chunk in chunks] == [0, 64, 320, 1344, 3392, 5440][: len(chunks)]
    assert all(len(chunk.rows) == size for chunk, size in zip(chunks[:-1], sizes(), strict=False))


def test_explained_chunks_are_small() -> None:
    assert first_sizes() == SIZES and first_sizes(explain=True) == EXPLAINED
    assert [len(chunk.rows) for chunk in cut(rows(130), sizes(explain=True))] == [64, 64, 2]


def test_a_chunk_ends_where_nothing_more_is_there() -> None:
    one, two, three = rows(3)
    given = [one, PAUSE, PAUSE, two, three, PAUSE]
    assert [len(chunk.rows) for chunk in cut(given, sizes())] == [1, 2]


def test_faults_of_a_row_become_one() -> None:
    what = [Fault("a:1", "text is empty", id="7"), Fault("a:1", "target is empty", id="7")]
    (chunk,) = cut([(Row("a:1", {}), what), *rows(1)], sizes())
    assert str(chunk.read[0]) == "a:1 (id '7'): text is empty; target is empty"
    assert [article.text for article in chunk.articles] == ["text 0"]


def fingerprint(value: object = 1, text: str = "x", title: str | None = None, where: str = "a:1") -> str:
    article = Article("1", text, title=title)
    return Chunk(0, 0, (Row(where, {"n": value}),), (article,)).fingerprint()


def test_a_fingerprint_tells_rows_by_value_place_and_what_is_read() -> None:
    assert fingerprint() == fingerprint()
    others = [fingerprint(2), fingerprint("1"), fingerprint(text="y"), fingerprint(title="y"), fingerprint(where="a:2")]
    bad = Chunk(0, 0, (Row("a:1", {"n": 1}),), (Fault("a:1", "text is empty"),)).fingerprint()
    assert len({fingerprint(), bad, *others}) == 7


def test_a_pipe_that_goes_on_gives_chunks_before_its_end() -> None:
    from classifier.articles.new_articles import open_sources, read_unlabelled

    reading, writing = os.pipe()
    with io.TextIOWrapper(os.fdopen(reading, "rb")) as stdin:
        threading.Thread(target=os.write, args=(writing, b'{"text": "one"}\n{"text": "two"}\n')).start()
        with open_sources(["-"], "utf-8", stdin, live=True) as sources:
            chunks = cut(read_unlabelled(sources, {}, pair=False, trained={}), sizes())
            first = [article.text for article in next(chunks).articles]
            os.write(writing, b'{"text": "three"}\n')
            while len(first) < 3:
                first += [article.text for article in next(chunks).articles]
            os.close(writing)
            assert first == ["one", "two", "three"] and not list(chunks)
