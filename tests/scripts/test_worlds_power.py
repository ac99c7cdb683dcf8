"""The simulated worlds behind the figures of docs/measured.md on what test articles can show."""

import numpy as np
from worlds.power import ACCURACY, answers, rows

from classifier.stats.power import ALIKE, intraclass_correlation


def test_two_models_differ_by_what_they_should_and_groups_are_alike() -> None:
    groups = np.repeat(np.arange(4000), 10)
    first, second = answers(np.random.default_rng(0), groups, 0.05, alone=False)
    assert abs((first - second).mean() - 0.05) < 0.01
    assert abs((first + second).mean() / 2 - ACCURACY) < 0.01
    assert abs((first != second).mean() - ALIKE * 2 * ACCURACY * (1 - ACCURACY)) < 0.01
    assert 0.1 < intraclass_correlation(second, groups) < 0.2
    assert 0.1 < intraclass_correlation(first - second, groups) < 0.2


def test_every_setting_is_tried() -> None:
    found = list(rows(2, 0))
    assert {row.worlds + row.refused for row in found} == {2}
    assert [row.refused for row in found if row.setting == "5 groups of 15"] == [2]
