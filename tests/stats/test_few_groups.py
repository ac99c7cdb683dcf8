"""How many groups count, and how much wider an interval over few of them must be."""

import numpy as np
import pytest
from scipy.stats import norm, t

from classifier.stats.few_groups import effective_groups, effective_number, stretch


def test_groups_of_one_size_all_count_and_a_giant_hides_the_others() -> None:
    assert effective_number([4] * 7) == pytest.approx(7)
    assert effective_number([1000, 1, 1, 1]) < 1.01
    assert effective_number([]) == 0
    assert effective_groups(np.array([5, 5, 5, 8, 8, 8, 2, 2, 2])) == pytest.approx(3)


@pytest.mark.parametrize("groups", [3, 6, 20])
def test_a_stretched_bootstrap_is_the_t_interval_of_a_mean(groups: int) -> None:
    """The standard deviation of exponential weights' means is known: so is the interval that a mean should have."""
    values = np.random.default_rng(0).normal(size=groups)
    bayesian = values.std() / np.sqrt(groups + 1)
    half = norm.ppf(0.975) * bayesian * stretch(groups)
    assert half == pytest.approx(t.ppf(0.975, groups - 1) * values.std(ddof=1) / np.sqrt(groups))
