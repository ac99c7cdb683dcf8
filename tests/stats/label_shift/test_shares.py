import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import softmax

from classifier.stats.calibration import fit_calibration
from classifier.stats.label_shift import estimate, with_shares
from classifier.stats.label_shift.shares import em, em_of_draws
from tests.makers.label_shift import BASE, NEW, made, stored


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


def test_few_articles_do_not_run_away() -> None:
    calibration, known = stored(500)
    few = calibration.apply(made(5, np.array([0.0, 0.0, 1.0]), seed=3, heat=2.0)[0])
    assert estimate(few, known.shares, strength=0)[2] > 0.8
    assert estimate(few, known.shares)[2] < 0.5


def test_labels_of_share_0_get_no_score_and_nothing_breaks() -> None:
    scores = with_shares(np.array([[0.5, 0.5], [1.0, 0.0]], np.float32), (0.5, 0.5), (0.0, 1.0))
    assert scores[0] == pytest.approx([0, 1], abs=1e-5)
    assert np.isfinite(scores).all()
    each = with_shares(np.array([[0.5, 1.0]], np.float32), (0.5, 0.5), (0.0, 1.0), multi_label=True)
    assert each[0] == pytest.approx([0, 1], abs=1e-4)


def test_many_draws_at_once_are_those_one_by_one() -> None:
    rng = np.random.default_rng(0)
    proba = made(80, NEW, seed=1)[0].astype(float)
    bases, weights = rng.dirichlet([5, 2, 1], size=9), rng.standard_gamma(1, (9, 80))
    one_by_one = [em(proba, base, given, 7) for base, given in zip(bases, weights, strict=True)]
    assert em_of_draws(proba, bases, weights, 7) == pytest.approx(np.array(one_by_one), abs=1e-5)
