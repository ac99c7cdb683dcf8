"""What the score test of slices could have found."""

from __future__ import annotations

import numpy as np
import pytest

from classifier.stats.detectable import smallest_by_score
from classifier.stats.significance import score_test

WORLDS = 400


@pytest.mark.parametrize(
    ("count", "size", "inside", "level"),
    [(300, 1, 60, 0.05), (300, 1, 60, 0.05 / 12), (60, 6, 20, 0.05 / 4), (20, 10, 8, 0.05)],
)
def test_the_stated_difference_is_found_in_about_four_of_five_cases(count, size, inside, level):
    rng, groups = np.random.default_rng(count), np.repeat(np.arange(count), size)
    chosen = groups < inside

    def answers(lower: float) -> np.ndarray:
        together = rng.random(count)[groups] < 0.8 - lower * chosen
        alone = rng.random(len(groups)) < 0.8 - lower * chosen
        return np.where(rng.random(len(groups)) < 0.3, together, alone).astype(float)  # groups are alike

    found = 0
    for _ in range(WORLDS):
        detectable = smallest_by_score(answers(0.0), chosen, groups, level=level)
        found += score_test(answers(detectable), chosen, groups) < level
    assert 0.7 <= found / WORLDS <= 0.9


def test_a_few_groups_can_never_be_surely_worse_among_many_slices():
    groups = np.repeat(np.arange(40), 10)
    right = (np.random.default_rng(0).random(400) < 0.8).astype(float)
    assert smallest_by_score(right, groups < 5, groups, level=0.05 / 12) == 1.0
    assert score_test(np.where(groups < 5, 0.0, right), groups < 5, groups) > 0.05 / 12  # all of them wrong
    assert smallest_by_score(right, groups < 20, groups, level=0.05 / 12) < 0.3


@pytest.mark.parametrize(
    ("right", "inside"),
    [
        (np.zeros(20), np.arange(20) < 10),  # nothing can be worse than all wrong
        (np.ones(20), np.ones(20, dtype=bool)),  # nothing to compare with
        (np.ones(1), np.ones(1, dtype=bool)),
    ],
)
def test_where_nothing_can_be_worse_nothing_can_be_found(right, inside):
    assert smallest_by_score(right, inside, np.arange(len(right)), level=0.05) == 1.0


def test_answers_that_are_all_right_do_not_find_any_difference():
    found = smallest_by_score(np.ones(200), np.arange(200) < 50, np.arange(200), level=0.05)
    assert 0.02 < found < 0.2
