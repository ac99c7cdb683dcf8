import os
import signal
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from classifier.articles.article import Article
from classifier.errors import InputError
from classifier.jobs.predict.cluster.capacity import Workers
from classifier.jobs.predict.cluster.in_order import in_order
from classifier.jobs.predict.cluster.model_copy import ModelCopy, model_copy
from classifier.jobs.predict.cluster.session import Session
from classifier.jobs.predict.cluster.workers import Answer, Pool, Work, Worker, readable
from classifier.models.classifier import Classifier
from classifier.models.trained import open_trained
from tests.makers.articles import make_articles

LOAD = partial(Classifier.load, device="cpu")


@pytest.fixture
def chunks() -> list[list[Article]]:
    articles = make_articles(120, seed=5)
    return [articles[start : start + 8] for start in range(0, len(articles), 8)]


def test_a_killed_worker_costs_no_article_and_a_new_one_takes_its_place(
    session: Session, model: Path, chunks: list[list[Article]], caplog: pytest.LogCaptureFixture
) -> None:
    here = Classifier.load(model, device="cpu")
    expected = [here.predict_articles(chunk) for chunk in chunks]
    copy = replace(model_copy(open_trained(model), session.ray.put), path="/no/such")
    work = Work(copy, LOAD, explain=False, threads=1)
    pool = Pool(session, Workers(2, 1, 0), work)
    found = []
    try:
        for number, (chunk, done) in enumerate(in_order(chunks, pool.submit, 6)):
            answer: Answer[Any] = done.result()
            assert answer.found is not None and len(answer.found[0]) == len(chunk)
            found.append(np.array(answer.found[0]))
            if number == 3:
                killed = answer.process
                os.kill(killed[1], signal.SIGKILL)
    finally:
        pool.close()
    assert [len(each) for each in found] == [len(each) for each in expected]
    assert all((mine == its).all() for mine, its in zip(found, expected, strict=True))
    assert killed not in pool.processes.values()
    assert f"(process {killed[1]}) ended, and a new one took its place" in caplog.text


def test_a_model_that_cannot_be_loaded_ends_it_with_its_message(session: Session, tmp_path: Path) -> None:
    pool = Pool(session, Workers(1, 1, 0), Work(ModelCopy(str(tmp_path / "none"), "0" * 12), LOAD, False, 1))
    with pytest.raises(InputError, match=r"A worker on \S+: The model '.*none' is not on the machine of a worker"):
        pool.submit([])
    pool.close()


def damaged(path: Path) -> Classifier:
    raise InputError(f"'{path.name}' is damaged.", fix="Copy it again.")


def test_a_problem_is_a_message_and_not_a_dead_worker(model: Path) -> None:
    copy = model_copy(open_trained(model))
    answer = Worker(Work(copy, damaged, explain=False, threads=1)).scores([Article("1", "a b")], ())
    assert answer.found is None and answer.problem == ("'model' is damaged.", "Copy it again.")
    assert answer.process[1] == os.getpid()


def test_a_worker_scores_any_number_of_articles(model: Path) -> None:
    import torch

    threads = torch.get_num_threads()
    worker = Worker(Work(model_copy(open_trained(model)), LOAD, explain=False, threads=1))
    try:
        for count in (2, 0):
            answer = worker.scores([Article("1", "a b")] * count, ())
            assert answer.found is not None and answer.found[0].shape == (count, 2)
    finally:
        torch.set_num_threads(threads)
    worker.close()
    assert model.exists()


class DiedError(Exception):
    pass


def test_errors_of_ray_in_plain_words() -> None:
    ray = SimpleNamespace(exceptions=SimpleNamespace(RayError=DiedError, RayTaskError=ArithmeticError))
    lacks = readable(DiedError("ModuleNotFoundError: No module named 'classifier'"), ray)
    assert isinstance(lacks, InputError) and "lacks article-classifier" in lacks.message
    other = DiedError("lost")
    assert readable(other, ray) is other
    error = ArithmeticError("traceback")
    error.cause = KeyError("text")  # type: ignore[attr-defined]
    assert isinstance(readable(error, ray), KeyError)
