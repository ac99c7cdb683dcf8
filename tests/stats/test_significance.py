import itertools
import math

import numpy as np
import pytest
from scipy.stats import chi2_contingency, norm, permutation_test, ttest_rel
from statsmodels.stats.multitest import multipletests

from classifier.stats import significance
from classifier.stats.resampling import CountRows, count_rows
from classifier.stats.significance import (
    Gain,
    corrected_t_test,
    holm,
    p_value,
    paired_gain,
    score_test,
    share_interval,
    share_of,
    swaps,
)


def test_a_randomisation_test_is_that_of_scipy() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.random(9).round(2), rng.random(9).round(2)
    exact = permutation_test(
        (a, b), lambda x, y, axis: np.mean(x - y, axis=axis), permutation_type="samples", n_resamples=np.inf
    )
    moved, all_of_them = swaps(count_rows(np.column_stack([a, b]), np.arange(9)), (slice(1), slice(1, 2)), 100)
    assert all_of_them and len(moved) == 2**9
    observed = float((a - b).sum())
    assert p_value(observed, observed + 2 * moved[:, 0], exact=True) == pytest.approx(exact.pvalue)


def test_random_swaps_come_near_to_all_swaps(monkeypatch: pytest.MonkeyPatch) -> None:
    change = CountRows(np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([9, 3, 100]), 112.0)
    parts = slice(1), slice(1, 2)
    moved, exact = swaps(change, parts, 10)
    assert exact and len(moved) == 2**12
    whole = p_value(6, 6 - 2 * moved[:, 0], exact=True)
    monkeypatch.setattr(significance, "EXACT", 3)
    drawn, exact = swaps(change, parts, 20_000)
    assert not exact
    assert p_value(6, 6 - 2 * drawn[:, 0], exact=False) == pytest.approx(whole, rel=0.1)


def test_a_difference_is_sure_only_where_bootstrap_and_randomisation_say_so() -> None:
    rng = np.random.default_rng(0)
    away, near = rng.normal(0.2, 0.05, 4000), rng.normal(0.2, 0.2, 4000)
    assert paired_gain(0.2, away, 0.001, 100).sure
    for draws, p in ((away, 0.06), (near, 0.001), (near, 0.3)):
        gain = paired_gain(0.2, draws, p, 100)
        assert not gain.sure and gain.p >= 0.05 and gain.interval[0] <= 0
    assert paired_gain(0.2, away, 0.001, 2.9) == Gain(0.2)


@pytest.mark.parametrize("groups", [3, 4, 5])
def test_five_groups_can_never_be_sure(groups: int) -> None:
    """All swaps of five groups are 32, of which two are as far off as can be: p is at least 1/16."""
    every = np.array([sum(signs) / groups for signs in itertools.product([-1, 1], repeat=groups)])
    assert not paired_gain(1.0, np.ones(999), p_value(1.0, every, exact=True), groups).sure


def test_an_interval_of_a_share_counts_unequal_groups_as_fewer() -> None:
    right = np.tile([1.0, 1.0, 1.0, 0.0], 30)
    equal, unequal = np.repeat(np.arange(12), 10), np.repeat(np.arange(12), [54, *[6] * 11])
    widths = [high - low for low, high in (share_interval(right, groups) for groups in (equal, unequal))]
    assert widths[1] > 1.1 * widths[0]
    low, high = share_interval(right, np.zeros(120, dtype=int))
    assert low < 0.1 and high > 0.9


def test_a_random_p_value_is_never_zero() -> None:
    assert p_value(5.0, np.zeros(99), exact=False) == 0.01


def test_holm_is_that_of_statsmodels() -> None:
    p = np.random.default_rng(0).random(20) ** 3
    assert holm(p.tolist()) == pytest.approx(multipletests(p, method="holm")[1].tolist())
    assert holm([]) == []


def test_the_corrected_t_test_is_the_plain_one_where_nothing_is_corrected() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.random(10) + 0.3, rng.random(10)
    plain = ttest_rel(a, b)
    p, bounds = corrected_t_test(a - b, 0.0)
    assert p == pytest.approx(plain.pvalue)
    assert bounds == pytest.approx(tuple(plain.confidence_interval()))
    p, wider = corrected_t_test(a - b, 1 / 9)
    assert p > plain.pvalue
    assert wider[1] - wider[0] == pytest.approx((bounds[1] - bounds[0]) * math.sqrt((1 / 10 + 1 / 9) * 10))


def test_the_score_test_is_a_chi_square_test_where_articles_are_independent() -> None:
    rng = np.random.default_rng(0)
    inside = rng.random(2000) < 0.3
    right = rng.random(2000) < np.where(inside, 0.75, 0.8)
    table = [[(right & inside).sum(), (~right & inside).sum()], [(right & ~inside).sum(), (~right & ~inside).sum()]]
    expected = chi2_contingency(table, correction=False).pvalue
    found = score_test(right.astype(float), inside, np.arange(2000))
    assert norm.isf(found / 2) == pytest.approx(norm.isf(expected / 2), rel=0.05)


def test_a_few_articles_that_are_all_right_are_not_surely_better() -> None:
    rng = np.random.default_rng(0)
    inside, everyone = np.arange(210) < 10, np.arange(210)
    draws = [rng.random(210) < 0.8 for _ in range(400)]  # the same accuracy inside and outside
    found = [score_test(right.astype(float), inside, everyone) for right in draws]
    assert np.mean(np.array(found) < 0.05) < 0.075
    assert min(score_test(right.astype(float), inside, everyone) for right in draws if right[:10].all()) > 0.05


def test_a_score_test_of_groups_does_not_take_few_for_many() -> None:
    right = np.ones(400)
    right[:40] = 0  # one source of which everything is wrong
    inside, groups = np.arange(400) < 40, np.arange(400) // 40
    assert score_test(right, inside, np.arange(400)) < 1e-6
    assert score_test(right, inside, groups) > 0.05
    assert score_test(np.ones(10), inside[:10] * 0 > 0, np.arange(10)) == 1


def test_intervals_of_accuracies_cover_also_in_groups() -> None:
    rng = np.random.default_rng(0)
    covered, groups = 0, np.repeat(np.arange(12), 10)
    for _ in range(400):
        right = rng.random(120) < rng.beta(8, 2, size=12)[groups]
        low, high = share_interval(right.astype(float), groups)
        covered += low <= 0.8 <= high
    assert 0.92 <= covered / 400 <= 0.995
    low, high = share_interval(np.ones(10), np.arange(10))
    assert (round(low, 3), round(high, 6)) == (0.722, 1.0)  # Wilson's interval of 10 of 10


def test_figures_are_taken_over_groups_and_refused_below_three() -> None:
    right = np.arange(60) % 10 > 0
    assert share_of(right, np.repeat([0, 1], 30)) == (0.9, None)
    assert share_of(right, np.repeat([0, 1, 2], [58, 1, 1])) == (0.9, None)
    assert share_of(np.zeros(0, bool), np.zeros(0, np.int64)) == (None, None)
    share, by_source = share_of(right, np.repeat(np.arange(6), 10))
    _, by_article = share_of(right, np.arange(60))
    assert share == 0.9 and by_source is not None and by_article is not None
    assert by_source[1] - by_source[0] > by_article[1] - by_article[0]
    texts, targets = np.arange(60), np.repeat(np.arange(6), 10)
    assert share_of(right, texts, targets)[1] == pytest.approx(by_source, abs=0.02)  # crossed pairs count by both
    assert share_of(right, texts, np.repeat([0, 1], 30)) == (0.9, None)
