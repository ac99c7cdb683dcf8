import numpy as np
import pytest

from classifier.stats.seeds import SeedFigures, difference_of_means, interval_of_mean


def figures(*values: float, spread: float = 0.02, seed: int = 0) -> SeedFigures:
    """The articles move all seeds alike."""
    shift = spread * np.random.default_rng(seed).normal(size=(2000, 1))
    return SeedFigures(np.array(values), np.array(values) + shift)


def test_the_interval_of_one_seed_is_that_of_its_articles() -> None:
    bounds = interval_of_mean(figures(0.8), groups=1000)
    assert bounds is not None
    assert bounds == pytest.approx((0.8 - 1.96 * 0.02, 0.8 + 1.96 * 0.02), abs=0.002)


def test_seeds_that_differ_widen_it_the_more_the_fewer_they_are() -> None:
    alike = interval_of_mean(figures(0.8, 0.8), groups=100, fewest=2)
    two, four = (
        interval_of_mean(figures(*values), groups=100, fewest=2) for values in ((0.7, 0.9), (0.7, 0.9, 0.7, 0.9))
    )
    assert alike is not None
    assert two is not None
    assert four is not None
    assert alike[1] - alike[0] < four[1] - four[0] < two[1] - two[0]


def test_interval_and_p_value_say_the_same() -> None:
    rng = np.random.default_rng(1)
    for _ in range(200):
        a, b = (figures(*rng.normal(0.8, 0.03, size=rng.integers(1, 5)), spread=0) for _ in range(2))
        a, b = (SeedFigures(s.values, s.draws + rng.normal(0, 0.02, s.draws.shape)) for s in (a, b))
        found = difference_of_means(a, b, groups=float(rng.integers(3, 50)), fewest=2)
        assert found is not None
        p, (low, high) = found
        assert (p < 0.05) == (not low <= 0 <= high)


def test_two_seeds_tell_too_little() -> None:
    two, three = figures(0.8, 0.82), figures(0.7, 0.72, 0.71)
    assert interval_of_mean(two, groups=100) is None
    assert difference_of_means(two, three, groups=100) is None and difference_of_means(three, two, groups=100) is None
    assert interval_of_mean(three, groups=100) is not None


def test_one_seed_varies_as_the_seeds_of_the_other_side_do() -> None:
    several = figures(0.75, 0.85, 0.8, 0.7, 0.9)
    alone, both = difference_of_means(figures(0.9), several, 100), difference_of_means(several, figures(0.9), 100)
    assert alone is not None
    assert both is not None
    assert alone[0] == pytest.approx(both[0])
    assert alone[1] == pytest.approx((-both[1][1], -both[1][0]))
    assert alone[1][0] < 0 < alone[1][1]  # 0.9 is one of the others' values


def test_too_few_groups_give_no_interval_and_equal_figures_no_difference() -> None:
    assert interval_of_mean(figures(0.8, 0.9), groups=2.9) is None
    assert difference_of_means(figures(0.8), figures(0.9), groups=2.9) is None
    same = figures(0.8, 0.8, spread=0)
    assert difference_of_means(same, same, groups=10, fewest=2) == (1.0, (0.0, 0.0))
