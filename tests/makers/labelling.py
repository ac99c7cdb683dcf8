"""A job that labels by a sum over the letters of a text, in no time; and a copy of this process that is killed."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from classifier.arrays import Floats32
from classifier.articles.article import Article
from classifier.articles.predicted_by import ModelName
from classifier.articles.writers import one_output
from classifier.jobs.predict.added import More
from classifier.jobs.predict.chunks import Chunk, first_sizes
from classifier.jobs.predict.engine import Scored
from classifier.jobs.predict.inputs import Inputs
from classifier.jobs.predict.job import Job, label
from classifier.jobs.predict.labelling import Labelling
from classifier.models.classifier import Classifier
from classifier.models.model_folder import ModelInfo
from classifier.progress import Task

INFO = ModelInfo(("a", "b"), False, False, "mean", 128, 2, 0, "head", False, "encoder", "0.1.0")
ENDINGS = ("fsync", "replace", "rename", "unlink", "rmdir", "mkdir")  # of the system: what changes a disk


def scores(articles: Iterable[Article]) -> Floats32:
    """Scores that depend on the text alone."""
    first = [(sum(map(ord, article.text)) % 97 + 1) / 99 for article in articles]
    return np.array([[score, 1 - score] for score in first], dtype=np.float32).reshape(-1, 2)


def by_letters(chunks: Iterable[Chunk], task: Task, seconds: float = 0) -> Iterator[Scored]:
    """An engine; it takes so long for each chunk."""
    for chunk in chunks:
        time.sleep(seconds)
        task.advance(len(chunk.articles), 0)
        yield Scored(chunk, scores(chunk.articles))


def no_model() -> Classifier:
    """What loads a model that is never needed."""
    raise AssertionError("a model was loaded")


def make_job(out: Path, *names: Path | str, **more: Any) -> Job:
    """A job by that engine; further fields of it as they are."""
    seconds = more.pop("seconds", 0)
    model = more.pop("model", "0123456789ab")
    inputs = Inputs([str(name) for name in names], stdin=more.pop("stdin", None))
    labelling = Labelling(model, "1", reading=inputs.stored(), sizes=first_sizes())
    columns = More(wide=out.suffix in (".csv", ".xlsx"), model=ModelName("first", model))
    info = more.pop("info", INFO)
    given = {"more": columns, "engine": partial(by_letters, seconds=seconds), **more}
    return Job(info, no_model, inputs, out, labelling, **given)


def run(out: Path, *names: Path | str, **more: Any) -> int:
    """Run such a job as a command does."""
    with one_output(out):
        return label(make_job(out, *names, **more))


def write_rows(path: Path, start: int, end: int) -> Path:
    """Rows of JSON lines from a number on; some of them cannot be labelled, and some have more columns."""
    with path.open("a", encoding="utf-8") as stream:
        for number in range(start, end):
            stream.write(json.dumps(_row(number), ensure_ascii=False) + "\n" if number % 11 != 6 else "{broken\n")
    return path


def _row(number: int) -> dict[str, Any]:
    row: dict[str, Any] = {"n": number if number < 40 else number / 4, "text": f"Text «{number}» of the council."}
    if number % 7 == 3:
        row["text"] = " "
    if number % 13 == 5:
        row |= {"label": "old", "list": [number, None], "error": "mine"}
    return row


def killed(work: Callable[[], object], when: int | float) -> bool:
    """Do some work in a copy of this process that is killed: before its so manyth change of the disk, or after seconds.

    Returns:
        Whether it was killed; False where it was done before.
    """
    child = os.fork()
    if not child:
        try:
            if isinstance(when, int):
                _kill_before(when)
            work()
        except BaseException:
            os._exit(3)
        os._exit(0)
    if isinstance(when, float):
        time.sleep(when)
        os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        return True
    assert os.WEXITSTATUS(status) == 0, "the work failed"
    return False


def _kill_before(change: int) -> None:
    left = change

    def counted(call: Callable[..., Any], *given: Any, **named: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*given, **named)

    for name in ENDINGS:
        setattr(os, name, partial(counted, getattr(os, name)))
