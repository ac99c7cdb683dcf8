from dataclasses import replace
from pathlib import Path

import numpy as np

from classifier.models.classifier import Classifier
from classifier.models.decider import Decider
from classifier.stats.calibration import Calibration
from classifier.stats.conformal import ConformalSets
from tests.makers.models import make_model_folder
from tests.makers.runs import make_model_info


def test_it_decides_as_the_model_does(tmp_path: Path, checkpoint: Path) -> None:
    folder = make_model_folder(tmp_path / "model", checkpoint, sets=ConformalSets(0.9, (0.4, 0.7), (1, 2), (9, 9)))
    model = Classifier.load(folder, device="cpu")
    proba = np.array([[0.2, 0.8], [0.5, 0.5], [0.9, 0.1]], dtype=np.float32)
    for one, other in ((model, Decider(model.info)), (Decider(model.info), model)):
        assert one.given(proba).tolist() == other.given(proba).tolist()
        assert one.in_set(proba).tolist() == other.in_set(proba).tolist()


def test_it_takes_over_how_another_one_decides(tmp_path: Path, checkpoint: Path) -> None:
    model = Classifier.load(make_model_folder(tmp_path / "model", checkpoint), device="cpu")
    proba = np.array([[0.4, 0.6]], dtype=np.float32)
    other = Decider(model.info, weights=(2.0, 1.0))
    changed = model.deciding_like(other)
    assert model.decide(proba).tolist() == [1]
    assert changed.decide(proba).tolist() == other.decide(proba).tolist() == [0]
    assert changed.model is model.model and changed.path == model.path


def test_promises_of_another_model_are_taken_over_alone(tmp_path: Path, checkpoint: Path) -> None:
    promised = ConformalSets(0.9, (0.4, 0.7), (1, 2), (9, 9))
    model = Classifier.load(make_model_folder(tmp_path / "model", checkpoint), device="cpu")
    changed = model.promising(replace(model.info, sets=promised, max_length=7))
    assert changed.info == replace(model.info, sets=promised)


def test_calibration_changes_scores_and_no_label_unless_the_score_is_to_decide() -> None:
    """An offset lifts the first score over the other: that stays the label all the same."""
    info = replace(make_model_info(), calibration=Calibration((2.0,), (1.0, 0.0)))
    proba = np.array([[0.4, 0.6], [0.9, 0.1], [0.01, 0.99]], dtype=np.float32)
    assert info.calibration is not None
    scores = info.calibration.apply(proba)
    assert scores.argmax(axis=1).tolist() == [0, 0, 1]
    assert Decider(info).decide(scores).tolist() == [1, 0, 1]
    assert Decider(replace(info, label_by="score")).decide(scores).tolist() == [0, 0, 1]
    assert Decider(info, weights=(1.0, 1.0)).decide(scores).tolist() == [0, 0, 1]
