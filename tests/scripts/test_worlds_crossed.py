"""Worlds of crossed pairs: their truth is that of many pairs, and the part gives a row for each figure and method."""

from dataclasses import replace

import numpy as np
import pytest
from worlds import crossed

from classifier.stats.metrics import counts


@pytest.mark.parametrize("spread", [0.0, 0.7])
def test_the_truth_is_that_of_many_pairs(spread: float) -> None:
    setting = replace(crossed.SETTINGS[0], pairs=crossed.complete(600, 600), text=spread, target=spread)
    _, label, said = crossed.world(setting, np.random.default_rng(0))
    sums = np.concatenate([counts(label, one, crossed.LABELS).sum(axis=0) for one in said])
    wanted = crossed.truth(setting)
    assert {name: float(value) for name, value in crossed.figures(sums).items()} == pytest.approx(wanted, abs=0.015)


def test_every_figure_has_a_row_for_each_method() -> None:
    rows = list(crossed.rows(2, 0))
    assert len(rows) == len(crossed.SETTINGS) * len(crossed.FIGURES) * len(crossed.METHODS)
    assert {row.worlds for row in rows} == {2}
    assert all(row.width and row.width > 0 for row in rows)
