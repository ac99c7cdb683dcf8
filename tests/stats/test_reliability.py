from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, log_loss

from classifier.files import read_json_as, write_json
from classifier.stats import reliability
from classifier.stats.calibration import Calibration
from classifier.stats.reliability import (
    Reliability,
    calibration_error,
    equal_mass,
    expected_ece,
    measure_figures,
    measure_scores,
    risk_coverage,
)
from classifier.stats.significance import share_interval


def made(n: int = 3000, *, sure: float = 1.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probabilities that are too high where ``sure`` is above 1; true classes and those that are given, as matrices."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(scale=2, size=(n, 3))
    p = softmax(logits, axis=1)
    y = (p.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)
    proba = softmax(sure * logits, axis=1).astype(np.float32)
    return proba, np.eye(3, dtype=bool)[y], np.eye(3, dtype=bool)[proba.argmax(axis=1)]


def test_a_small_case_by_hand() -> None:
    scores = np.array([0.6] * 10 + [0.9] * 10)
    right = np.array([True] * 5 + [False] * 5 + [True] * 10)
    assert equal_mass(scores).tolist() == [0] * 10 + [1] * 10
    assert calibration_error(scores, right) == pytest.approx((0.1 + 0.1) / 2)
    assert calibration_error(scores[:0], right[:0]) == 0
    assert len(set(equal_mass(np.linspace(0, 1, 1000)).tolist())) == 15
    assert equal_mass(np.linspace(0, 1, 9)).tolist() == [0] * 9


def test_figures_are_those_of_scikit_learn() -> None:
    proba, truth, given = made(sure=2.0)
    found = measure_figures(proba, truth, given, multi_label=False, samples=100)
    scores, right = proba[given].astype(np.float64), truth[given]
    true, mean = calibration_curve(right, scores, n_bins=15, strategy="quantile")
    assert found.ece == pytest.approx(np.abs(true - mean).mean(), abs=1e-3)
    assert [part.right for part in found.bins] == pytest.approx(true.tolist(), abs=1e-6)
    assert [part.score for part in found.bins] == pytest.approx(mean.tolist(), abs=1e-6)
    assert {part.labels for part in found.bins} == {200}
    y = truth.argmax(axis=1)
    assert found.brier == pytest.approx(brier_score_loss(y, proba, labels=[0, 1, 2], scale_by_half=False), abs=1e-6)
    assert found.nll == pytest.approx(log_loss(y, proba, labels=[0, 1, 2]), abs=1e-5)
    curves = [calibration_curve(truth[:, k], proba[:, k], n_bins=15, strategy="quantile") for k in range(3)]
    assert found.classwise_ece == pytest.approx(np.mean([np.abs(t - m).mean() for t, m in curves]), abs=1e-3)


def test_figures_of_several_labels_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    proba = rng.random((400, 3)).astype(np.float32)
    truth = rng.random((400, 3)) < proba**2
    given = proba > 0.6  # some articles have none, others several
    found = measure_figures(proba, truth, given, multi_label=True, samples=100)
    true, mean = calibration_curve(truth[given], proba[given], n_bins=15, strategy="quantile")
    assert found.ece == pytest.approx(np.abs(true - mean).mean(), abs=5e-3)
    columns = range(3)
    assert found.brier == pytest.approx(
        np.mean([brier_score_loss(truth[:, k], proba[:, k]) for k in columns]), abs=1e-6
    )
    assert found.nll == pytest.approx(np.mean([log_loss(truth[:, k], proba[:, k]) for k in columns]), abs=1e-5)


def test_calibrated_scores_differ_from_the_truth_by_chance_alone() -> None:
    proba, truth, given = made(400)
    honest = measure_scores("test", proba, truth, given, None, multi_label=False, samples=400)
    sure = measure_scores("test", *made(400, sure=2.5), None, multi_label=False, samples=400)
    assert honest.after.ece == pytest.approx(honest.expected_ece, abs=0.02)
    assert honest.after.ece_interval[0] == 0
    assert sure.after.ece > 3 * sure.expected_ece
    assert sure.after.ece_interval[0] > 0.05
    assert expected_ece(proba[given].astype(float)) == pytest.approx(
        np.mean([calibration_error(p[g].astype(float), t[g]) for p, t, g in (made(400, seed=s) for s in range(60))]),
        abs=0.006,
    )


def test_intervals_hold_the_true_figure_and_widen_for_groups() -> None:
    large, truth, given = made(60_000, sure=1.6)
    true = measure_figures(large, truth, given, multi_label=False, samples=100)
    inside = []
    for seed in range(60):
        found = measure_figures(*made(300, sure=1.6, seed=seed + 1), multi_label=False, samples=200)
        pairs = (found.ece_interval, true.ece), (found.brier_interval, true.brier), (found.nll_interval, true.nll)
        inside.append([low <= value <= high for (low, high), value in pairs])
    assert (np.mean(inside, axis=0) > 0.8).all()
    twins = tuple(np.repeat(part, 4, axis=0) for part in made(300, sure=1.6))
    groups = np.repeat(np.arange(300), 4)
    alone = measure_figures(*twins, multi_label=False)
    together = measure_figures(*twins, multi_label=False, groups=groups)
    assert np.diff(together.brier_interval) > 1.6 * np.diff(alone.brier_interval)


def test_risk_and_coverage_by_hand() -> None:
    area, points = risk_coverage(np.array([0.5, 0.9, 0.7, 0.6]), np.array([False, True, False, True]))
    assert area == pytest.approx((0 + 1 / 2 + 1 / 3 + 2 / 4) / 4)
    assert [(p.score, p.coverage, round(p.risk, 3)) for p in points] == [
        (0.9, 0.25, 0),
        (0.7, 0.5, 0.5),
        (0.6, 0.75, 0.333),
        (0.5, 1, 0.5),
    ]
    assert risk_coverage(np.array([]), np.array([], dtype=bool)) == (0.0, ())
    assert len(risk_coverage(np.random.default_rng(0).random(5000), np.ones(5000, bool))[1]) == reliability.POINTS


def test_before_and_after_and_back_from_json(tmp_path: Path) -> None:
    raw, truth, given = made(sure=2.5)
    calibration = Calibration((2.5,), (0.0, 0.0, 0.0))
    found = measure_scores("test", calibration.apply(raw), truth, given, calibration, multi_label=False, samples=100)
    plain = measure_figures(raw, truth, given, multi_label=False, samples=100)
    assert found.before.nll == pytest.approx(plain.nll, abs=1e-4)
    assert found.before.ece == pytest.approx(plain.ece, abs=1e-4)
    assert found.after.ece < found.before.ece / 3
    assert found.calibrated
    write_json(tmp_path / "calibration.json", asdict(found))
    assert read_json_as(tmp_path / "calibration.json", Reliability) == found


def test_nothing_given_is_no_error() -> None:
    proba = np.full((20, 2), 0.1, np.float32)
    none = np.zeros((20, 2), bool)
    found = measure_scores("test", proba, none, none, None, multi_label=True, samples=100)
    assert (found.labels, found.after.ece, found.after.bins, found.risk_coverage) == (0, 0, (), ())


def test_curves_have_bands_by_groups_and_none_below_three_of_them() -> None:
    proba, truth, given = made(400)
    groups = np.arange(400) // 10
    found = measure_scores("test", proba, truth, given, None, multi_label=False, groups=groups, samples=20)
    assert found.banded
    for part in found.after.bins:
        assert part.interval is not None and part.interval[0] <= part.right <= part.interval[1]
    last = found.risk_coverage[-1]
    right = truth[given].astype(float)
    assert last.interval == pytest.approx(share_interval(1 - right, groups))  # of all labels, a plain share
    assert found.risk_coverage[0].interval is None  # a label alone
    two = measure_scores("test", proba, truth, given, None, multi_label=False, groups=groups % 2, samples=20)
    assert all(part.interval is None for part in (*two.after.bins, *two.risk_coverage))
