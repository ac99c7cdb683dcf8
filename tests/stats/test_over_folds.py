import numpy as np
import pytest

from classifier.stats.over_folds import gain_over_folds, interval_over_folds
from classifier.stats.significance import corrected_t_test


def test_it_is_the_corrected_t_around_the_mean_or_another_figure() -> None:
    figures = np.array([0.7, 0.8, 0.75, 0.72, 0.78])
    mean = interval_over_folds(figures)
    assert mean == pytest.approx(corrected_t_test(figures, 1 / 4)[1])
    assert mean is not None
    assert interval_over_folds(figures, around=0.8) == pytest.approx([bound + 0.8 - 0.75 for bound in mean])
    assert interval_over_folds(figures, limits=(0.7, 0.76)) == (0.7, 0.76)


def test_a_gain_is_sure_where_its_interval_leaves_out_zero() -> None:
    rng = np.random.default_rng(0)
    for value in np.linspace(-0.1, 0.1, 41):
        found = gain_over_folds(rng.normal(0, 0.05, 8), float(value))
        assert found.interval is not None
        assert found.interval_90 is not None
        assert found.p is not None
        assert (found.p < 0.05) == (not found.interval[0] <= 0 <= found.interval[1])
        assert found.interval[0] < found.interval_90[0] < value < found.interval_90[1] < found.interval[1]
    differences = rng.normal(0.02, 0.05, 8)
    theirs = corrected_t_test(differences, 1 / 7)
    ours = gain_over_folds(differences, float(differences.mean()))
    assert (ours.p, *(ours.interval or ())) == pytest.approx((theirs[0], *theirs[1]))


def test_two_folds_give_none() -> None:
    assert interval_over_folds(np.array([0.7, 0.8])) is None
