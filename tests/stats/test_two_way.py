"""Draws of articles that are crossed: the variance of two-way clusters, whatever the design."""

import numpy as np
import pytest

from classifier.arrays import Floats, Ints
from classifier.stats.few_groups import effective_groups
from classifier.stats.resampling import bootstrap, count_rows
from classifier.stats.significance import score_test, share_interval
from classifier.stats.two_way import clustered_square, two_way_draws, two_way_effective, two_way_p

ONE_OR_RIGHT = np.array([[1.0, 0.0], [1.0, 1.0]])  # the article itself, and whether it is right


def share_sd(kind: Ints, first: Ints, second: Ints, samples: int = 4000) -> float:
    """The standard deviation of the share of right answers."""
    draws = two_way_draws(ONE_OR_RIGHT, kind, first, second, samples)
    assert np.allclose(draws[:, 0], len(kind))
    return float((draws[:, 1] / draws[:, 0]).std())


def one_way_sd(kind: Ints, groups: Ints) -> float:
    draws = bootstrap(count_rows(ONE_OR_RIGHT, kind, groups), 4000)
    return float((draws[:, 1] / draws[:, 0]).std())


def variance(kind: Ints, groups: Ints) -> float:
    centred = kind - kind.mean()
    return float((np.bincount(groups, centred) ** 2).sum()) / len(kind) ** 2


def likely(logits: Floats, seed: int = 0) -> Ints:
    return (np.random.default_rng(seed).random(len(logits)) < 1 / (1 + np.exp(-logits))).astype(np.int64)


def crossed(rows: int, columns: int, row_sd: float, column_sd: float, seed: int = 1) -> tuple[Ints, Ints, Ints]:
    one, other = np.divmod(np.arange(rows * columns), columns)
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, row_sd, rows)[one] + rng.normal(0, column_sd, columns)[other]
    return likely(logits, seed), one, other


@pytest.mark.parametrize(("rows", "columns"), [(40, 40), (60, 30)])
def test_where_both_sides_are_alike_the_variances_add_up(rows: int, columns: int) -> None:
    kind, one, other = crossed(rows, columns, 1.0, 1.0)
    wanted = variance(kind, one) + variance(kind, other) - variance(kind, np.arange(len(kind)))
    few = min(rows, columns)
    assert share_sd(kind, one, other) == pytest.approx(np.sqrt(wanted * few / (few + 1)), rel=0.02)
    assert share_sd(kind, one, other) > 1.1 * max(one_way_sd(kind, one), one_way_sd(kind, other))


@pytest.mark.parametrize("column_sd", [0.0, 1.0])
def test_pairs_that_share_nothing_are_resampled_one_by_one(column_sd: float) -> None:
    """The pigeonhole bootstrap alone would be wider by the root of three."""
    kind = likely(np.random.default_rng(0).normal(0, column_sd, 500))
    one, other = np.arange(500), np.random.default_rng(1).permutation(500)
    assert share_sd(kind, one, other) == pytest.approx(one_way_sd(kind, one), rel=0.05)


def test_groups_within_groups_are_resampled_by_the_outer_ones() -> None:
    outer = np.repeat(np.arange(50), 8)
    kind = likely(np.random.default_rng(2).normal(0, 1.5, 50)[outer])
    assert share_sd(kind, outer, np.arange(400) // 2) == pytest.approx(one_way_sd(kind, outer), rel=0.05)


def test_it_is_no_narrower_than_by_the_sides_on_average() -> None:
    for seed in range(20):
        kind, one, other = crossed(12, 12, 0.0, 0.0, seed)
        mean = (variance(kind, one) + variance(kind, other)) / 2
        assert share_sd(kind, one, other, 500) > 0.97 * np.sqrt(mean * 12 / 13)


def test_counts_that_are_always_equal_stay_so() -> None:
    rng = np.random.default_rng(3)
    values = np.array([[1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]])  # hits and true labels of a class are the same
    draws = two_way_draws(values, rng.integers(3, size=200), rng.integers(9, size=200), rng.integers(7, size=200), 500)
    assert np.allclose(draws[:, 0], draws[:, 1])
    assert np.allclose(draws[:, 1:].sum(axis=1), 200)
    assert draws[:, 0].std() > 1


def test_numbers_of_groups_and_order_of_articles_do_not_matter_and_the_seed_does() -> None:
    kind, one, other = crossed(6, 5, 1.0, 1.0)
    found = two_way_draws(ONE_OR_RIGHT, kind, one, other, 50)
    order = np.random.default_rng(0).permutation(30)
    moved = two_way_draws(ONE_OR_RIGHT, kind[order], 3 * one[order] - 7, other[order] + 100, 50)
    assert np.allclose(found, moved)
    assert not np.allclose(found, two_way_draws(ONE_OR_RIGHT, kind, one, other, 50, seed=1))


@pytest.mark.parametrize("second", [np.zeros(6, dtype=np.int64), np.arange(6)])
def test_one_group_alone_gives_draws_without_spread_of_its_own(second: Ints) -> None:
    kind = np.array([0, 1, 1, 0, 1, 1])
    assert np.isfinite(two_way_draws(ONE_OR_RIGHT, kind, np.zeros(6, dtype=np.int64), second, 10)).all()
    assert two_way_effective(np.zeros(6, dtype=np.int64), second) == 1


def test_the_side_with_fewer_groups_counts() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.integers(20, size=300), rng.integers(5, size=300)
    assert two_way_effective(one, other) == effective_groups(other) < 5.0001


def test_p_values_of_equal_models_are_rarely_small() -> None:
    small = 0
    for seed in range(200):
        first, one, other = crossed(15, 15, 1.0, 1.0, seed)
        second = crossed(15, 15, 1.0, 1.0, seed + 1000)[0]
        kind = 2 * first + second
        values = np.array([[1.0, a, b] for a in (0, 1) for b in (0, 1)])
        draws = two_way_draws(values, kind, one, other, 200, seed)
        observed = float(first.mean() - second.mean())
        small += two_way_p(observed, (draws[:, 1] - draws[:, 2]) / 225, two_way_effective(one, other)) < 0.05
    assert 1 <= small <= 20
    assert two_way_p(0.0, np.zeros(5), 9.0) == 1
    assert two_way_p(0.1, np.zeros(5), 9.0) == 0


def test_squares_of_crossed_pairs_are_those_of_both_sides_less_what_both_count() -> None:
    kind, one, other = crossed(40, 40, 1.0, 1.0)
    centred = kind - kind.mean()
    parts = [clustered_square(centred, side) for side in (one, other, np.arange(len(kind)))]
    assert clustered_square(centred, one, other) == pytest.approx(parts[0] + parts[1] - parts[2])
    assert clustered_square(np.arange(9) - 4.0, np.arange(9), np.arange(9)) == pytest.approx(60)
    assert clustered_square(np.ones(4), np.array([0, 0, 1, 1]), corrected=True) == pytest.approx(16)


def test_a_share_of_crossed_pairs_is_less_sure_than_by_either_side() -> None:
    kind, one, other = crossed(20, 20, 1.0, 1.0)
    right, inside = kind.astype(np.float64), (one < 10) & (other < 10)
    found = share_interval(right, one), share_interval(right, other), share_interval(right, one, other)
    widths = [high - low for low, high in found]
    assert widths[2] > max(widths[:2])
    values = [score_test(right, inside, one), score_test(right, inside, other), score_test(right, inside, one, other)]
    assert values[2] > min(values[:2])
