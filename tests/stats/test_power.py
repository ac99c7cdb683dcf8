"""What difference between two models a set of test articles can show."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from classifier.stats.power import ALIKE, ComparedArticles, intraclass_correlation, smallest_difference, times_needed

ALONE = ComparedArticles(articles=600, groups=600, effective=600, accuracy=0.8, correlation=0.0)
GROUPED = ComparedArticles(articles=600, groups=30, effective=30, accuracy=0.8, correlation=0.15)


def test_alike_articles_of_a_group_show_less():
    alone, grouped = smallest_difference(ALONE), smallest_difference(GROUPED)
    assert alone == pytest.approx(2.8 * np.sqrt(ALIKE * 0.32 / 600), rel=0.02)  # of independent articles
    assert grouped == pytest.approx(alone * np.sqrt(1 + 0.15 * 19), rel=0.08)  # and a little more for Student's t
    assert smallest_difference(replace(GROUPED, effective=12)) > grouped


@pytest.mark.parametrize(("groups", "effective"), [(5, 5), (6, 6), (40, 2.5), (1, 1)])
def test_too_few_groups_show_nothing(groups, effective):
    few = ComparedArticles(600, groups, effective, 0.8, 0.15)
    assert smallest_difference(few) is None
    times = times_needed(few, 0.03)
    more = ComparedArticles(600 * times, groups * times, effective * times, 0.8, 0.15)
    assert smallest_difference(more) == pytest.approx(0.03, rel=0.01)


@pytest.mark.parametrize("test", [ALONE, GROUPED, replace(ALONE, articles=100_000, groups=1e5, effective=1e5)])
def test_as_many_as_are_needed_show_what_is_wanted(test):
    times = times_needed(test, 0.03)
    more = ComparedArticles(
        test.articles * times, test.groups * times, test.effective * times, test.accuracy, test.correlation
    )
    assert smallest_difference(more) == pytest.approx(0.03, rel=0.01)
    assert (times > 1) == (smallest_difference(test) > 0.03)


def test_a_few_articles_cannot_show_more_than_they_differ_in():
    assert 0.4 < smallest_difference(ComparedArticles(12, 12, 12, 0.8, 0.0)) <= 0.75
    assert smallest_difference(ComparedArticles(6, 6, 6, 0.8, 0.0)) is None


def test_the_correlation_within_groups_is_that_of_the_worlds():
    rng, groups = np.random.default_rng(0), np.repeat(np.arange(400), 8)
    shared = rng.standard_normal(400)[groups]
    for true in (0.0, 0.1, 0.5):
        values = np.sqrt(true) * shared + np.sqrt(1 - true) * rng.standard_normal(len(groups))
        assert intraclass_correlation(values, groups) == pytest.approx(true, abs=0.05)


@pytest.mark.parametrize(
    ("values", "groups", "found"),
    [
        ([1, 1, 0, 0], [0, 0, 1, 1], 1.0),
        ([1, 0, 1, 0], [0, 0, 1, 1], 0.0),  # never below 0
        ([1, 0, 1, 0], [0, 1, 2, 3], 0.0),  # each by itself
        ([1, 0, 1, 0], [5, 5, 5, 5], 0.0),  # one group alone
        ([1, 1, 1, 1], [0, 0, 1, 1], 0.0),  # nothing varies
    ],
)
def test_a_correlation_lies_between_0_and_1(values, groups, found):
    assert intraclass_correlation(np.array(values, dtype=float), np.array(groups)) == found
