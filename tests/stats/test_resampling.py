import itertools

import numpy as np
import pytest

from classifier.stats import resampling
from classifier.stats.metrics import difference, headline, intervals
from classifier.stats.resampling import CountRows, bootstrap, distinct


def test_distinct_rows_are_found_again() -> None:
    rng = np.random.default_rng(0)
    columns = [rng.integers(3, size=50), rng.integers(2, size=(50, 4))]
    first, kind = distinct(columns)
    for column in columns:
        assert (column[first][kind] == column).all()
    assert len(first) == len({tuple(row) for row in np.column_stack(columns)})


def test_groups_are_drawn_whole_as_in_an_exact_enumeration() -> None:
    y, p = np.array([0, 0, 1, 1, 0, 1, 0]), np.array([0, 1, 1, 1, 0, 0, 0])
    groups = np.array([7, 7, 7, 2, 2, 5, 5])
    members = [np.flatnonzero(groups == group) for group in (7, 2, 5)]
    exact = []
    for drawn in itertools.product(members, repeat=3):
        at = np.concatenate(drawn)
        exact.append(headline(y[at], p[at], ("a", "b"))["accuracy"])
    low, high = intervals(y, p, ("a", "b"), groups=groups, samples=20_000)["accuracy"]
    assert (low, high) == pytest.approx(tuple(np.quantile(exact, [0.025, 0.975], method="inverted_cdf")))


def test_both_ways_to_draw_have_the_same_distribution(monkeypatch: pytest.MonkeyPatch) -> None:
    found = CountRows(np.array([[1.0, 0], [0, 1], [2, 3]]), np.array([50, 30, 20]))
    drawn = bootstrap(found, 20_000)
    monkeypatch.setattr(resampling, "ALIKE", 10**9)
    singly = bootstrap(found, 20_000)
    assert drawn.mean(axis=0) == pytest.approx(found.sums, rel=0.01)
    assert singly.mean(axis=0) == pytest.approx(found.sums, rel=0.01)
    assert np.cov(drawn.T) == pytest.approx(np.cov(singly.T), rel=0.06)


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


def test_five_groups_are_too_few_which_is_why_it_is_said() -> None:
    rng, covered = np.random.default_rng(0), 0
    for seed in range(200):
        groups, y = np.repeat(np.arange(5), 12), rng.integers(2, size=60)
        p = np.where(rng.random(60) < rng.uniform(0.6, 0.95, size=5)[groups], y, 1 - y)
        low, high = intervals(y, p, ("a", "b"), groups=groups, samples=200, seed=seed)["accuracy"]
        covered += low <= 0.775 <= high
    assert 0.75 <= covered / 200 <= 0.92


def test_the_difference_too_is_taken_over_groups() -> None:
    y, p, groups = clustered(np.random.default_rng(1))
    gain, wide = difference(y, p, y * 0, ("a", "b"), "accuracy", groups=groups)
    same, narrow = difference(y, p, y * 0, ("a", "b"), "accuracy")
    assert gain == same
    assert wide[1] - wide[0] > 1.2 * (narrow[1] - narrow[0])
