"""A classifier for other shares of labels: what is refused, and what becomes of its scores, labels and promises."""

import shlex
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.errors import InputError
from classifier.models.adaptation import adaptation, check_adaptable, check_shares
from classifier.models.classifier import Classifier
from classifier.stats.abstention import Abstention
from classifier.stats.calibration import Calibration
from classifier.stats.label_shift import ShareShift, ValidationScores, validation_scores
from tests.makers.models import make_model_folder

LABELS = ("opinion", "reporting", "satire")


def scored(n: int, shares: tuple[float, ...], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Calibrated scores under shares of .6, .3 and .1, of articles with other shares; and their labels."""
    rng = np.random.default_rng(seed)
    y = rng.choice(3, size=n, p=shares)
    evidence = rng.normal(size=(n, 3)) * 1.2 + 1.44 * np.eye(3)[y]
    proba = np.exp(evidence) * np.array([0.6, 0.3, 0.1])
    return (proba / proba.sum(axis=1, keepdims=True)).astype(np.float32), y


@pytest.fixture
def model(tmp_path: Path, checkpoint: Path) -> Classifier:
    make_model_folder(tmp_path / "model", checkpoint, labels=LABELS)
    bare = Classifier.load(tmp_path / "model", device="cpu")
    known = validation_scores(*scored(400, (0.6, 0.3, 0.1), 0))
    info = replace(bare.info, calibration=Calibration((1.0,), (0.0,) * 3), validation=known)
    return replace(bare, info=replace(info, abstention=Abstention(0.9, (0.9, 0.9, 0.9)), label_by="fit"))


def test_shares_are_of_all_labels_and_add_up(model: Classifier) -> None:
    good = {"satire": 0.1, "opinion": 0.3, "reporting": 0.6}
    assert check_shares(good, model.info) == pytest.approx((0.3, 0.6, 0.1))
    assert sum(check_shares(dict.fromkeys(LABELS, 0.33), model.info)) == pytest.approx(1)  # rounded by hand
    several = replace(model.info, multi_label=True)
    assert check_shares(dict.fromkeys(LABELS, 0.9), several) == (0.9, 0.9, 0.9)


@pytest.mark.parametrize(
    ("shares", "says"),
    [
        ({"opinion": 0.5, "reporting": 0.5}, "There is no share of 'satire'"),
        ({"opinion": 0.5, "reporting": 0.5, "satyre": 0}, r"knows no label 'satyre'\. Did you mean 'satire'"),
        ({"opinion": 0.5, "reporting": 0.5, "satire": 0.5}, r"add up to 1, .* They add up to 1\.5"),
        ({"opinion": 30, "reporting": 60, "satire": 10}, "between 0 and 1. Got 30 for 'opinion'"),
        ({"opinion": "a", "reporting": 0.6, "satire": 0.1}, "Got 'a' for 'opinion'"),
        ({"opinion": float("nan"), "reporting": 0.6, "satire": 0.1}, "Got nan for 'opinion'"),
        ({"opinion": -0.1, "reporting": 1, "satire": 0.1}, "Got -0.1"),
    ],
)
def test_shares_that_cannot_be_are_refused(model: Classifier, shares: dict[str, float], says: str) -> None:
    with pytest.raises(InputError, match=rf"(?s){says}.*\nFix: .*--shares opinion=0.333,reporting=0.333,satire=0.334"):
        check_shares(shares, model.info)


@pytest.mark.parametrize("labels", [6, 7, 8, 23, 29, 660])
def test_the_shares_that_a_message_names_are_taken(model: Classifier, labels: int) -> None:
    info = replace(model.info, labels=(*map(str, range(labels - 1)), 'a "b" c'))
    with pytest.raises(InputError) as error:
        check_shares({"opinion": 1.0}, info)
    option, given = shlex.split(error.value.fix.partition(": ")[2])
    shares = dict(pair.split("=") for pair in given.split(","))
    assert option == "--shares" and len(shares) == labels
    assert sum(check_shares({name: float(share) for name, share in shares.items()}, info)) == pytest.approx(1)


def test_a_model_that_does_not_know_its_shares_is_refused_with_what_to_type(model: Classifier) -> None:
    with pytest.raises(InputError, match=r"older version trained it\.\nFix: .*classifier evaluate runs/a --adapt"):
        check_adaptable(replace(model.info, validation=None), "runs/a")
    with pytest.raises(InputError, match="are not calibrated"):
        check_adaptable(replace(model.info, calibration=None))


def test_scores_and_labels_follow_the_shares_and_thresholds_do_not_stay(model: Classifier) -> None:
    proba, y = scored(600, (0.1, 0.8, 0.1), 5)
    found = adaptation(model, proba)
    assert found.changes
    assert found.shift.shares == pytest.approx((0.1, 0.8, 0.1), abs=0.15)
    assert (found.adapted.info.abstention, found.adapted.info.sets) == (None, None)
    before, after = model.decide(proba), found.adapted.decide(found.scores(proba))
    assert (after == y).mean() > (before == y).mean() + 0.1
    assert found.changed(proba) == (before != after).sum()
    assert model.info.abstention is not None, "the classifier itself stays as it is"


def test_known_shares_are_taken_as_they_are_and_label_by_score_is_the_highest(model: Classifier) -> None:
    proba, _ = scored(40, (0.1, 0.8, 0.1), 5)
    found = adaptation(replace(model, info=replace(model.info, label_by="score")), proba, (0.2, 0.7, 0.1))
    assert found.shift == ShareShift(LABELS, known_of(model).shares, (0.2, 0.7, 0.1), articles=40, validation=400)
    scores = found.scores(proba)
    assert np.array_equal(found.adapted.decide(scores), scores.argmax(axis=1))
    assert adaptation(model, proba[:0], (0.2, 0.7, 0.1)).scores(proba[:0]).shape == (0, 3)


def test_without_a_shift_everything_stays_unless_that_is_asked_for(model: Classifier) -> None:
    proba, _ = scored(300, (0.6, 0.3, 0.1), 9)
    found = adaptation(model, proba)
    assert not found.changes
    assert found.adapted is model
    assert found.scores(proba) is proba
    assert found.changed(proba) == 0
    assert adaptation(model, proba, anyway=True).changes


def test_too_few_articles_are_refused(model: Classifier) -> None:
    proba, y = scored(9, (0.6, 0.3, 0.1), 8)
    with pytest.raises(InputError, match=r"from 9 articles: that takes 10\.\nFix: .*--shares"):
        adaptation(model, proba)
    small = replace(model, info=replace(model.info, validation=validation_scores(proba, y)))
    with pytest.raises(InputError, match="calibrated on 9 validation articles"):
        adaptation(small, scored(50, (0.6, 0.3, 0.1), 8)[0])
    few = replace(known_of(model), rows=tuple(row.replace("2:", "1:") for row in known_of(model).rows))
    with pytest.raises(
        InputError, match=r"fewer than 5 validation articles have the label 'satire'.*\nFix: .*--shares"
    ):
        adaptation(replace(model, info=replace(model.info, validation=few)), scored(50, (0.6, 0.3, 0.1), 8)[0])
    adaptation(small, proba, (0.2, 0.7, 0.1))  # known shares are not estimated


def known_of(model: Classifier) -> ValidationScores:
    assert model.info.validation is not None
    return model.info.validation


def test_articles_of_another_kind_contradict_label_shift_and_are_left_alone(model: Classifier) -> None:
    middling = np.tile(np.array([[0.3, 0.35, 0.35]], np.float32), (200, 1))
    proba = middling + np.random.default_rng(0).normal(0, 0.02, middling.shape).astype(np.float32)
    found = adaptation(model, proba / proba.sum(axis=1, keepdims=True))
    assert found.shift.found
    assert found.shift.contradicted
    assert not found.changes
