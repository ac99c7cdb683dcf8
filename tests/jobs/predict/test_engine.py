import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from classifier import heap
from classifier.articles.arrow import Evidence
from classifier.articles.article import Article
from classifier.articles.readers.row import Row
from classifier.errors import Fault
from classifier.jobs.predict import engine as engine_module
from classifier.jobs.predict.chunks import Chunk
from classifier.jobs.predict.engine import labelled
from classifier.models.article_checks import NoNumbersError
from classifier.models.classifier import Classifier
from classifier.models.evidence import evidence_of
from classifier.models.transformer import forward
from classifier.progress import SilentTask
from tests.makers.articles import make_articles
from tests.makers.models import make_model_folder


def chunk(number: int, articles: list[Article]) -> Chunk:
    read = [*articles, Fault("a:0", "text is empty")]
    return Chunk(number, 0, tuple(Row(f"a:{n}", {}) for n in range(len(read))), tuple(read))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Classifier:
    return Classifier.load(make_model_folder(tmp_path_factory.mktemp("engine") / "model", checkpoint), device="cpu")


def test_each_chunk_has_the_scores_of_its_articles(model: Classifier) -> None:
    articles = make_articles(30)
    chunks = [chunk(0, articles[:7]), chunk(1, []), chunk(2, articles[7:])]
    found = list(labelled(chunks, model))
    assert [scored.chunk for scored in found] == chunks
    assert found[1].proba.shape == (0, 2)
    for scored in found:
        expected = model.predict_articles(scored.chunk.articles)
        assert scored.proba.tobytes() == expected.tobytes() and scored.evidence is None


def test_free_memory_is_given_back_after_so_many_articles(model: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []
    monkeypatch.setattr(engine_module, "Spare", lambda: heap.Spare(10))
    monkeypatch.setattr(heap, "give_back", lambda: given.append(1))
    articles = make_articles(30)
    list(labelled([chunk(number, articles[6 * number : 6 * number + 6]) for number in range(5)], model))
    assert len(given) == 2


def test_evidence_is_that_of_the_label_that_is_given(model: Classifier) -> None:
    articles = make_articles(3)
    (scored,) = labelled([chunk(0, articles)], model, explain=True)
    assert list(scored.evidence or ()) == evidence_of(model, articles, scored.proba, SilentTask())


def test_what_stops_the_reading_is_raised(model: Classifier) -> None:
    def broken() -> object:
        yield chunk(0, make_articles(2))
        raise OSError("the disk is gone")

    found = labelled(broken(), model)  # type: ignore[arg-type]
    assert next(found).chunk.number == 0
    with pytest.raises(OSError, match="the disk is gone"):
        next(found)


def test_the_network_goes_on_while_what_it_said_is_used_and_stops_where_nobody_wants_more(
    model: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forward, "FOR_FEW", 1)  # each article is a batch
    monkeypatch.setattr(forward, "TOKEN_BUDGET", 1)
    articles, reached, stop = make_articles(6), threading.Event(), threading.Event()

    class Told(SilentTask):
        articles = 0

        def advance(self, articles: int, tokens: int = 0) -> None:
            self.articles += articles
            if self.articles == 2:
                reached.set()
                assert stop.wait(60)

    task = Told()
    found = labelled([chunk(0, articles[:1]), chunk(1, articles[1:])], model, task=task)
    assert next(found).chunk.number == 0
    assert reached.wait(60)  # in the second chunk, while the first is used
    threading.Timer(0.2, stop.set).start()
    found.close()  # type: ignore[attr-defined]
    assert stop.is_set() and task.articles == 2


def test_it_ends_where_the_network_waits_for_rows_that_do_not_come(model: Classifier) -> None:
    come = threading.Event()

    def rows() -> Iterator[Chunk]:
        yield chunk(0, make_articles(1))
        come.wait(60)

    found = labelled(rows(), model)
    assert next(found).chunk.number == 0
    started = time.monotonic()
    found.close()  # type: ignore[attr-defined]
    assert time.monotonic() - started < 30
    come.set()


@pytest.mark.parametrize("explain", [False, True])
def test_scores_that_are_no_numbers_do_not_stop_the_others(
    model: Classifier, explain: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    articles = make_articles(4)

    def broken(self: Classifier, given: list[Article], *_: object) -> object:
        error = NoNumbersError("no numbers")
        error.proba = np.array([[0.5, 0.5], [np.nan, 0.5], [0.5, 0.5], [0.5, 0.5]], dtype=np.float32)
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(Classifier, "predict_parts", broken)
        patch.setattr(engine_module, "evidence_of", lambda _, given, *__: [Evidence([{"id": a.id}]) for a in given])
        (scored,) = labelled([chunk(0, articles)], model, explain=explain)
    assert np.isnan(scored.proba).any(axis=1).tolist() == [False, True, False, False]
    assert not explain or [len(each) for each in scored.evidence or ()] == [1, 0, 1, 1]
