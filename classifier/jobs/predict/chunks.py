"""The rows of all inputs as numbered chunks: what is labelled, stored and compared at once.

Where a chunk begins and ends depends on the numbers of its rows alone. So a job that was stopped and goes on has the
same chunks as one that was not, and each chunk has the same scores, bit for bit. The first chunks are small, so that
the first rows are labelled soon.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from itertools import chain, repeat

from classifier.articles.article import Article
from classifier.articles.new_articles import PAUSE, Unlabelled
from classifier.articles.readers.row import Row
from classifier.articles.rows import one_fault
from classifier.articles.typed_json import encoded
from classifier.errors import Fault

SIZES = (64, 256, 1024, 2048)  # rows of the first chunks; all others have as many as the last of these
EXPLAINED = (64,)  # the same where each article is predicted many times
DIGEST = 16  # bytes of a fingerprint


@dataclass(frozen=True)
class Chunk:
    """Some rows that follow one another.

    Attributes:
        number: of the chunk, from 0.
        start: how many rows stand before it.
        rows: as they were read; one that could not be read has no values.
        read: of each row its article, or why it cannot be labelled.
    """

    number: int
    start: int
    rows: tuple[Row, ...]
    read: tuple[Article | Fault, ...]

    @property
    def articles(self) -> list[Article]:
        """Those that can be labelled, in order."""
        return [what for what in self.read if isinstance(what, Article)]

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The place and the values of each row, as they are stored (see `classifier.articles.typed_json`)."""
        return tuple(json.dumps([row.where, encoded(row.values)], ensure_ascii=False) for row in self.rows)

    def fingerprint(self, first: int | None = None) -> str:
        """What only the same rows have, with the same texts to label: of the whole chunk, or of its first rows.

        Example:
            >>> row, article = Row("a.csv:2", {"text": "Rain."}), Article("1", "Rain.")
            >>> one, two = Chunk(0, 0, (row,), (article,)), Chunk(0, 0, (row, row), (article, article))
            >>> one.fingerprint() == two.fingerprint(1) != two.fingerprint()
            True
        """
        digest = blake2b(digest_size=DIGEST)
        for line, what in zip(self.lines[:first], self.read[:first], strict=True):
            model_reads = str(what) if isinstance(what, Fault) else [what.title, what.text, what.target, what.source]
            digest.update(line.encode())
            digest.update(json.dumps(model_reads).encode())
        return digest.hexdigest()


def first_sizes(*, explain: bool = False) -> tuple[int, ...]:
    """The rows of the first chunks; all others have as many as the last of these."""
    return EXPLAINED if explain else SIZES


def sizes(*, explain: bool = False) -> Iterator[int]:
    """The rows of each chunk, without an end.

    Example:
        >>> from itertools import islice
        >>> list(islice(sizes(), 6))
        [64, 256, 1024, 2048, 2048, 2048]
    """
    first = first_sizes(explain=explain)
    return chain(first, repeat(first[-1]))


def cut(rows: Iterable[tuple[Row, Unlabelled]], most: Iterable[int]) -> Iterator[Chunk]:
    """Cut rows into chunks.

    Args:
        rows: from `classifier.articles.new_articles.read_unlabelled`. A chunk also ends where nothing more is there at
            the moment (`PAUSE`).
        most: rows of each chunk, from `sizes`.

    Example:
        >>> rows = [(Row(f"a:{n}", {}), Article(str(n), "Rain.")) for n in range(5)]
        >>> [len(chunk.rows) for chunk in cut(rows, (2, 2, 2))], [len(chunk.rows) for chunk in cut([], (2, 2))]
        ([2, 2, 1], [])
    """
    left = iter(rows)
    start = 0
    for number, size in enumerate(most):
        taken = _next(left, size)
        if not taken:
            return
        yield Chunk(number, start, tuple(row for row, _ in taken), tuple(what for _, what in taken))
        start += len(taken)


def _next(rows: Iterator[tuple[Row, Unlabelled]], size: int) -> list[tuple[Row, Article | Fault]]:
    taken: list[tuple[Row, Article | Fault]] = []
    for each in rows:
        if each is PAUSE:
            if taken:
                break
            continue
        row, what = each
        taken.append((row, one_fault(what, row) if isinstance(what, list) else what))
        if len(taken) == size:
            break
    return taken
