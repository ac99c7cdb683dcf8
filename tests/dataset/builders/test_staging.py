"""Articles on their way to a file: nothing is lost on the way, and memory does not grow with them."""

import datetime as dt
import random
import tracemalloc
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import pytest

from classifier.articles.arrow import kind_of, text_cell, to_json
from classifier.articles.article import Article
from classifier.dataset.builders.staged_lines import as_line, read_line
from classifier.dataset.builders.staging import columns_to_write, describe_place, safe_name, stage_articles

NOON = dt.datetime(2024, 5, 31, 12, 30, 1, 5)
VALUES: list[Any] = [
    None,
    True,
    3,
    2**70,
    -0.1,
    float("inf"),
    "a\nline, half a pair \ud800 and \u2028",
    NOON,
    NOON.replace(tzinfo=dt.timezone(dt.timedelta(hours=2))),
    NOON.date(),
    NOON.time(),
    b"\x00\xff",
    [1, ["a", {"b": NOON}], None],
    {"a": {"b": [2.5]}, "dict": {"tuple": 1}, 3: "three"},
    ("a", 1),
    {},
    [],
]


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_every_value_keeps_its_type(value: Any) -> None:
    article = Article("a", "Some words.", ("x", "y"), "T", "c", extra={"n": value, "é\n": 1}, where="f.csv:3")
    line = as_line(article)
    assert line.count(b"\n") == 1 and line.endswith(b"\n")
    found = read_line(line)
    assert found == article
    assert type(found.extra["n"]) is type(value)


@pytest.mark.parametrize("value", [Decimal("1.50"), {1}, dt.timedelta(3), [Decimal("1.5")]], ids=str)
def test_a_value_of_another_type_is_its_text_and_no_plain_text(value: Any) -> None:
    found = read_line(as_line(Article("a", "Words.", extra={"n": value}))).extra["n"]
    assert (text_cell(found), to_json(found)) == (text_cell(value), to_json(value))
    assert kind_of(found) not in ("str", "list str")


def test_what_a_format_must_know_is_known_before_the_first_article() -> None:
    articles = [
        Article("1", "one", ("b",), title="T", extra={"n": 1, "title": "other", "label": "old"}),
        Article("2", "two", ("a",), extra={"n": 2.5}),
    ]
    with TemporaryFile() as file:
        found = stage_articles(iter(articles), file)
        assert (found.count, found.filled, found.labels) == (2, {"title"}, {"a", "b"})
        assert found.extra == {"n": {"int", "float"}, "title": {"str"}, "label": {"str"}}
        assert list(found) == articles == list(found)  # as often as it is asked for
        assert list(found.columns(False)) == ["id", "text", "label", "title", "n", "original_title", "original_label"]
        first, second = found.records(True)
        assert first == {
            "id": "1",
            "text": "one",
            "labels": ["b"],
            "title": "T",
            "n": 1,
            "original_title": "other",
            "original_label": "old",
        }
        assert second == {"id": "2", "text": "two", "labels": ["a"], "title": None, "n": 2.5}


def test_columns_and_places() -> None:
    article = Article("1", "one", ("b",), source="s", extra={"label": "old", "none": None, "n": 1})
    assert columns_to_write(article) == {"original_label": "old", "n": 1, "source": "s", "id": "1", "text": "one"}
    assert describe_place(article) == "article '1'"
    assert describe_place(Article("1", "one", where="f.csv:2")) == "f.csv:2"
    assert [safe_name(name) for name in ("id", "labels", "n")] == ["original_id", "original_labels", "n"]


def test_memory_does_not_grow_with_the_articles(tmp_path: Path) -> None:
    def articles(n: int) -> Iterator[Article]:
        rng = random.Random(0)
        return (Article(str(i), rng.randbytes(2000).hex(), ("x",)) for i in range(n))

    peaks = []
    for n in (50, 2000):
        with (tmp_path / str(n)).open("wb+") as file:
            tracemalloc.start()
            assert sum(1 for _ in stage_articles(articles(n), file)) == n
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[1] < peaks[0] + 200_000  # of eight million characters
