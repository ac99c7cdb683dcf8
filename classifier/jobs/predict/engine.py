"""What labels chunks: the model on this machine, or another function of the same kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np

from classifier.arrays import Bools, Floats32
from classifier.articles.arrow import Evidence
from classifier.articles.article import Article
from classifier.heap import Spare
from classifier.jobs.predict.chunks import Chunk
from classifier.jobs.predict.side_by_side import SideBySide
from classifier.models.article_checks import NoNumbersError
from classifier.models.classifier import Classifier
from classifier.models.evidence import evidence_of
from classifier.models.prepared import Prepared
from classifier.progress import SilentTask, Task

Scores = tuple[Floats32, tuple[Evidence, ...] | None, Bools | None]  # of articles: the fields of `Scored`


@dataclass(frozen=True)
class Scored:
    """A chunk with what the model says of its articles.

    Attributes:
        chunk: the rows.
        proba: the model's own calibrated scores, float32 of shape (articles, classes); rows that cannot be labelled
            have none. Where a score of an article is not a number, it cannot be labelled.
        evidence: of each article, where it is asked for.
        skipped: which articles skipped the transformer, bool of shape (articles,); None where there is no cascade.
    """

    chunk: Chunk
    proba: Floats32
    evidence: tuple[Evidence, ...] | None = None
    skipped: Bools | None = None


Engine = Callable[[Iterable[Chunk], Task], Iterator[Scored]]  # each chunk once, in their order; tells the task


def labelled(
    chunks: Iterable[Chunk], classifier: Classifier, *, explain: bool = False, task: Task | None = None
) -> Iterator[Scored]:
    """The scores of each chunk, by a model on this machine.

    The next chunk is read, tokenised and counted in threads while the network works on the present one, and the network
    works on that one while what it said of the last is used: written, mostly.

    Args:
        chunks: in order; read two or three ahead.
        classifier: the model.
        explain: whether evidence is asked for.
        task: told of each article, in another thread.

    Example:
        >>> from classifier.articles.article import Article
        >>> from classifier.articles.readers.row import Row
        >>> chunk = Chunk(0, 0, (Row("a.csv:2", {}),), (Article("1", "The council met on Tuesday."),))
        >>> [scored.proba.shape for scored in labelled([chunk], Classifier.load("runs/first"))]
        [(1, 3)]
    """
    told, memory = _Told(task or SilentTask()), Spare()

    def scored(prepared: Iterable[tuple[Chunk, Prepared]]) -> Iterator[Scored]:
        for chunk, ready in prepared:
            yield Scored(chunk, *scores_of(classifier, chunk.articles, ready, explain=explain, task=told))
            memory.used(len(chunk.articles))

    ready = SideBySide((chunk, classifier.prepared(chunk.articles)) for chunk in chunks)
    found = SideBySide(scored(ready), patience=None)
    try:
        for each in found:  # noqa: UP028 - yield from closes it first of all
            yield each
    finally:
        told.stopped = True
        ready.close()  # the network may wait for it
        found.close()


class _StoppedError(Exception):
    """Nobody wants the scores any more."""


@dataclass
class _Told:
    """A task that is told of articles, and ends the work on a chunk where that is stopped."""

    task: Task
    stopped: bool = False

    def advance(self, articles: int, tokens: int = 0) -> None:
        if self.stopped:
            raise _StoppedError
        self.task.advance(articles, tokens)

    def note(self, text: str) -> None:
        self.task.note(text)


def scores_of(
    classifier: Classifier,
    articles: Sequence[Article],
    ready: Prepared,
    *,
    explain: bool = False,
    task: Task | None = None,
) -> Scores:
    """What the model says of some articles.

    Args:
        classifier: the model.
        articles: that can be labelled.
        ready: what was worked out of them before (`Classifier.prepared`).
        explain: whether evidence is asked for.
        task: told of each article.
    """
    task = task or SilentTask()
    try:
        proba, skipped = classifier.predict_routed(articles, None if explain else task, ready)
    except NoNumbersError as error:
        proba, skipped = error.proba, error.skipped
    if not explain:
        return proba, None, skipped
    good = [bool(each) for each in np.atleast_1d(np.isfinite(proba).all(axis=1))]
    found = iter(evidence_of(classifier, list(compress(articles, good)), proba[good], task))
    return proba, tuple(next(found) if is_good else Evidence() for is_good in good), skipped
