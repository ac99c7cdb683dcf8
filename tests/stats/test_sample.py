"""Articles that are resampled one by one, in groups, or by two sides."""

import numpy as np
import pytest

from classifier.stats.resampling import bootstrap, count_rows
from classifier.stats.sample import Sample
from classifier.stats.two_way import two_way_draws

VALUES = np.array([[1.0, 1.0], [0.0, 1.0]])
KIND = np.tile([0, 0, 1], 20)
TEXTS, TARGETS = np.repeat(np.arange(12), 5), np.tile(np.arange(10), 6)


@pytest.mark.parametrize("groups", [None, TEXTS])
def test_groups_are_drawn_by_the_bootstrap(groups: np.ndarray | None) -> None:
    sample, rows = Sample(VALUES, KIND, groups), count_rows(VALUES, KIND, groups)
    assert np.array_equal(sample.draws(20, 3), bootstrap(rows, 20, 3))
    assert sample.effective == rows.effective
    assert sample.sums.tolist() == [40, 60]


def test_crossed_pairs_are_drawn_by_both_sides() -> None:
    sample = Sample(VALUES, KIND, TEXTS, TARGETS)
    assert np.array_equal(sample.draws(20, 3), two_way_draws(VALUES, KIND, TEXTS, TARGETS, 20, 3))
    assert sample.effective == pytest.approx(10)
    assert Sample(VALUES, KIND, None, TARGETS).effective == pytest.approx(10)
