import numpy as np
import pytest
from scipy.special import expit, logit, softmax

from classifier.stats.calibration import fit_calibration
from classifier.stats.label_shift import adapted, find_shift, validation_scores, with_shares
from tests.makers.label_shift import BASE, NAMES, NEW, made, stored


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
