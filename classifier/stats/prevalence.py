"""The share of a label in a corpus, corrected for the classifier's errors, with intervals that hold; on arrays.

Counting predictions (classify and count) is biased: a classifier's errors seldom cancel out, and where a label is rare
most of the articles that are given it belong to another. Two corrections:

- *Adjusted count*: the predicted shares q of the corpus are P'p, where p are the true shares and row j of P says how
  articles of label j are predicted. P is counted on held-out articles; p solves the equation under the constraints that
  no share is below 0 and all add up to 1. It assumes label shift: an article of a label is like those held out.
  Sources: Gart and Buck, American Journal of Epidemiology 83, 1966 (two labels); Forman, Data Mining and Knowledge
  Discovery 17, 2008; Bunse, ECML PKDD 2022 (constrained least squares).
- *Prediction-powered inference*: the predicted share, plus the mean error on a random sample of the corpus that was
  labelled by hand. It assumes nothing but random sampling. Source: Angelopoulos, Duchi and Zrnic, PPI++, 2023 (library
  ``ppi-python``).

The EM of Saerens, Latinne and Decaestecker (Neural Computation 14, 2002) reads the scores and needs them calibrated.
With those of a model trained with class weights its errors were two to four times those of adjusted count.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier._version import install_extra
from classifier.arrays import Floats, Ints
from classifier.errors import InputError
from classifier.stats.few_groups import effective_number, stretch

DRAWS = 2000
PSEUDO_COUNT = 0.5  # Jeffreys' prior: a rate that was 0 in the sample is not known to be 0
LEVEL = 0.95
SUM_WEIGHT = 1e4  # of "the shares add up to 1" in the least squares


@dataclass(frozen=True)
class Estimate:
    """Shares with intervals.

    Attributes:
        share: (classes,) or a single class; from 0 to 1.
        low, high: of the 95% interval, cut to 0 … 1.
        impossible: classes whose interval before the cut lies clearly (p of about 0.002) below 0 or above 1, so that
            the assumption does not hold.
    """

    share: Floats
    low: Floats
    high: Floats
    impossible: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ErrorRates:
    """How articles of each label are predicted, as counted on held-out articles, and how sure that is.

    Attributes:
        counts: (classes, classes) held-out articles, rows true, columns predicted.
        inverses: random draws of the inverse of P, (draws, classes, classes): articles drawn, and, where there are
            sources, whole sources drawn.
        stretches: by how much the intervals of each of those are widened, because there are few sources.
    """

    counts: Floats
    inverses: tuple[Floats, ...]
    stretches: tuple[float, ...]


def error_rates(
    y_true: Ints, y_pred: Ints, classes: int, sources: Sequence[str] = (), *, draws: int = DRAWS, seed: int = 0
) -> ErrorRates:
    """Count the errors on held-out articles and draw from what they could have been.

    The draws are those of the Bayesian bootstrap (Rubin, Annals of Statistics 9, 1981): every article, or every source
    with all its articles, gets an exponential weight. Half a pseudo-count in each cell lets an error that did not occur
    be possible. The plain bootstrap of small counts cannot do that, and its intervals are too short near 0 and 1.

    Args:
        y_true, y_pred: class ids (articles,).
        classes: how many.
        sources: of each article, or nothing; articles of one are drawn together.
        draws: how many.
        seed: of the draws.

    Raises:
        InputError: a class has no held-out article, so that nothing is known about it.
    """
    rng = np.random.default_rng(seed)
    cells = y_true * classes + y_pred
    counts = np.bincount(cells, minlength=classes**2).reshape(classes, classes).astype(float)
    if (counts.sum(axis=1) == 0).any():
        raise InputError("A label has no held-out article: its error rates are not known.")
    inverses = [_inverses(rng.standard_gamma(np.broadcast_to(counts, (draws, classes, classes))), rng)]
    stretches = [1.0]
    units = _units(sources)
    if units is not None:
        number = int(units.max()) + 1
        per_source = np.bincount(units * classes**2 + cells, minlength=number * classes**2).reshape(number, -1)
        drawn = rng.standard_exponential((draws, number)) @ per_source
        inverses.append(_inverses(drawn.reshape(draws, classes, classes), rng))
        stretches.append(stretch(effective_number(per_source.sum(axis=1)), LEVEL))
    return ErrorRates(counts, tuple(inverses), tuple(stretches))


def adjusted_count(rates: ErrorRates, predicted: Ints, *, seed: int = 0) -> Estimate:
    """Shares of a corpus from how often each label was predicted in it, under label shift.

    Both samples are drawn again: the error rates and the corpus. Shares are drawn without the limits 0 and 1, and the
    interval is cut to them afterwards; drawing within the limits would make intervals close to them too short. Of the
    two intervals, by articles and by sources, the wider one is taken.

    Args:
        rates: of `error_rates`.
        predicted: (classes,) articles predicted to have each label.
        seed: of the draws.

    Example:
        The classifier finds 80% of each of two labels. Where it gives the second one to 32% of a corpus, 20% have it:
        0.2 × 0.8 + 0.8 × 0.2.

        >>> rates = error_rates(np.repeat([0, 1], 100), np.repeat([0, 1, 0, 1], [80, 20, 20, 80]), 2)
        >>> adjusted_count(rates, np.array([680, 320])).share.round(6).tolist()
        [0.8, 0.2]
    """
    rng = np.random.default_rng(seed)
    observed = rng.dirichlet(predicted + PSEUDO_COUNT, size=len(rates.inverses[0]))
    share = _constrained(rates.counts / rates.counts.sum(axis=1, keepdims=True), predicted / predicted.sum())
    bounds = [
        _quantiles(np.einsum("bj,bjk->bk", observed, inverse), stretch)
        for inverse, stretch in zip(rates.inverses, rates.stretches, strict=True)
    ]
    low, high = np.min([low for low, _ in bounds], axis=0), np.max([high for _, high in bounds], axis=0)
    return _within_limits(share, low, high)


def prediction_powered(truth: Ints, predicted: Ints, positives: int, unlabelled: int) -> Estimate:
    """The share of one label from articles labelled by hand and the predictions for all others (PPI++).

    Two made-up articles, one missed and one wrongly predicted, join the labelled ones for the interval: without them
    it would have no width where no error was seen, and be too short for rare labels. Source: Bonett and Price, Adjusted
    Wald Confidence Interval for a Difference of Binomial Proportions Based on Paired Data, 2012.

    Args:
        truth, predicted: 0 or 1 (labelled articles,).
        positives: how many of the other articles are predicted to have the label.
        unlabelled: how many others there are; at least 1.

    Raises:
        InputError: ``ppi-python`` is not installed.
    """
    ppi = import_ppi()
    others = np.repeat([1.0, 0.0], [positives, unlabelled - positives])
    power = None if np.ptp(predicted) or 0 < positives < unlabelled else 0.0  # nothing to learn from a constant
    truth, predicted = truth.astype(float), predicted.astype(float)
    share = np.atleast_1d(ppi.ppi_mean_pointestimate(truth, predicted, others, lam=power))
    low, high = ppi.ppi_mean_ci(np.append(truth, [1, 0]), np.append(predicted, [0, 1]), others, alpha=1 - LEVEL)
    return _within_limits(np.clip(share, 0, 1), np.atleast_1d(low), np.atleast_1d(high))


def import_ppi() -> Any:
    """The library, or an `InputError` that names the extra. Its import turns all warnings off; that is undone here."""
    try:
        with warnings.catch_warnings():
            import ppi_py
    except ImportError:
        raise InputError("Shares from labelled articles need ppi-python.", fix=install_extra("prevalence")) from None
    return ppi_py


def _units(sources: Sequence[str]) -> Ints | None:
    """A number for each article's source; None where there is one source, or one for each article."""
    numbers = {name: index for index, name in enumerate(dict.fromkeys(sources))}
    if len(numbers) < 2 or len(numbers) == len(sources):
        return None
    return np.array([numbers[name] for name in sources], dtype=np.int64)


def _inverses(drawn: Floats, rng: np.random.Generator) -> Floats:
    drawn = drawn + rng.standard_gamma(PSEUDO_COUNT, drawn.shape)
    inverse: Floats = np.linalg.inv(drawn / drawn.sum(axis=2, keepdims=True))
    return inverse


def _quantiles(drawn: Floats, stretch: float) -> tuple[Floats, Floats]:
    low, middle, high = np.quantile(drawn, [0.5 - LEVEL / 2, 0.5, 0.5 + LEVEL / 2], axis=0)
    return middle - stretch * (middle - low), middle + stretch * (high - middle)


def _constrained(rates: Floats, observed: Floats) -> Floats:
    """Shares of at least 0 that add up to 1 and explain the observed ones best (least squares)."""
    from scipy.optimize import nnls

    classes = len(observed)
    equations = np.vstack([rates.T, np.full(classes, SUM_WEIGHT)])
    found: Floats = nnls(equations, np.append(observed, SUM_WEIGHT))[0]
    shares: Floats = found / found.sum()
    return shares


def _within_limits(share: Floats, low: Floats, high: Floats) -> Estimate:
    """Cut an interval to 0 … 1, and widen it to the share where it would not hold it."""
    margin = (high - low) / 4
    impossible = (high + margin < 0) | (low - margin > 1)
    return Estimate(share, np.minimum(np.clip(low, 0, 1), share), np.maximum(np.clip(high, 0, 1), share), impossible)
