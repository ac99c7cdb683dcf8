"""A power law is found where there is one, and nothing is claimed where there is none."""

import numpy as np
import pytest

from classifier.stats.extrapolation import extrapolate, fit_power_law

SIZES = [100, 200, 400, 700, 1000]


def law(n: float) -> float:
    return 0.9 - 0.3 * (n / 100) ** -0.6


def noisy(scores: list[float], sd: float, draws: int = 60) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.array(scores) + rng.normal(scale=sd, size=(draws, 1)) + rng.normal(scale=sd / 4, size=(draws, 5))


def test_a_power_law_is_found_and_goes_on() -> None:
    scores = [law(n) for n in SIZES]
    curve = fit_power_law(SIZES, scores)
    assert curve is not None
    assert curve.ceiling == pytest.approx(0.9, abs=0.005)
    assert curve.exponent == pytest.approx(0.6, abs=0.03)
    found = extrapolate(SIZES, scores, noisy(scores, 0.005))
    assert not found.reason
    assert found.held_out_error == pytest.approx(0, abs=0.002)
    for forecast in found.forecasts:
        assert forecast.articles == 1000 * forecast.times
        assert forecast.value == pytest.approx(law(forecast.articles), abs=0.003)
        assert forecast.interval[0] < forecast.value < forecast.interval[1]
        assert forecast.gain == pytest.approx(law(forecast.articles) - law(1000), abs=0.003)


def test_gains_are_paired() -> None:
    """What all points share, such as the draw of the validation articles, is not in the interval of the gain."""
    scores = [law(n) for n in SIZES]
    shifted = np.array(scores) + np.linspace(-0.05, 0.05, 60)[:, None]
    forecast = extrapolate(SIZES, scores, shifted).forecasts[1]
    assert np.ptp(forecast.interval) == pytest.approx(0.095, abs=0.01)
    assert np.ptp(forecast.gain_interval) < 0.01


def test_the_held_out_error_is_that_of_the_last_point() -> None:
    scores = [law(n) for n in SIZES]
    scores[-1] -= 0.015
    found = extrapolate(SIZES, scores, noisy(scores, 0.001))
    assert found.held_out_error == pytest.approx(0.015, abs=0.002)


@pytest.mark.parametrize(
    ("scores", "words"),
    [
        ([0.7, 0.69, 0.68, 0.66, 0.65], "does not rise"),
        ([law(n) for n in SIZES[:4]] + [0.5], "does not rise"),
        ([0.2, 0.21, 0.22, 0.23, 0.5], "misses it by"),
        ([0.3, 0.6, 0.35, 0.62, 0.6], "off the curve"),
    ],
)
def test_nothing_is_claimed_where_no_curve_fits(scores: list[float], words: str) -> None:
    found = extrapolate(SIZES, scores, noisy(scores, 0.01))
    assert words in found.reason
    assert not found.forecasts


def test_three_points_are_too_few() -> None:
    found = extrapolate(SIZES[:3], [0.5, 0.6, 0.65], np.zeros((10, 3)))
    assert "at least 4 sizes" in found.reason
    assert not found.forecasts
