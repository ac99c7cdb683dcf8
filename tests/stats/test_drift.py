import numpy as np
import pytest
from scipy.stats import hypergeom, ks_2samp, mannwhitneyu

from classifier.stats.drift import (
    DIVISIONS,
    difference_of_distributions,
    difference_of_means,
    difference_of_ranks,
    make_divisions,
)

MEASURES = (difference_of_distributions, difference_of_means, difference_of_ranks)


def apart(known: np.ndarray, new: np.ndarray) -> tuple[np.ndarray, object]:
    return np.concatenate([known, new]), make_divisions(np.arange(len(known)), np.arange(len(new)))


@pytest.mark.parametrize("sizes", [(40, 30), (30, 40), (60, 21)])
def test_numbers_are_those_of_scipy(sizes: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    known, new = rng.normal(size=sizes[0]).round(1), rng.normal(0.5, 1, size=sizes[1]).round(1)
    values, divisions = apart(known, new)
    assert difference_of_distributions(values, divisions, 0.05, 0).number == pytest.approx(
        ks_2samp(known, new).statistic
    )
    expected = mannwhitneyu(new, known).statistic / len(new) / len(known)
    assert difference_of_ranks(values, divisions, 0.05, 0).number == pytest.approx(expected)
    found = difference_of_means(values, divisions, 0.05, 0)
    assert (found.number, found.expected) == pytest.approx((new.mean(), known.mean()))


def test_the_distance_of_many_values_is_nearly_that_of_scipy() -> None:
    rng = np.random.default_rng(2)
    known, new = rng.lognormal(size=700), rng.lognormal(0.3, 1, size=900)
    values, divisions = apart(known, new)
    number = difference_of_distributions(values, divisions, 0.05, 0).number
    assert number == pytest.approx(ks_2samp(known, new).statistic, abs=0.015)


def test_the_threshold_is_where_scipy_finds_that_probability() -> None:
    rng = np.random.default_rng(3)
    values, divisions = apart(rng.normal(size=200), rng.normal(size=150))
    threshold = difference_of_ranks(values, divisions, 0.05, 0).threshold
    normal = 0.5 + 1.645 * np.sqrt((200 + 150 + 1) / (12 * 200 * 150))
    assert threshold == pytest.approx(normal, abs=0.006)


def test_the_threshold_of_a_mean_is_that_of_what_is_rare_on_the_side_of_the_new() -> None:
    """Four of 220 articles have the trait: how many of them chance puts among the 20 new ones is hypergeometric."""
    values, divisions = apart(np.repeat([1.0, 0.0], [4, 196]), np.zeros(20))
    most = hypergeom(220, 4, 20).isf(0.05)
    expected = 4 / 200 + most / 20 - (4 - most) / 200
    assert difference_of_means(values, divisions, 0.05, 0).threshold == pytest.approx(expected)


@pytest.mark.parametrize("measure", MEASURES)
def test_chance_alone_is_above_the_threshold_as_rarely_as_asked(measure: object) -> None:
    rng = np.random.default_rng(4)
    found = 0
    for _ in range(200):
        values, divisions = apart(rng.exponential(size=50), rng.exponential(size=40))
        found += measure(values, divisions, 0.1, 0).found
    assert 8 <= found <= 33  # 20 of 200, four standard errors to either side


@pytest.mark.parametrize("measure", MEASURES)
def test_sources_that_differ_by_chance_do_not_count_as_many_articles(measure: object) -> None:
    rng = np.random.default_rng(5)
    by_article = by_source = 0
    for _ in range(60):
        sources = np.repeat(np.arange(30), 10)
        values = rng.normal(size=30)[sources] + rng.normal(0, 0.3, size=300)
        known, new = sources[:200], sources[200:]
        by_source += measure(values, make_divisions(known, new), 0.05, 0).found
        by_article += measure(values, make_divisions(np.arange(200), np.arange(100)), 0.05, 0).found
    assert by_source <= 10 < by_article


@pytest.mark.parametrize("measure", MEASURES)
def test_a_small_difference_is_none_however_many_articles_there_are(measure: object) -> None:
    rng = np.random.default_rng(6)
    values, divisions = apart(rng.normal(size=3000), rng.normal(0.2, 1, size=3000))
    assert measure(values, divisions, 0.01, 0).found
    assert not measure(values, divisions, 0.01, 0.25).found


def test_few_sources_against_many_can_be_found() -> None:
    values = np.concatenate([np.random.default_rng(7).normal(size=400), np.full(30, 9.0)])
    divisions = make_divisions(np.repeat(np.arange(100), 4), np.repeat([0, 1, 2], 10))
    assert all(measure(values, divisions, 0.002, 0.2).found for measure in MEASURES)
    assert divisions.inside.shape == (1 + DIVISIONS, 103)


def test_infinite_values_have_ranks() -> None:
    values, divisions = apart(np.zeros(30), np.full(20, np.inf))
    found = difference_of_ranks(values, divisions, 0.01, 0.15)
    assert found.found and found.number == 1
