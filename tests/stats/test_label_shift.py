"""Shares of labels of a corpus from scores alone, on worlds whose shares and scores are known exactly."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit, logit, softmax

from classifier.stats.calibration import Calibration, fit_calibration
from classifier.stats.label_shift import (
    STORED,
    ValidationScores,
    adapted,
    estimate,
    find_shift,
    source_numbers,
    validation_scores,
    with_shares,
)

NAMES = ("a", "b", "c")
BASE = np.array([0.7, 0.2, 0.1])
NEW = np.array([0.2, 0.3, 0.5])


def made(n: int, shares: np.ndarray, seed: int = 0, heat: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of a model that weighs classes alike, as class weights make it, ``heat`` times too sure; labels."""
    rng = np.random.default_rng(seed)
    y = rng.choice(len(shares), size=n, p=shares)
    evidence = rng.normal(size=(n, len(shares))) + 1.5 * np.eye(len(shares))[y]
    return softmax(heat * 1.5 * evidence, axis=1).astype(np.float32), y


def stored(n: int, seed: int = 0) -> tuple[Calibration, ValidationScores]:
    proba, y = made(n, BASE, seed, heat=2.0)
    calibration = fit_calibration(proba, y)
    return calibration, validation_scores(calibration.apply(proba), y)


def test_the_shares_that_scores_take_for_granted_are_those_of_validation_and_not_of_equal_weights() -> None:
    _, known = stored(5000)
    assert known.shares == pytest.approx(BASE, abs=0.02)
    assert sum(known.shares) == pytest.approx(1, abs=1e-5)
    assert known.articles == 5000
    assert len(known.rows) == STORED
    assert known.scores.mean(axis=0) == pytest.approx(known.shares, abs=0.05)
    assert known.truth.mean(axis=0) == pytest.approx(BASE, abs=0.05)


def test_validation_itself_has_its_own_shares() -> None:
    proba, y = made(300, BASE)
    scores = fit_calibration(proba, y).apply(proba)
    for strength in (0, 50):
        assert estimate(scores, scores.mean(axis=0), strength=strength) == pytest.approx(scores.mean(axis=0), abs=1e-4)


def test_it_is_the_greatest_likelihood() -> None:
    calibration, known = stored(2000)
    scores = calibration.apply(made(400, NEW, seed=5, heat=2.0)[0]).astype(float)
    ratios = scores / np.array(known.shares)
    best = minimize(lambda z: -np.log(ratios @ softmax([*z, 0.0])).sum(), np.zeros(2), method="Nelder-Mead")
    assert estimate(scores, known.shares, strength=0) == pytest.approx(softmax([*best.x, 0.0]), abs=1e-3)


def test_a_corpus_with_other_shares_is_found_and_its_scores_are_right_again() -> None:
    calibration, known = stored(2000, seed=2)
    proba, y = made(5000, NEW, seed=9, heat=2.0)
    scores = calibration.apply(proba)
    found = find_shift(scores, known, NAMES)
    assert found.found
    assert found.intervals is not None
    assert found.shares == pytest.approx(NEW, abs=0.06)
    for share, (low, high) in zip(NEW, found.intervals, strict=True):
        assert low <= share <= high
        assert high - low < 0.15
    again = with_shares(scores, known.shares, found.shares)
    assert again.mean(axis=0) == pytest.approx(np.bincount(y) / len(y), abs=0.06)
    right = np.log(again[np.arange(len(y)), y]).mean() - np.log(scores[np.arange(len(y)), y]).mean()
    assert right > 0.1
    assert adapted(calibration, known.shares, found.shares).apply(proba) == pytest.approx(again, abs=1e-5)


def test_no_shift_is_seldom_called_one() -> None:
    alarms = 0
    for seed in range(40):
        calibration, known = stored(200, seed)
        alarms += find_shift(calibration.apply(made(60, BASE, 100 + seed, heat=2.0)[0]), known, NAMES).found
    assert alarms <= 5


def test_few_articles_do_not_run_away() -> None:
    calibration, known = stored(500)
    few = calibration.apply(made(5, np.array([0.0, 0.0, 1.0]), seed=3, heat=2.0)[0])
    assert estimate(few, known.shares, strength=0)[2] > 0.8
    assert estimate(few, known.shares)[2] < 0.5


def test_each_of_several_labels_has_a_share_of_its_own() -> None:
    def several(n: int, shares: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng(seed)
        y = (rng.random((n, len(shares))) < shares).astype(np.int64)
        evidence = rng.normal(size=y.shape) + 2 * y - 1
        return expit(2 * evidence + logit([0.5, 0.1])).astype(np.float32), y

    proba, y = several(3000, np.array([0.5, 0.1]), 0)
    calibration = fit_calibration(proba, y)
    known = validation_scores(calibration.apply(proba), y)
    assert known.shares == pytest.approx([0.5, 0.1], abs=0.03)
    scores = calibration.apply(several(4000, np.array([0.5, 0.6]), 1)[0])
    found = find_shift(scores, known, ("a", "b"), multi_label=True)
    assert found.found
    assert found.shares == pytest.approx([0.5, 0.6], abs=0.05)
    assert found.intervals is not None
    assert found.intervals[1][0] < 0.6 < found.intervals[1][1]
    again = with_shares(scores, known.shares, found.shares, multi_label=True)
    assert again.mean(axis=0) == pytest.approx([0.5, 0.6], abs=0.05)


def test_labels_of_share_0_get_no_score_and_nothing_breaks() -> None:
    scores = with_shares(np.array([[0.5, 0.5], [1.0, 0.0]], np.float32), (0.5, 0.5), (0.0, 1.0))
    assert scores[0] == pytest.approx([0, 1], abs=1e-5)
    assert np.isfinite(scores).all()
    each = with_shares(np.array([[0.5, 1.0]], np.float32), (0.5, 0.5), (0.0, 1.0), multi_label=True)
    assert each[0] == pytest.approx([0, 1], abs=1e-4)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"shares": (0.5, 0.5)}, "validation.shares: there must be 3"),
        ({"shares": (0.5, 0.5, -1.0)}, "validation.shares"),
        ({"rows": ()}, "validation.rows: there are 0"),
        ({"articles": 1}, "of 1 articles"),
        ({"rows": ("0: 1 0 0", "0: 1 0")}, "line 2 is no article of 3 labels"),
        ({"rows": ("x: 1 0 0", "0: 1 0 0")}, "line 1"),
        ({"groups": (1,)}, "validation.groups: there are 1, of 2 lines"),
        ({"rows": ("0 1 0 0", "0: 1 0 0")}, "line 1"),
        ({"rows": ("0: 1 0 7", "0: 1 0 0")}, "line 1"),
    ],
)
def test_what_cannot_be_true_is_said(change: dict, says: str) -> None:  # type: ignore[type-arg]
    values = {"shares": (0.5, 0.3, 0.2), "articles": 2, "rows": ("0: 1 0 0", "2: 0.1 0.2 0.7"), **change}
    good = ValidationScores((0.5, 0.3, 0.2), 2, ("0: 1 0 0", "2: 0.1 0.2 0.7"))
    assert good.wrong(3) == ""
    assert says in ValidationScores(**values).wrong(3)


def test_sources_that_differ_are_no_shift_and_are_drawn_whole() -> None:
    rng = np.random.default_rng(4)

    def of_sources(first: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
        proba, y = made(400, BASE, seed=first, heat=2.0)
        sources = np.repeat(np.arange(16), 25)
        moved = np.log(proba) + rng.normal(0, 1.5, (16, 3))[sources]
        return softmax(moved, axis=1).astype(np.float32), y, [f"{first}-{source}" for source in sources]

    proba, y, sources = of_sources(1)
    calibration = fit_calibration(proba, y)
    known = validation_scores(calibration.apply(proba), y, sources)
    assert len(set(known.groups)) == 16
    whole, alone, widths = 0, 0, []
    for seed in range(2, 12):
        new, _, of = of_sources(seed)
        together = find_shift(calibration.apply(new), known, NAMES, sources=of)
        apart = find_shift(calibration.apply(new), known, NAMES)
        assert (together.by_source, apart.by_source) == (True, False)
        assert together.intervals is not None
        assert apart.intervals is not None
        widths.append([np.diff(one).mean() for one in (together.intervals, apart.intervals)])
        whole, alone = whole + together.found, alone + apart.found
    assert whole <= 3 < alone
    wide, narrow = np.mean(widths, axis=0)
    assert wide > 1.5 * narrow


def test_sources_that_tell_nothing_are_left_out() -> None:
    assert source_numbers(["a", "a", "b", ""]) is not None
    for nothing in ([], ["a", "a"], ["a", "b", "c"], ["", None, ""]):
        assert source_numbers(nothing) is None
    several = source_numbers(["", "a", None, "a", "b"])
    assert several is not None
    assert len(set(several)) == 4
