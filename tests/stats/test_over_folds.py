import numpy as np
import pytest

from classifier.stats.over_folds import interval_over_folds
from classifier.stats.significance import corrected_t_test


def test_it_is_the_corrected_t_around_the_mean_or_another_figure() -> None:
    figures = np.array([0.7, 0.8, 0.75, 0.72, 0.78])
    mean = interval_over_folds(figures)
    assert mean == pytest.approx(corrected_t_test(figures, 1 / 4)[1])
    assert mean is not None
    assert interval_over_folds(figures, around=0.8) == pytest.approx([bound + 0.8 - 0.75 for bound in mean])
    assert interval_over_folds(figures, limits=(0.7, 0.76)) == (0.7, 0.76)


def test_two_folds_give_none() -> None:
    assert interval_over_folds(np.array([0.7, 0.8])) is None
