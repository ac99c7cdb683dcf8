"""Chunks in, their scores by the workers of a Ray cluster out, in order: an engine as the one of this machine.

The workers are actors of Ray's core. Ray Data cannot read what one process reads in order: it holds all of it in its
store first, or starts new workers, which load the model anew, for each piece of it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from classifier.articles.article import Article
from classifier.errors import InputError, counted
from classifier.jobs.predict.chunks import Chunk
from classifier.jobs.predict.cluster.capacity import Workers, has_room, workers_for
from classifier.jobs.predict.cluster.in_order import in_order
from classifier.jobs.predict.cluster.model_copy import model_copy
from classifier.jobs.predict.cluster.session import Session, connected
from classifier.jobs.predict.cluster.workers import EACH, TRIES, Answer, Pool, Work, readable
from classifier.jobs.predict.engine import Scored, Scores
from classifier.models.classifier import Classifier
from classifier.models.trained import Trained
from classifier.progress import Task

logger = logging.getLogger(__name__)
AHEAD = EACH + 1  # chunks for each worker that are out, or are done and wait for one before them


@dataclass(frozen=True)
class Cluster:
    """Scores chunks on a Ray cluster.

    Attributes:
        trained: what labels.
        load: loads it from a folder; it can be pickled.
        explain: whether evidence is found with the scores.
        device: as in `Classifier.load`.
        address: of the cluster; None = that of ``RAY_ADDRESS``, else one that is started on this machine.
        workers: how many; None = one for each GPU, or for every four CPUs.
    """

    trained: Trained
    load: Callable[[Path], Classifier]
    explain: bool = False
    device: str = "auto"
    address: str | None = None
    workers: int | None = None

    def __call__(self, chunks: Iterable[Chunk], task: Task) -> Iterator[Scored]:
        """The scores of each chunk, in order.

        Raises:
            InputError: there is no such cluster or no room in it, a worker cannot load the model, an article has no
                score, or one chunk ended several workers.
        """
        with connected(self.address) as session:
            wanted = workers_for(session.nodes, self.workers, self.device)
            _check_room(session, wanted)
            copy = model_copy(self.trained, None if session.here else session.ray.put)
            pool = Pool(session, wanted, Work(copy, self.load, self.explain, wanted.cpus))
            try:
                yield from _scored(chunks, pool, session, wanted, task)
            finally:
                pool.close()


def _scored(chunks: Iterable[Chunk], pool: Pool, session: Session, wanted: Workers, task: Task) -> Iterator[Scored]:
    given = in_order(chunks, lambda chunk: pool.submit(_sent(chunk)), AHEAD * wanted.count)
    for chunk, done in given:
        if (error := done.exception()) is not None:
            raise _of_chunk(error, chunk, session)
        proba, evidence, skipped = _found(done.result())
        task.advance(len(proba), 0)
        yield Scored(chunk, np.array(proba), evidence, skipped)


def _sent(chunk: Chunk) -> list[Article]:
    """The articles without what no model reads."""
    return [replace(article, extra={}) for article in chunk.articles]


def _check_room(session: Session, wanted: Workers) -> None:
    """Raise `InputError` where workers cannot fit on this machine; a cluster may grow, so there it is only said."""
    there = has_room(session.nodes, wanted)
    where = "this machine" if session.here else "the cluster"
    if there < wanted.count and session.here:
        raise InputError(f"There is no room for {wanted} on {where}.", fix=f"Give --workers {there} at most.")
    logger.info("Ray: %s, on %s", wanted, where)
    if there < wanted.count:
        logger.warning("there is room for %s of them now; the others join when there is more", f"{there:,}")


def _found(answer: Answer[Scores]) -> Scores:
    if answer.found is None:
        message, fix = answer.problem or ("A worker gave no scores.", "")
        raise InputError(message, fix=fix)
    return answer.found


def _of_chunk(error: BaseException, chunk: Chunk, session: Session) -> BaseException:
    """Why there is nothing for a chunk: its workers died, or an error of the program."""
    if isinstance(error, session.ray.exceptions.RayActorError):
        return InputError(
            f"The worker that labelled {counted(len(chunk.rows), 'row')} from {chunk.rows[0].where} to "
            f"{chunk.rows[-1].where} ended {TRIES + 1} times.",
            fix="Most often its machine lacks memory: give fewer --workers. Then repeat the command: what is labelled "
            "is kept, and it goes on.",
        )
    return readable(error, session.ray)
