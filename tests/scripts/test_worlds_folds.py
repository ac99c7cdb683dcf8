"""Simulated cross-validations, seeds and looks at test."""

import numpy as np
import pytest
from worlds import fold_pairs, folds, folds_over_time, looks, seed_means, seeds
from worlds.tally import Part

PARTS = [folds.PART, folds_over_time.PART, fold_pairs.PART, looks.PART, seeds.PART, seed_means.PART]


@pytest.mark.parametrize("part", PARTS)
def test_a_part_gives_a_row_for_each_setting_and_method(part: Part) -> None:
    rows = list(part.rows(3, 0))
    assert len({(row.setting, row.method) for row in rows}) == len(rows) > 5
    assert all(row.worlds == 3 for row in rows)


def test_the_true_accuracy_is_that_of_very_many_articles() -> None:
    setting = folds.Setting("x", (1,) * 100, 4)
    one = folds.world(setting, np.random.default_rng(0))
    assert one.final == pytest.approx(0.6, abs=0.15)
    assert sorted(np.bincount(one.fold)) == [25] * 4
    rng = np.random.default_rng(1)
    weights, bias = rng.normal(size=folds.FEATURES) + 0.5, 0.3
    mean, y = np.full(folds.FEATURES, 0.2), rng.integers(2, size=200_000)
    x = (2 * y - 1)[:, None] * mean + np.sqrt(1 + 0.5**2) * rng.normal(size=(len(y), folds.FEATURES))
    measured = float((((x @ weights + bias) > 0) == y).mean())
    assert folds.accuracy(weights, bias, mean, 0.5) == pytest.approx(measured, abs=0.005)
