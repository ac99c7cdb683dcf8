"""Level by two one-sided tests, and the smallest difference that a test can find."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t

from classifier.stats.equivalence import (
    detectable_errors,
    equivalent,
    smallest_detectable,
    standard_error_of,
)

WORLDS = 20_000


@pytest.mark.parametrize(
    ("interval", "level"),
    [
        ((-0.019, 0.019), True),
        ((0.001, 0.019), True),  # surely different, and surely by little
        ((-0.02, 0.01), False),  # an end on the margin is not within it
        ((-0.01, 0.021), False),
        ((-0.5, 0.5), False),
        (None, False),
    ],
)
def test_two_figures_are_level_only_where_the_interval_lies_within_the_margin(interval, level):
    assert equivalent(interval, 0.02) is level


def test_the_standard_error_is_that_of_the_interval():
    half = t.ppf(0.975, 4) * 0.03
    assert standard_error_of((0.1 - half, 0.1 + half), df=4) == pytest.approx(0.03)
    assert standard_error_of((-1.96, 1.96), df=float("inf")) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("df", [2, 4, 9, 40])
@pytest.mark.parametrize("level", [0.05, 0.05 / 12])
def test_the_smallest_difference_is_found_in_four_of_five_cases(df, level):
    rng = np.random.default_rng(df)
    estimate = smallest_detectable(0.03, df, level=level) + 0.03 * rng.standard_normal(WORLDS)
    error = 0.03 * np.sqrt(rng.chisquare(df, WORLDS) / df)
    found = np.abs(estimate / error) > t.ppf(1 - level / 2, df)
    assert found.mean() == pytest.approx(0.8, abs=0.012)


def test_level_is_said_wrongly_in_at_most_one_case_of_twenty():
    rng, df, error, margin = np.random.default_rng(0), 19, 0.005, 0.02
    values = margin + error * rng.standard_normal(WORLDS)  # the true difference is just the margin
    halves = error * np.sqrt(rng.chisquare(df, WORLDS) / df) * t.ppf(0.95, df)
    said = [equivalent((value - half, value + half), margin) for value, half in zip(values, halves, strict=True)]
    assert np.mean(said) == pytest.approx(0.05, abs=0.006)


def test_more_degrees_of_freedom_find_smaller_differences_without_a_jump():
    found = [detectable_errors(df) for df in (1, 2, 5, 50, 499, 501, 1e6, float("inf"))]
    assert found == sorted(found, reverse=True)
    assert found[4] == pytest.approx(found[5], abs=0.002)
