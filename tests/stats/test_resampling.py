import numpy as np
import pytest

from classifier.stats.metrics import difference, intervals
from classifier.stats.resampling import CountRows, bootstrap, count_rows, distinct, interval


def test_distinct_rows_are_found_again() -> None:
    rng = np.random.default_rng(0)
    columns = [rng.integers(3, size=50), rng.integers(2, size=(50, 4))]
    first, kind = distinct(columns)
    for column in columns:
        assert (column[first][kind] == column).all()
    assert len(first) == len({tuple(row) for row in np.column_stack(columns)})


def test_groups_are_drawn_whole() -> None:
    """Two groups: the share of one of two exponential weights is uniform, so the accuracy is uniform between theirs."""
    found = count_rows(np.array([[1.0, 1.0], [0.0, 1.0]]), np.array([0, 0, 0, 1, 1, 1]), np.array([5, 5, 5, 7, 7, 7]))
    sums = bootstrap(found, 50_000)
    shares = sums[:, 0] / sums[:, 1]
    assert np.quantile(shares, [0.1, 0.5, 0.9]) == pytest.approx([0.1, 0.5, 0.9], abs=0.01)


def test_rows_that_are_alike_are_drawn_as_if_they_were_apart() -> None:
    values, kind = np.array([[1.0, 0], [0, 1], [2, 3]]), np.repeat([0, 1, 2], [50, 30, 20])
    together = bootstrap(count_rows(values, kind), 20_000)
    apart = bootstrap(CountRows(values[kind], np.ones(100, dtype=np.int64), 100.0), 20_000)
    assert together.mean(axis=0) == pytest.approx(apart.mean(axis=0), rel=0.01)
    assert np.cov(together.T) == pytest.approx(np.cov(apart.T), rel=0.06)


def test_an_interval_holds_what_it_is_put_around_and_ends_at_its_limits() -> None:
    draws = np.random.default_rng(0).normal(0.9, 0.1, 10_000)
    assert interval(draws, 100, limits=(0, 1))[1] == 1
    assert interval(draws, 100, around=0.2)[0] == 0.2
    wide, narrow = (interval(draws, effective) for effective in (4, 400))
    assert wide[1] - wide[0] > 1.8 * (narrow[1] - narrow[0])


def clustered(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """30 sources of 20 articles; the model is right on 55% to 95% of a source's, 75% on average."""
    groups = np.repeat(np.arange(30), 20)
    y = rng.integers(2, size=600)
    right = rng.random(600) < rng.uniform(0.55, 0.95, size=30)[groups]
    return y, np.where(right, y, 1 - y), groups


def test_intervals_of_groups_cover_where_those_of_articles_do_not() -> None:
    rng = np.random.default_rng(0)
    covered = {"groups": 0, "articles": 0}
    for seed in range(200):
        y, p, groups = clustered(rng)
        for name, together in (("groups", groups), ("articles", None)):
            low, high = intervals(y, p, ("a", "b"), groups=together, samples=200, seed=seed)["accuracy"]
            covered[name] += low <= 0.75 <= high
    assert covered["groups"] / 200 >= 0.90
    assert covered["articles"] / 200 < 0.88


def test_intervals_of_five_groups_cover_too() -> None:
    rng, covered = np.random.default_rng(0), 0
    for seed in range(200):
        groups, y = np.repeat(np.arange(5), 12), rng.integers(2, size=60)
        p = np.where(rng.random(60) < rng.uniform(0.6, 0.95, size=5)[groups], y, 1 - y)
        low, high = intervals(y, p, ("a", "b"), groups=groups, samples=200, seed=seed)["accuracy"]
        covered += low <= 0.775 <= high
    assert 0.92 <= covered / 200 <= 0.99


def test_the_difference_too_is_taken_over_groups() -> None:
    y, p, groups = clustered(np.random.default_rng(1))
    together = difference(y, p, y * 0, ("a", "b"), groups=groups)["accuracy"]
    apart = difference(y, p, y * 0, ("a", "b"))["accuracy"]
    assert together.value == apart.value
    assert together.interval[1] - together.interval[0] > 1.2 * (apart.interval[1] - apart.interval[0])
