"""From scores at growing numbers of articles to the score at more: an inverse power law, checked on what it predicts.

score(n) = a − b · n^(−c): every doubling closes the same share of the way to the ceiling a. Sources: Mukherjee et al.,
2003, "Estimating dataset size requirements for classifying DNA microarray data", Journal of Computational Biology 10;
Figueroa et al., 2012, "Predicting sample size required for classification performance", BMC Medical Informatics and
Decision Making 12:8, whose weights (later points count more) are taken over.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from classifier.arrays import Floats

FEWEST_POINTS = 4  # one more than the curve has parameters, since one point is held out
TOLERANCE = 0.02  # the curve may miss by that much, or by the gain that it predicts for twice the articles
STEEPEST = 3.0  # exponents beyond that are steps, not curves
FEWEST_DRAWS = 0.8  # share of the resampled curves that must fit


@dataclass(frozen=True)
class PowerLaw:
    """score(n) = ceiling − scale · (n / unit)^(−exponent).

    Attributes:
        ceiling: the score that it comes near to with ever more articles.
        scale: how far below the ceiling it is at ``unit`` articles.
        exponent: how fast that shrinks.
        unit: the largest number of articles that it was fitted to.
    """

    ceiling: float
    scale: float
    exponent: float
    unit: float

    def at(self, articles: float | Floats) -> Floats:
        """The score with so many articles.

        Example:
            >>> float(PowerLaw(0.9, 0.2, 1.0, 100).at(200.0))
            0.8
        """
        return np.asarray(self.ceiling - self.scale * (np.asarray(articles) / self.unit) ** -self.exponent)


@dataclass(frozen=True)
class Forecast:
    """The score with more articles than there are.

    Attributes:
        times: how many times as many.
        articles: that many.
        value, interval: the score, and its 95% interval over the resampled curves.
        gain, gain_interval: how much higher it is than the curve is now, paired.
    """

    times: float
    articles: int
    value: float
    interval: tuple[float, float]
    gain: float
    gain_interval: tuple[float, float]


@dataclass(frozen=True)
class Extrapolation:
    """What the curve says about more articles, and whether it can be believed.

    Attributes:
        curve: fitted to all points; None where it cannot be.
        held_out_error: what the curve that was fitted to all points but the last predicts for that one, less what it
            is; None where there are too few points.
        misfit: root mean square of what the curve misses the points by.
        forecasts: empty where ``reason`` says why there are none.
        reason: why nothing is extrapolated; empty where something is.
    """

    curve: PowerLaw | None
    held_out_error: float | None
    misfit: float | None
    forecasts: tuple[Forecast, ...]
    reason: str


def fit_power_law(sizes: Sequence[float] | Floats, scores: Sequence[float] | Floats) -> PowerLaw | None:
    """The power law that is nearest to the points, later ones weighing more; None where none can be found.

    Args:
        sizes: numbers of articles, rising, at least three.
        scores: at most 1.

    Example:
        >>> curve = fit_power_law([100, 200, 400, 800], [0.7, 0.8, 0.85, 0.875])
        >>> round(float(curve.at(1600)), 3)
        0.888
    """
    from scipy.optimize import OptimizeWarning, curve_fit

    x, y = np.asarray(sizes, dtype=float), np.asarray(scores, dtype=float)
    unit, rise = x[-1], max(float(y[-1] - y[0]), 1e-3)
    start = (min(float(y[-1]) + rise / 2, 0.999), rise / 2, 0.5)
    sigma = 1 / np.sqrt(np.arange(1, len(x) + 1) / len(x))

    def law(n: Floats, ceiling: float, scale: float, exponent: float) -> Floats:
        return np.asarray(ceiling - scale * n**-exponent)

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", OptimizeWarning)  # of a covariance that is not used
            found, _ = curve_fit(
                law, x / unit, y, p0=start, sigma=sigma, bounds=([-1, 0, 0.01], [1, 2, STEEPEST]), max_nfev=2000
            )
    except (RuntimeError, ValueError, TypeError):  # no convergence; fewer points than parameters
        return None
    return PowerLaw(float(found[0]), float(found[1]), float(found[2]), float(unit))


def extrapolate(
    sizes: Sequence[int], scores: Sequence[float], draws: Floats, times: Sequence[float] = (1.5, 2, 4)
) -> Extrapolation:
    """Estimate the score with more articles.

    Args:
        sizes: numbers of articles, rising.
        scores: at each of them.
        draws: resampled scores, shape (draws, sizes); they give the intervals.
        times: how many times as many articles as the last size.

    Returns:
        No forecasts, but the reason, where there are fewer than four sizes, the scores do not rise, no curve fits, or
        the curve without the last point misses it by more than 0.02 and by more than it promises for twice as many.
    """
    if len(sizes) < FEWEST_POINTS:
        return Extrapolation(
            None, None, None, (), f"a curve needs at least {FEWEST_POINTS} sizes; there are {len(sizes)}"
        )
    curve, before = fit_power_law(sizes, scores), fit_power_law(sizes[:-1], scores[:-1])
    if curve is None or before is None:
        return Extrapolation(None, None, None, (), "no power law fits the points")
    error = float(before.at(float(sizes[-1])) - scores[-1])
    misfit = float(np.sqrt(np.mean((curve.at(np.asarray(sizes, dtype=float)) - scores) ** 2)))
    reason = _reason_against(scores, curve, error, misfit)
    forecasts: tuple[Forecast, ...] = ()
    if not reason:
        fitted = [law for law in (fit_power_law(sizes, draw) for draw in draws) if law is not None]
        if len(fitted) < FEWEST_DRAWS * len(draws):
            reason = "no power law fits many of the resampled curves"
        else:
            forecasts = tuple(_forecast(curve, fitted, factor) for factor in times)
    return Extrapolation(curve, error, misfit, forecasts, reason)


def _reason_against(scores: Sequence[float], curve: PowerLaw, error: float, misfit: float) -> str:
    """Why a curve should not be extrapolated; empty where nothing speaks against it."""
    if scores[-1] <= scores[0]:
        return "the score does not rise with the articles"
    allowed = max(TOLERANCE, _gain(curve, 2.0))
    if abs(error) > allowed:
        return f"the curve without the last point misses it by {abs(error):.3f}"
    if misfit > allowed:
        return f"the points lie {misfit:.3f} off the curve"
    return ""


def _gain(curve: PowerLaw, times: float) -> float:
    return float(curve.at(curve.unit * times) - curve.at(curve.unit))


def _forecast(curve: PowerLaw, draws: Sequence[PowerLaw], times: float) -> Forecast:
    articles = curve.unit * times
    values = _bounds([float(draw.at(articles)) for draw in draws])
    gains = _bounds([_gain(draw, times) for draw in draws])
    return Forecast(times, round(articles), float(curve.at(articles)), values, _gain(curve, times), gains)


def _bounds(values: Sequence[float]) -> tuple[float, float]:
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)
