"""Workers of a Ray cluster: each loads the model once, and a new one takes the place of one that dies."""

from __future__ import annotations

import logging
import os
import shutil
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from classifier._version import DISTRIBUTION, __version__
from classifier.articles.article import Article
from classifier.errors import InputError
from classifier.heap import Spare
from classifier.jobs.predict.cluster.capacity import Workers
from classifier.jobs.predict.cluster.model_copy import ModelCopy, placed
from classifier.jobs.predict.cluster.session import Session
from classifier.jobs.predict.engine import Scores, scores_of
from classifier.models.classifier import Classifier

logger = logging.getLogger(__name__)
Found = TypeVar("Found")
Files = Sequence[tuple[str, Any]]  # of a model, as in `ModelCopy`
EACH = 2  # chunks that a worker has at a time: one that the network reads, and the next, which is made ready
TRIES = 3  # more that a chunk gets when its worker dies
PATIENCE = 30.0  # seconds to wait for room in a cluster before it is said


@dataclass(frozen=True)
class Work:
    """What every worker does.

    Attributes:
        copy: the model.
        load: loads it from a folder.
        explain: whether evidence is asked for.
        threads: of a worker.
    """

    copy: ModelCopy
    load: Callable[[Path], Classifier]
    explain: bool
    threads: int


@dataclass(frozen=True)
class Answer(Generic[Found]):
    """What a worker has found, or the message and the fix of what stood in the way.

    Attributes:
        found: what was asked for; None where there is a problem.
        problem: a message and its fix.
        process: which one it was: its machine and its number.
    """

    found: Found | None
    problem: tuple[str, str] | None
    process: tuple[str, int]


class Worker:
    """Runs in a process of its own, perhaps on another machine; it has what it was made with after a restart too."""

    def __init__(self, work: Work) -> None:
        self.work, self.folder = work, Path(work.copy.path)
        self.classifier: Classifier | None = None
        self.loading, self.network, self.memory = threading.Lock(), threading.Lock(), Spare()

    def arrive(self) -> None:
        """Say that there was room for this worker."""

    def load(self, files: Files) -> Answer[str]:
        """Load the model, whose files come along for a machine that lacks them; says the version of this package."""

        def version() -> str:
            self._loaded(files)
            return __version__

        return _answer(version)

    def scores(self, articles: Sequence[Article], files: Files) -> Answer[Scores]:
        """The scores of some articles, which are made ready while the network reads those before them.

        A worker that took the place of another loads the model first.
        """

        def scores() -> Scores:
            classifier = self._loaded(files)
            ready = classifier.prepared(articles)
            with self.network:
                found = scores_of(classifier, articles, ready, explain=self.work.explain)
                self.memory.used(len(articles))
                return found

        return _answer(scores)

    def close(self) -> None:
        """Remove the copy of the model that was written here."""
        if self.folder != Path(self.work.copy.path):
            shutil.rmtree(self.folder, ignore_errors=True)

    def _loaded(self, files: Files) -> Classifier:
        with self.loading:
            if self.classifier is None:
                import ray
                import torch

                torch.set_num_threads(self.work.threads)
                self.folder = placed(replace(self.work.copy, files=files), ray.get)
                self.classifier = self.work.load(self.folder)
            return self.classifier


def _answer(ask: Callable[[], Found]) -> Answer[Found]:
    process = (socket.gethostname(), os.getpid())
    try:
        return Answer(ask(), None, process)
    except InputError as error:
        return Answer(None, (error.message, error.fix), process)


class Pool:
    """The workers of one prediction; those for which there is no room yet join when there is.

    Args:
        session: the cluster.
        workers: how many, and what each gets.
        work: what they do.
    """

    def __init__(self, session: Session, workers: Workers, work: Work) -> None:
        self.ray, self.workers = session.ray, workers
        kind = self.ray.remote(
            num_cpus=workers.cpus,
            num_gpus=workers.gpus,
            max_restarts=-1,
            max_task_retries=TRIES,
            max_concurrency=EACH,
        )(Worker)
        self.files = work.copy.files  # with each call: what an actor is made with must not lie in Ray's store
        alone = replace(work, copy=replace(work.copy, files=()))
        self.actors = [kind.remote(alone) for _ in range(workers.count)]
        self.out: dict[int, int] = {}  # of the workers that have loaded the model: chunks that they have
        self.processes: dict[int, tuple[str, int]] = {}
        self.failed: list[BaseException] = []
        self.closed = self.arrived = False
        self.changed = threading.Condition()
        for number, actor in enumerate(self.actors):
            actor.arrive.remote().future().add_done_callback(self._arrive)
            actor.load.remote(self.files).future().add_done_callback(
                lambda done, number=number: self._join(number, done)
            )

    def submit(self, articles: Sequence[Article]) -> Future[Answer[Scores]]:
        """Give articles to the worker that has least to do; wait where all have enough.

        Raises:
            InputError: no worker could load the model.
        """
        with self.changed:
            said = False
            while (number := self._free()) is None:
                if self.closed or len(self.failed) == len(self.actors):
                    raise self.failed[0] if self.failed else InputError("The prediction has ended.")
                if not self.changed.wait(PATIENCE) and not self.arrived and not said:
                    said = True
                    logger.warning(
                        "still waiting for room in the cluster for %s: ray status shows what it has", self.workers
                    )
            self.out[number] += 1
        future: Future[Answer[Scores]] = self.actors[number].scores.remote(list(articles), self.files).future()
        future.add_done_callback(lambda done: self._take_back(number, done))
        return future

    def close(self) -> None:
        """Let the workers remove what they wrote, and end them."""
        with self.changed:
            self.closed = True
            self.changed.notify_all()
        if self.out:
            closing = [self.actors[number].close.remote() for number in self.out]
            self.ray.wait(closing, num_returns=len(closing), timeout=5)
        for actor in self.actors:
            self.ray.kill(actor)

    def _free(self) -> int | None:
        number = min(self.out, key=self.out.__getitem__, default=None)
        return None if number is None or self.out[number] >= EACH else number

    def _arrive(self, _: Future[None]) -> None:
        self.arrived = True

    def _join(self, number: int, done: Future[Answer[str]]) -> None:
        with self.changed:
            try:
                answer = done.result()
                _check(answer)
                self.out[number], self.processes[number] = 0, answer.process
            except BaseException as error:
                self.failed.append(readable(error, self.ray))
            if self.out and self.failed and not self.closed:  # else the first of them is raised
                logger.warning("a worker cannot take part: %s", self.failed.pop())
            self.changed.notify_all()

    def _take_back(self, number: int, done: Future[Answer[Scores]]) -> None:
        with self.changed:
            self.out[number] -= 1
            self.changed.notify_all()
            if done.exception() is not None:
                return
            process, before = done.result().process, self.processes[number]
            self.processes[number] = process
        if process != before:
            logger.warning(
                "a worker on %s (process %d) ended, and a new one took its place: its articles are labelled again, and "
                "none is lost",
                *before,
            )


def _check(answer: Answer[str]) -> None:
    """Raise `InputError` unless a worker could load the model, with the same version of this package."""
    host = answer.process[0]
    if answer.problem is not None:
        message, fix = answer.problem
        raise InputError(f"A worker on {host}: {message}", fix=fix)
    if answer.found != __version__:
        raise InputError(
            f"The worker on {host} has version {answer.found} of {DISTRIBUTION}, and here it is {__version__}.",
            fix="Install the same version on all machines of the cluster.",
        )


def readable(error: BaseException, ray: Any) -> BaseException:
    """An error of Ray in plain words; another one as it is."""
    if isinstance(error, ray.exceptions.RayTaskError):
        cause: Any = getattr(error, "cause", None)
        return cause if isinstance(cause, Exception) else error
    if isinstance(error, ray.exceptions.RayError) and "No module named 'classifier'" in str(error):
        return InputError(
            f"A machine of the Ray cluster lacks {DISTRIBUTION}.",
            fix=f"Install it on all of them, in the Python that runs Ray: pip install {DISTRIBUTION}=={__version__}",
        )
    return error
