from pathlib import Path

import numpy as np
import pytest

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
