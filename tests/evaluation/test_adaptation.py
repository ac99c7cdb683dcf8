"""Figures with and without adaptation: paired on the same articles, the shares found without their labels."""

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from classifier.errors import InputError
from classifier.evaluation.adaptation import FILE, measure_adaptation, read_adaptation
from classifier.evaluation.groups import Grouping
from classifier.files import write_json
from classifier.models.adaptation import adaptation
from classifier.models.classifier import Classifier
from classifier.stats.calibration import Calibration
from classifier.stats.label_shift import validation_scores
from tests.makers.models import make_model_folder


def scored(n: int, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores that hold where one in five articles is of the second label, for articles of which ``share`` are."""
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < share).astype(np.int64)
    odds = 0.25 * np.exp(2 * (rng.normal(size=n) + 2 * y - 1))
    proba = odds / (1 + odds)
    return np.column_stack([1 - proba, proba]).astype(np.float32), y


def test_both_are_measured_on_the_same_articles_and_read_again(tmp_path: Path, checkpoint: Path) -> None:
    make_model_folder(tmp_path / "model", checkpoint, labels=("a", "b"))
    bare = Classifier.load(tmp_path / "model", device="cpu")
    known = validation_scores(*scored(1000, 0.2, 0))
    model = replace(bare, info=replace(bare.info, calibration=Calibration((1.0,), (0.0, 0.9)), validation=known))
    proba, y = scored(400, 0.8, 1)
    alone = Grouping(np.arange(400), "article")
    found = measure_adaptation("test", model, proba, y, alone, 200)
    assert found.shift.found
    assert found.truth == pytest.approx((1 - y.mean(), y.mean()))
    assert found.shift.shares[1] == pytest.approx(0.8, abs=0.1)
    before = (model.decide(proba) == y).mean()
    assert found.gain["accuracy"].value == pytest.approx(found.figures["accuracy"] - before)
    assert found.gain["accuracy"].value > 0.05
    to = adaptation(model, proba, anyway=True)
    assert found.figures["accuracy"] == pytest.approx((to.adapted.decide(to.scores(proba)) == y).mean())
    assert found.figures["accuracy"] != pytest.approx((model.decide(to.scores(proba)) == y).mean())
    assert found.loss < found.loss_before
    assert found.changed > 0
    assert read_adaptation(tmp_path) is None
    write_json(tmp_path / FILE, asdict(found))
    assert read_adaptation(tmp_path) == found
    (tmp_path / FILE).write_text("{}")
    with pytest.raises(InputError, match="evaluate RUN --adapt makes it again"):
        read_adaptation(tmp_path)
