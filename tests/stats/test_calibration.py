import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy.special import expit, logit, softmax

from classifier.checksums import CHECKSUMS
from classifier.config_file import make_config, parse_settings
from classifier.errors import InputError
from classifier.jobs.evaluate import evaluate
from classifier.jobs.seeds import train_seeds
from classifier.jobs.train import train
from classifier.models.classifier import Classifier
from classifier.models.model_folder import read_model_info
from classifier.models.transformer.forward import probabilities
from classifier.stats.calibration import Calibration, calibrated_loss, fit_calibration
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.settings import tiny

TEXTS = [article.text for article in make_articles(40, seed=7)]
SHORT = {"train.num_train_epochs": 1, "train.learning_rate": 0.003}
SHARES = np.array([0.8, 0.15, 0.05])


def made(n: int, *, seed: int = 0, heat: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of a model that weighs three skewed classes alike, and is ``heat`` times too sure; true labels."""
    rng = np.random.default_rng(seed)
    y = rng.choice(3, size=n, p=SHARES)
    evidence = rng.normal(size=(n, 3)) + 1.5 * np.eye(3)[y]  # log-likelihood of a class: 1.5 × evidence + constant
    return softmax(heat * 1.5 * evidence, axis=1).astype(np.float32), y


def test_worked_out_by_hand() -> None:
    cooled = Calibration((2.0,), (0.0, 0.0)).apply(np.array([[0.9, 0.1]], np.float32))
    assert cooled == pytest.approx(np.array([[0.75, 0.25]]))  # √9 = 3 to 1
    shifted = Calibration((1.0,), (float(np.log(2)), 0.0)).apply(np.array([[0.5, 0.5]], np.float32))
    assert shifted == pytest.approx(np.array([[2 / 3, 1 / 3]]))
    several = Calibration((2.0, 1.0), (0.0, 1.0), multi_label=True).apply(np.array([[0.9, 0.5]], np.float32))
    assert several == pytest.approx(np.array([[0.75, expit(1.0)]]))
    assert several.dtype == np.float32


def test_the_true_temperature_and_shares_are_found() -> None:
    proba, y = made(20_000, heat=2.5)
    found = fit_calibration(proba, y)
    assert found.temperatures == pytest.approx((2.5,), rel=0.05)
    expected = np.log(SHARES) - np.log(SHARES).mean()
    assert np.array(found.offsets) - np.mean(found.offsets) == pytest.approx(expected, abs=0.15)
    again, truth = made(20_000, seed=1, heat=2.5)
    assert found.apply(again).mean(axis=0) == pytest.approx(np.bincount(truth) / len(truth), abs=0.01)


def test_each_of_several_labels_is_scaled_by_itself() -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(scale=2, size=(20_000, 2))
    y = (rng.random(scores.shape) < expit(scores / [3, 1] + [-1, 0.5])).astype(np.int64)
    found = fit_calibration(expit(scores).astype(np.float32), y)
    assert found.temperatures == pytest.approx((3, 1), rel=0.1)
    assert found.offsets == pytest.approx((-1, 0.5), abs=0.1)


def test_few_articles_change_little_and_none_nothing() -> None:
    proba, y = made(6, heat=3)
    few, many = fit_calibration(proba, y), fit_calibration(*made(2000, heat=3))
    assert abs(np.log(few.temperatures[0])) < abs(np.log(many.temperatures[0])) / 1.3
    none = fit_calibration(proba[:0], y[:0])
    assert none.temperatures == pytest.approx((1.0,))
    assert none.offsets == pytest.approx((0, 0, 0))
    absent = fit_calibration(proba[:, :2], np.zeros((6, 2), np.int64))  # no article has any of the labels
    assert np.isfinite([*absent.temperatures, *absent.offsets]).all()


@pytest.mark.parametrize("multi_label", [False, True])
def test_labels_stay_and_what_was_done_can_be_undone(multi_label: bool) -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(scale=4, size=(5000, 4))
    proba = (expit(logits) if multi_label else softmax(logits, axis=1)).astype(np.float32)
    calibration = Calibration((1.7,) * (4 if multi_label else 1), (1.5, -2.0, 0.0, 0.5), multi_label)
    calibrated = calibration.apply(proba)
    assert calibration.undone(calibrated) == pytest.approx(proba, abs=1e-5)
    if multi_label:
        thresholds = (0.3, 0.5, 0.01, 0.9)
        moved = calibration.moved(thresholds)
        assert np.array_equal(calibrated >= np.array(moved), proba >= np.array(thresholds))
    else:
        assert np.array_equal(calibration.undone(calibrated).argmax(axis=1), proba.argmax(axis=1))
        assert (calibrated.argmax(axis=1) != proba.argmax(axis=1)).mean() > 0.05  # the offsets are not idle


def test_certain_probabilities_stay_finite() -> None:
    sure = np.array([[1.0, 0.0], [0.0, 1.0]], np.float32)
    for multi_label in (False, True):
        calibration = fit_calibration(sure, sure.astype(np.int64) if multi_label else np.array([0, 1]))
        assert np.isfinite(calibration.apply(sure)).all()
        assert np.isfinite(calibration.undone(calibration.apply(sure))).all()


def source(folder: Path, n: int = 90, *, multi_label: bool = False) -> str:
    articles = make_articles(n, multi_label=multi_label)
    return str(write_jsonl(folder / "a.jsonl", articles, multi_label=multi_label))


def by_hand(info: Calibration, proba: np.ndarray) -> np.ndarray:
    """Calibrated probabilities, worked out anew."""
    p = proba.astype(np.float64)
    if info.multi_label:
        return expit(logit(p) / np.array(info.temperatures) + np.array(info.offsets))
    return softmax(np.log(p) / info.temperatures[0] + np.array(info.offsets), axis=1)


@pytest.mark.parametrize("multi_label", [False, True])
def test_scores_of_a_run_are_calibrated_and_its_labels_are_the_same(
    checkpoint: Path, tmp_path: Path, multi_label: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="classifier")
    task = {"data.task": "multi_label"} if multi_label else {}
    reports = {}
    for setting in ("none", "auto"):
        settings = tiny(checkpoint, **SHORT, **task, **{"train.calibration": setting, "split.validation_size": 0.3})
        reports[setting] = train(source(tmp_path, multi_label=multi_label), tmp_path / setting, settings=settings)
        assert ("calibration: temperature" in caplog.text) is (setting == "auto")
    plain, model = (Classifier.load(tmp_path / setting, device="cpu") for setting in ("none", "auto"))
    assert plain.info.calibration is None
    assert model.info.calibration is not None
    assert model.info.calibration.multi_label is multi_label
    assert model.predict_proba(TEXTS) == pytest.approx(
        by_hand(model.info.calibration, plain.predict_proba(TEXTS)), abs=1e-5
    )
    assert np.abs(model.predict_proba(TEXTS) - plain.predict_proba(TEXTS)).max() > 0.01
    assert model.predict(TEXTS) == plain.predict(TEXTS)
    assert reports["auto"].test.figures == reports["none"].test.figures
    one, other = (
        pq.read_table(tmp_path / setting / "evaluation" / "test" / "predictions.parquet")
        for setting in ("none", "auto")
    )
    assert one["predicted"] == other["predicted"]
    assert one["scores"] != other["scores"]
    found = reports["auto"].test.reliability
    plainly = reports["none"].test.reliability
    assert found is not None and plainly is not None and found.calibrated and not plainly.calibrated
    assert found.before.nll == pytest.approx(plainly.after.nll, abs=1e-4)
    assert found.before.ece == pytest.approx(plainly.after.ece, abs=1e-4)
    assert plainly.before == plainly.after
    assert found.after.nll != pytest.approx(found.before.nll, abs=1e-4)
    shutil.move(tmp_path / "auto" / "model", tmp_path / "elsewhere")
    copied = Classifier.load(tmp_path / "elsewhere", device="cpu")
    assert np.array_equal(copied.predict_proba(TEXTS), model.predict_proba(TEXTS))


def test_the_label_with_the_highest_score_is_given_where_that_is_asked_for(checkpoint: Path, tmp_path: Path) -> None:
    asked = {"train.label_by": "score", "train.calibration": "auto", "split.validation_size": 0.3}
    settings = tiny(checkpoint, **SHORT, **asked)
    run = train(source(tmp_path), tmp_path / "run", settings=settings).run
    file = run.model / "classifier.json"
    (run.model / CHECKSUMS).unlink()
    values = json.loads(file.read_text())
    assert values["label_by"] == "score"
    values["calibration"]["offsets"] = [3.0, 0.0, 0.0]  # the first class is frequent
    for label_by in ("score", "fit"):
        file.write_text(json.dumps({**values, "label_by": label_by}))
        model = Classifier.load(run.path, device="cpu")
        proba = model.predict_proba(TEXTS)
        highest = [model.classes_[index] for index in proba.argmax(axis=1)]
        assert (model.predict(TEXTS) == highest) is (label_by == "score")


@pytest.mark.parametrize("other", ["train.calibration=none", "data.task=multi_label"])
def test_labels_by_score_need_calibrated_scores_of_one_label(other: str) -> None:
    with pytest.raises(InputError) as caught:
        make_config({}, {"train.label_by": "score", **parse_settings([other])})
    assert "label_by" in str(caught.value.faults)


def test_without_validation_nothing_is_calibrated_and_it_is_said(
    checkpoint: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = tiny(checkpoint, **SHORT, **{"train.calibration": "auto", "split.validation_size": 0})
    run = train(source(tmp_path), tmp_path / "run", settings=settings).run
    assert "scores are not calibrated" in caplog.text
    assert read_model_info(run.model).calibration is None


def test_an_ensemble_is_calibrated_as_a_whole(checkpoint: Path, tmp_path: Path) -> None:
    settings = tiny(checkpoint, **SHORT, **{"train.calibration": "auto", "split.validation_size": 0.3})
    report = train_seeds(source(tmp_path), tmp_path / "out", count=2, settings=settings)
    ensemble = Classifier.load(tmp_path / "out", device="cpu")
    calibration = ensemble.info.calibration
    assert calibration is not None
    members = [Classifier.load(tmp_path / "out" / f"seed-{seed}", device="cpu") for seed in (13, 14)]
    assert all(member.info.calibration not in (None, calibration) for member in members)

    def mean(articles: list) -> np.ndarray:
        found = [m.info.calibration.undone(m.predict_articles(articles)) for m in members if m.info.calibration]
        return np.mean(found, axis=0).astype(np.float32)

    validation = list(report.dataset.articles("validation"))
    y = ensemble.label_set.encode(article.labels for article in validation)
    expected = fit_calibration(mean(validation), y)
    assert calibration.temperatures == pytest.approx(expected.temperatures, rel=1e-3)
    assert calibration.offsets == pytest.approx(expected.offsets, abs=1e-3)
    test = list(report.dataset.articles("test"))
    assert ensemble.predict_articles(test) == pytest.approx(by_hand(calibration, mean(test)), abs=1e-5)
    assert ensemble.decide(ensemble.predict_articles(test)).tolist() == mean(test).argmax(axis=1).tolist()
    assert evaluate(tmp_path / "out", device="cpu") == report.ensemble


def test_folders_from_before_calibration_still_load(checkpoint: Path, tmp_path: Path) -> None:
    run = train(source(tmp_path, 30), tmp_path / "run", settings=tiny(checkpoint, **SHORT)).run
    file = run.model / "classifier.json"
    (run.model / CHECKSUMS).unlink()
    values = json.loads(file.read_text())
    before = Classifier.load(run.path, device="cpu").predict_proba(TEXTS)
    file.write_text(json.dumps({k: v for k, v in values.items() if k not in ("calibration", "abstention")}))
    assert np.array_equal(Classifier.load(run.path, device="cpu").predict_proba(TEXTS), before)
    for damaged in ({"temperatures": [1]}, {"temperatures": [1], "offsets": [0], "more": 1}):
        file.write_text(json.dumps({**values, "calibration": damaged}))
        with pytest.raises(InputError, match="is damaged"):
            Classifier.load(run.path, device="cpu")


@pytest.mark.parametrize("many", [False, True])
def test_the_loss_after_calibration_does_not_depend_on_how_sure_a_model_is(many: bool) -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=(400, 3)) if many else rng.integers(3, size=400)
    truth = y if many else np.eye(3)[y]
    logits = rng.normal(size=(400, 3)) + 1.5 * truth
    sure, unsure = (calibrated_loss(probabilities((logits * by).astype(np.float32), many), y) for by in (3, 0.5))
    assert sure == pytest.approx(unsure, abs=0.01)
    assert calibrated_loss(probabilities((logits + 1.5 * truth).astype(np.float32), many), y) < sure - 0.1
