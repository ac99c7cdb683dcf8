"""Differences between groups are found by whole clusters, and rarely where there are none."""

from __future__ import annotations

import numpy as np
import pytest

from classifier.stats.group_difference import contrast, largest_test, together

ALL = np.ones(400, dtype=bool)
ONE = np.zeros(400, dtype=np.int64)


@pytest.mark.parametrize("clusters", [400, 20])
def test_false_alarms_are_rare_and_a_difference_is_found(clusters: int) -> None:
    rng = np.random.default_rng(clusters)
    cluster = np.arange(400) % clusters
    alarms, found = 0, 0
    for _ in range(200):
        inside = (rng.permutation(clusters) < clusters // 2)[cluster]
        rate = rng.beta(16, 4, clusters)[cluster] if clusters < 400 else np.full(400, 0.8)
        for worse in (0.0, 0.25):
            outcome = (rng.random(400) < rate - worse * inside).astype(float)
            p = largest_test(contrast(outcome, inside, ONE, ALL), cluster, samples=300)[0]
            alarms, found = alarms + (worse == 0 and p < 0.05), found + (worse > 0 and p < 0.05)
    assert alarms <= 200 * 0.05 + 6
    assert found > 190


def test_groups_with_other_labels_and_the_same_errors_do_not_differ() -> None:
    truth = np.repeat([0, 1], 200)
    inside = np.concatenate([np.arange(200) % 10 == 0, np.arange(200) % 10 > 0])
    outcome = np.concatenate([np.arange(200) // 10 % 10 == 0, np.arange(200) // 10 % 2 == 0]).astype(float)
    plain, fair = (contrast(outcome, inside, strata, ALL) for strata in (ONE, truth))
    assert largest_test(plain, np.arange(400))[0] < 0.01
    assert largest_test(fair, np.arange(400))[0] > 0.5


def test_one_test_for_many_rates_raises_each_p_value() -> None:
    rng = np.random.default_rng(0)
    inside, outcome = np.arange(400) < 200, (rng.random(400) < 0.5).astype(float)
    outcome[:20] = 1
    alone = contrast(outcome, inside, ONE, ALL)
    others = [contrast((rng.random(400) < 0.5).astype(float), inside, ONE, ALL) for _ in range(20)]
    p = largest_test(together([alone, *others]), np.arange(400))
    assert p[0] > largest_test(alone, np.arange(400))[0]
    assert p.shape == (21,) and (p > 0).all() and (p <= 1).all()


def test_where_nothing_varies_nothing_differs() -> None:
    assert largest_test(contrast(np.ones(400), np.arange(400) < 9, ONE, ALL), np.arange(400))[0] == 1.0
