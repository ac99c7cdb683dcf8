from pathlib import Path

import numpy as np
import pytest
import third_voice

from classifier.errors import InputError
from classifier.evaluation.result import read_evaluation
from classifier.models.classifier import Classifier
from classifier.models.run_folder import RunFolder


@pytest.mark.parametrize("voice", third_voice.VOICES)
def test_a_line_compares_with_the_figures_of_the_run(cascade_run: Path, voice: str) -> None:
    name, spoken, articles, alone, _with_it, without, gain = third_voice.line(cascade_run, voice)
    found = read_evaluation(RunFolder(cascade_run).evaluation("test"))
    assert (name, spoken, articles) == (cascade_run.name, voice, str(found.articles))
    assert without == third_voice.short(found.figures["f1_macro"])
    assert 0 <= float(alone) <= 1
    assert gain[0] in "+−"


def test_what_the_network_says_is_worked_out_from_stored_scores(cascade_run: Path) -> None:
    trained = third_voice.opened(RunFolder(cascade_run))
    articles, _ = trained.articles("test")
    logits, tfidf = trained.two_voices("test", articles)
    classifier = Classifier.load(cascade_run)
    _, alone = classifier.predict_parts(articles)
    assert alone is not None
    odds = np.log(alone)
    assert np.allclose(logits, odds - odds.mean(axis=1, keepdims=True), atol=0.02)
    assert tfidf.shape == logits.shape


def test_runs_without_a_blend_and_unknown_voices_are_refused(examples: Path) -> None:
    with pytest.raises(InputError, match="with a blend and calibrated scores"):
        third_voice.line(examples / "runs" / "first", "words")
    with pytest.raises(InputError, match="no voice 'sound'"):
        third_voice.line(examples / "runs" / "first", "sound")


def test_equal_vectors_are_worked_out_once(cascade_run: Path) -> None:
    trained = third_voice.opened(RunFolder(cascade_run))
    articles, _ = trained.articles("test")
    asked: list[int] = []

    def vectors(_: third_voice.Trained) -> third_voice.Vectors:
        def of_articles(new: object) -> np.ndarray:
            asked.append(len(new))  # type: ignore[arg-type]
            return np.ones((len(new), 2), dtype=np.float32)  # type: ignore[arg-type]

        return of_articles

    known = third_voice.once(vectors)
    known(trained, articles[:3])
    assert known(trained, articles[:5]).shape == (5, 2)
    assert asked == [3, 2]
