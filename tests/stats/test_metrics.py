import itertools

import numpy as np
import pytest
from sklearn import metrics as sk

from classifier.stats.metrics import (
    best_thresholds,
    confusion,
    difference,
    headline,
    intervals,
    per_class,
    resampled,
)

LABELS = ("a", "b", "c", "d")


def random_labels(n: int, seed: int = 0, missing: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = rng.integers(4, size=n)
    p = np.where(rng.random(n) < 0.6, y, rng.integers(4, size=n))
    if missing is not None:
        y[y == missing] = 0
        p[p == missing] = 1
    return y, p


@pytest.mark.parametrize("missing", [None, 2])
def test_headline_figures_are_those_of_scikit_learn(missing: int | None) -> None:
    y, p = random_labels(200, missing=missing)
    figures = headline(y, p, LABELS)
    assert figures["accuracy"] == pytest.approx(sk.accuracy_score(y, p))
    for average in ("macro", "micro", "weighted"):
        assert figures[f"f1_{average}"] == pytest.approx(sk.f1_score(y, p, average=average))
    assert figures["matthews_correlation"] == pytest.approx(sk.matthews_corrcoef(y, p))


def test_multi_label_figures_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    y, p = rng.integers(2, size=(100, 4)), rng.integers(2, size=(100, 4))
    figures = headline(y, p, LABELS)
    assert figures["accuracy"] == pytest.approx(sk.accuracy_score(y, p))
    for average in ("macro", "micro", "weighted"):
        assert figures[f"f1_{average}"] == pytest.approx(sk.f1_score(y, p, average=average))


def test_one_predicted_class_has_no_correlation() -> None:
    assert headline(np.array([0, 1]), np.array([0, 0]), ("a", "b"))["matthews_correlation"] == 0


def test_the_interval_is_that_of_an_exact_enumeration() -> None:
    y, p = np.array([0, 0, 1, 1, 0]), np.array([0, 1, 1, 1, 0])
    exact = [headline(y[list(at)], p[list(at)], ("a", "b"))["accuracy"] for at in itertools.product(range(5), repeat=5)]
    low, high = intervals(y, p, ("a", "b"), samples=20_000)["accuracy"]
    assert (low, high) == pytest.approx(tuple(np.quantile(exact, [0.025, 0.975])))


def test_intervals_cover_the_truth_about_95_times_in_100() -> None:
    rng = np.random.default_rng(1)
    covered = 0
    for seed in range(200):
        y = rng.integers(2, size=150)
        p = np.where(rng.random(150) < 0.8, y, 1 - y)
        low, high = intervals(y, p, ("a", "b"), samples=300, seed=seed)["accuracy"]
        covered += low <= 0.8 <= high
    assert 0.90 <= covered / 200 <= 0.99


def test_a_paired_difference_is_narrower_than_the_two_intervals() -> None:
    y, p = random_labels(400)
    worse = p.copy()
    worse[:20] = (y[:20] + 1) % 4
    gain, (low, high) = difference(y, p, worse, LABELS, "accuracy")
    assert gain == pytest.approx(headline(y, p, LABELS)["accuracy"] - headline(y, worse, LABELS)["accuracy"])
    single_low, single_high = intervals(y, p, LABELS)["accuracy"]
    assert high - low < (single_high - single_low) / 2
    assert low > 0


def test_fnc1_score_is_the_official_one() -> None:
    labels = ("agree", "disagree", "discuss", "unrelated")
    y = np.array([0, 1, 2, 3, 3, 0, 3])
    p = np.array([0, 0, 2, 3, 0, 3, 3])
    official = (1 + 0.25 + 1 + 0.25 + 0 + 0 + 0.25) / (1 + 1 + 1 + 0.25 + 0.25 + 1 + 0.25)
    assert headline(y, p, labels)["fnc1_score"] == pytest.approx(official)
    assert "fnc1_score" not in headline(y, p, LABELS)


@pytest.mark.parametrize("classes", [1, 3])
def test_per_class_and_confusion_of_multi_label(classes: int) -> None:
    rng = np.random.default_rng(0)
    y, p = rng.integers(2, size=(60, classes)), rng.integers(2, size=(60, classes))
    table = per_class(y, p, ["accuracy", "b", "c"][:classes])
    for index, row in enumerate(table.values()):
        assert row["f1-score"] == pytest.approx(sk.f1_score(y[:, index], p[:, index]))
        assert row["support"] == y[:, index].sum()
        assert confusion(y, p, classes)[index].tolist() == sk.confusion_matrix(y[:, index], p[:, index]).tolist()


def test_per_class_has_the_shape_of_classification_report() -> None:
    y, p = random_labels(50, missing=2)
    table = per_class(y, p, LABELS)
    assert list(table) == list(LABELS)
    assert table["c"] == {"precision": 0.0, "recall": 0.0, "f1-score": 0.0, "support": 0.0}


def test_thresholds_have_the_best_f1() -> None:
    rng = np.random.default_rng(0)
    y = (rng.random((300, 2)) < [0.1, 0.5]).astype(np.int64)
    proba = np.clip(0.3 * y + 0.5 * rng.random((300, 2)), 0, 1).astype(np.float32)
    found = best_thresholds(y, proba)
    for column in range(2):
        scores = [sk.f1_score(y[:, column], proba[:, column] >= t) for t in np.linspace(0, 1, 401)]
        assert sk.f1_score(y[:, column], proba[:, column] >= found[column]) >= max(scores) - 1e-9
    assert best_thresholds(np.zeros((3, 1), dtype=np.int64), np.ones((3, 1), dtype=np.float32)) == [0.5]


def test_resampled_predictions_are_paired() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=200)
    good, bad = np.where(rng.random(200) < 0.9, y, 0), np.where(rng.random(200) < 0.5, y, 0)
    groups = np.arange(200) // 4
    draws = resampled(y, [good, bad], ["a", "b", "c"], groups=groups, samples=300)
    gain, bounds = difference(y, good, bad, ["a", "b", "c"], "f1_macro", groups=groups, samples=300)
    ours = draws[0]["f1_macro"] - draws[1]["f1_macro"]
    assert np.quantile(ours, [0.025, 0.975]) == pytest.approx(bounds)
    assert ours.mean() == pytest.approx(gain, abs=0.02)


def test_a_class_that_is_not_recognised_is_not_given_to_nearly_every_article() -> None:
    proba = np.linspace(0.02, 0.01, 22, dtype=np.float32)[:, None]
    y = np.zeros((22, 1), dtype=np.int64)
    y[18] = 1  # the best F1, .1, would be that of giving it to 19 of 22
    (threshold,) = best_thresholds(y, proba)
    assert (proba >= threshold).sum() == 1
