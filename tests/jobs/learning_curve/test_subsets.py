"""Parts of the training articles: nested, stratified, units whole."""

from itertools import pairwise

import numpy as np
import pytest

from classifier.jobs.learning_curve.subsets import nested_subsets

SHARES = [0.1, 0.25, 0.5, 1.0]


@pytest.mark.parametrize("seed", range(5))
def test_smaller_parts_lie_within_larger_ones_and_labels_keep_their_shares(seed: int) -> None:
    labels = [("a",)] * 300 + [("b",)] * 90 + [("c",)] * 10
    parts = nested_subsets(labels, np.arange(400), SHARES, seed)
    for smaller, larger in pairwise(parts):
        assert set(smaller) < set(larger)
    for share, rows in zip(SHARES, parts, strict=True):
        assert len(rows) == 400 * share
        assert list(rows) == sorted(set(rows))
        for name, count in (("a", 300), ("b", 90), ("c", 10)):
            assert sum(labels[row] == (name,) for row in rows) == pytest.approx(share * count, abs=1)


def test_other_seeds_draw_other_articles() -> None:
    first, second = (nested_subsets([("a",)] * 100, np.arange(100), [0.3], seed)[0] for seed in (0, 1))
    assert set(first) != set(second)


@pytest.mark.parametrize("seed", range(5))
def test_units_stay_whole(seed: int) -> None:
    rng = np.random.default_rng(seed)
    units = np.sort(rng.integers(25, size=300)) * 7  # numbers with gaps, as those of a split have
    labels = [("ab"[unit % 2],) for unit in units.tolist()]
    for share, rows in zip(SHARES, nested_subsets(labels, units, SHARES, seed), strict=True):
        inside = np.isin(np.arange(300), rows)
        for unit in np.unique(units):
            assert len(set(inside[units == unit])) == 1
        assert len(rows) == pytest.approx(share * 300, abs=10)


def test_several_labels_and_none() -> None:
    labels = [("a", "rare") if i % 20 == 0 else () if i % 3 == 0 else ("a",) for i in range(200)]
    parts = nested_subsets(labels, np.arange(200), [0.5, 1.0], 0)
    assert sum("rare" in labels[row] for row in parts[0]) == pytest.approx(5, abs=1)
    assert len(parts[1]) == 200


def test_there_is_always_a_unit() -> None:
    (rows,) = nested_subsets([("a",)] * 10, np.repeat([0, 1], 5), [0.01], 0)
    assert len(rows) == 5
