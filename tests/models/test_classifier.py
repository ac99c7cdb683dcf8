from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.articles.article import Article
from classifier.errors import InputError
from classifier.models.classifier import Classifier
from classifier.stats.abstention import Abstention
from classifier.stats.calibration import Calibration
from classifier.stats.conformal import ConformalSets
from tests.makers.models import make_model_folder

TEXTS = ["the council voted on tuesday", "a storm", "rain"]


def test_labels_are_those_of_the_highest_probability_in_the_order_given(tmp_path: Path, checkpoint: Path) -> None:
    model = Classifier.load(make_model_folder(tmp_path / "model", checkpoint), device="cpu")
    proba = model.predict_proba(TEXTS)
    assert proba.dtype == np.float32 and proba.sum(axis=1) == pytest.approx(1)
    assert model.predict(TEXTS) == [model.classes_[row] for row in proba.argmax(axis=1)]
    assert model.predict_proba(TEXTS[::-1]) == pytest.approx(proba[::-1], abs=1e-6)
    assert np.array_equal(model.predict_articles([Article("1", text) for text in TEXTS]), proba)
    assert model.predict_proba([]).shape == (0, 2)


def test_calibration_moves_scores_and_not_labels(tmp_path: Path, checkpoint: Path) -> None:
    calibration = Calibration((1.0,), (5.0, -5.0))
    plain = Classifier.load(make_model_folder(tmp_path / "plain", checkpoint), device="cpu")
    folder = make_model_folder(tmp_path / "calibrated", checkpoint, calibration=calibration)
    (folder / "head.safetensors").write_bytes((tmp_path / "plain" / "head.safetensors").read_bytes())
    model = Classifier.load(folder, device="cpu")
    assert (model.predict_proba(TEXTS)[:, 0] > 0.9).all()
    assert model.predict(TEXTS) == plain.predict(TEXTS)
    by_score = Classifier.load(folder, device="cpu")
    object.__setattr__(by_score.info, "label_by", "score")
    assert by_score.predict(TEXTS) == ["a"] * 3


def test_a_label_is_withheld_below_its_threshold(tmp_path: Path, checkpoint: Path) -> None:
    folder = make_model_folder(tmp_path / "model", checkpoint, abstention=Abstention(0.9, (None, None)))
    assert Classifier.load(folder, device="cpu").predict(TEXTS, abstain=True) == [None] * 3
    bare = Classifier.load(make_model_folder(tmp_path / "bare", checkpoint), device="cpu")
    with pytest.raises(InputError, match="--min-precision"):
        bare.predict(TEXTS, abstain=True)


def test_a_set_holds_the_label_and_all_others_from_their_score_on(tmp_path: Path, checkpoint: Path) -> None:
    bare = Classifier.load(make_model_folder(tmp_path / "bare", checkpoint), device="cpu")
    for thresholds in ((0.0, 0.0), (None, None), (None, 0.0)):
        sets = ConformalSets(0.9, thresholds, (1, 2), (9, 9))
        model = replace(bare, info=replace(bare.info, sets=sets))
        found = model.predict(TEXTS, sets=True)
        for labels, given, row in zip(found, model.predict(TEXTS), model.predict_proba(TEXTS), strict=True):
            wanted = {given} | {name for name, least in zip("ab", thresholds, strict=True) if least is not None}
            assert set(labels) == wanted
            assert labels == sorted(labels, key=lambda name: -row["ab".index(name)])
    with pytest.raises(InputError, match="classifier evaluate RUN --sets"):
        bare.predict(TEXTS, sets=True)
    with pytest.raises(InputError, match="abstain is for single labels"):
        model.predict(TEXTS, sets=True, abstain=True)  # type: ignore[call-overload]


def test_targets_are_needed_by_a_model_of_pairs_alone(tmp_path: Path, checkpoint: Path) -> None:
    pair = Classifier.load(make_model_folder(tmp_path / "pair", checkpoint, pair=True), device="cpu")
    assert len(pair.predict(TEXTS, ["rain"] * 3)) == 3
    with pytest.raises(InputError, match="This model needs targets"):
        pair.predict(TEXTS)
    with pytest.raises(InputError, match=r"one target for each text\. Got 1 targets for 3 texts"):
        pair.predict(TEXTS, ["rain"])
    single = Classifier.load(make_model_folder(tmp_path / "single", checkpoint), device="cpu")
    with pytest.raises(InputError, match="This model takes no targets"):
        single.predict(TEXTS, ["rain"] * 3)


def test_a_score_that_is_no_number_gives_no_label(tmp_path: Path, checkpoint: Path) -> None:
    model = Classifier.load(make_model_folder(tmp_path / "model", checkpoint), device="cpu")
    assert model.model.head is not None
    model.model.head.weight.data.fill_(3e38)  # type: ignore[union-attr, operator]  # finite, and its products are not
    with pytest.raises(InputError, match=r"gives 3 of 3 articles scores that are not numbers .*'1', '2', '3'"):
        model.predict_articles([Article(str(n), "the council voted") for n in (1, 2, 3)])
    with pytest.raises(InputError, match="not numbers"):
        model.predict(TEXTS)
