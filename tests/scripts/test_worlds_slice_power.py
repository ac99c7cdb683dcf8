"""The simulated worlds behind the figures of docs/measured.md on slices."""

import numpy as np
from worlds.slice_power import ACCURACY, SETTINGS, answers, rows


def test_a_slice_is_worse_by_what_it_should_be() -> None:
    groups = np.repeat(np.arange(4000), 10)
    right = answers(np.random.default_rng(0), groups, groups < 2000, 0.2)
    assert abs(right[groups < 2000].mean() - ACCURACY + 0.2) < 0.01
    assert abs(right[groups >= 2000].mean() - ACCURACY) < 0.01


def test_each_setting_is_tried_with_and_without_a_difference() -> None:
    assert len(list(rows(2, 0))) == 2 * len(SETTINGS)
