"""What a test set can show, foreseen by the answers of the probe."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from classifier.dataset.info import LeakageProbe
from classifier.evaluation.leaks.size_of_test import WANTED, size_of_test

PROBE = LeakageProbe(
    "f1_macro", 0.7, (0.6, 0.8), 0.72, 0.01, 5, 900, 200, False, accuracy=0.75, correlation=0.2, f1_error=1.3
)


def test_groups_of_like_articles_show_less_than_as_many_articles():
    alone, grouped = size_of_test(PROBE, np.arange(400)), size_of_test(PROBE, np.repeat(np.arange(40), 10))
    assert (alone.articles, alone.groups, alone.effective, alone.correlation) == (400, 400, 400.0, 0.0)
    assert (grouped.articles, grouped.groups, grouped.effective, grouped.correlation) == (400, 40, 40.0, 0.2)
    assert alone.detectable < grouped.detectable
    assert abs(grouped.detectable_f1 - 1.3 * grouped.detectable) < 1e-3
    assert alone.wanted == WANTED and alone.articles_needed == alone.groups_needed
    assert grouped.articles_needed > alone.articles_needed > 400
    assert abs(grouped.articles_needed - 10 * grouped.groups_needed) < 10


def test_a_probe_that_happened_to_find_groups_unlike_is_not_taken_at_its_word():
    groups = np.repeat(np.arange(40), 10)
    assert size_of_test(replace(PROBE, correlation=0.0), groups).correlation == 0.1


def test_a_probe_that_is_always_right_does_not_promise_everything():
    found = size_of_test(replace(PROBE, accuracy=1.0, f1_error=None), np.arange(50))
    assert found.detectable > 0.02 and found.detectable_f1 is None


def test_a_few_groups_show_nothing_and_an_older_probe_says_nothing():
    few = size_of_test(PROBE, np.repeat(np.arange(4), 50))
    assert few.detectable is None and few.articles_needed > 200
    assert size_of_test(replace(PROBE, accuracy=None), np.arange(400)) is None
