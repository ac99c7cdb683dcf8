"""Whether error rates differ between groups: articles of one label change their groups if they do not."""

import numpy as np

from classifier.stats.differential import unequal_rates


def world(rates: list[float], per_group: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Groups with shares of labels of their own, and the share of articles that are predicted wrongly."""
    groups = np.repeat(np.arange(len(rates)), per_group)
    truth = (rng.random(len(groups)) < 0.2 + 0.6 * groups / len(rates)).astype(int)
    wrong = rng.random(len(groups)) < np.array(rates)[groups]
    return truth, np.where(wrong, 1 - truth, truth), groups


def test_shares_of_labels_that_differ_are_no_difference_in_errors() -> None:
    rng = np.random.default_rng(0)
    alarms = [min(unequal_rates(*world([0.2] * 4, 60, rng), seed=i)) <= 0.05 for i in range(40)]
    assert sum(alarms) <= 6


def test_a_group_with_other_errors_is_found() -> None:
    p = unequal_rates(*world([0.1, 0.1, 0.1, 0.5], 80, np.random.default_rng(0)))
    assert p[3] <= 0.05 and min(p) == p[3]


def test_what_sources_explain_is_not_ascribed_to_months() -> None:
    """One source is hard, and most of its articles are of one month."""
    rng = np.random.default_rng(0)
    sources = np.repeat([0, 1], 300)
    months = (rng.random(600) < np.array([0.2, 0.8])[sources]).astype(int)
    truth = rng.integers(2, size=600)
    guess = np.where(rng.random(600) < np.array([0.1, 0.5])[sources], 1 - truth, truth)
    assert min(unequal_rates(truth, guess, months)) <= 0.05
    assert min(unequal_rates(truth, guess, months, sources)) > 0.05


def test_nothing_is_found_where_every_group_is_one_source() -> None:
    truth, guess, groups = world([0.1, 0.6], 100, np.random.default_rng(0))
    assert unequal_rates(truth, guess, groups, groups) == [1, 1]
