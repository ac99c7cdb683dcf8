"""Articles on their way to a file: nothing is lost on the way, and memory does not grow with them."""

import random
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile

from classifier.articles.article import Article
from classifier.dataset.builders.staging import columns_to_write, describe_place, safe_name, stage_articles


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
