"""The share of a label in a corpus, corrected for the classifier's errors, with intervals that hold; on arrays.

Counting predictions (classify and count) is biased: a classifier's errors seldom cancel out, and where a label is rare
most of the articles that are given it belong to another. Two corrections:

- *Adjusted count*: the predicted shares q of the corpus are P'p, where p are the true shares and row j of P says how
  articles of label j are predicted. P is counted on held-out articles; p solves the equation, and is moved to where no
  share is below 0. It assumes label shift: an article of a label is like those held out.
  Sources: Gart and Buck, American Journal of Epidemiology 83, 1966 (two labels); Forman, Data Mining and Knowledge
  Discovery 17, 2008. For groups of few sources, whose P is not the mean one, see
  `classifier.stats.source_rates`.
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
MOST_TURNED = 0.025  # of the drawn error matrices may have a determinant of the other sign


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
        turned: share of the draws whose determinant has the other sign than that of most.
    """

    counts: Floats
    inverses: tuple[Floats, ...]
    stretches: tuple[float, ...]
    turned: float

    @property
    def matrix(self) -> Floats:
        """P: each row adds up to 1."""
        rates: Floats = self.counts / self.counts.sum(axis=1, keepdims=True)
        return rates

    @property
    def condition(self) -> float:
        """The condition number of P: by how much the equations enlarge an error at worst."""
        return float(np.linalg.cond(self.matrix))

    @property
    def solvable(self) -> bool:
        """Whether P is surely not singular.

        Where it could be, any share fits the predictions: the draws of its determinant lie on both sides of 0, and no
        finite interval would hold (as in Fieller, Journal of the Royal Statistical Society B 16, 1954, for a ratio).
        """
        return self.turned <= MOST_TURNED

    @property
    def confused(self) -> tuple[int, int]:
        """The two labels that P tells apart worst.

        Example:
            >>> counts = np.array([[90, 5, 5], [10, 50, 40], [10, 45, 45]])
            >>> ErrorRates(counts, (), (), 0.0).confused
            (1, 2)
        """
        direction = np.linalg.svd(self.matrix)[0][:, -1]
        low, high = sorted((int(direction.argmin()), int(direction.argmax())))
        return low, high


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
    matrices = [_rows(rng.standard_gamma(np.broadcast_to(counts, (draws, classes, classes))), rng)]
    stretches = [1.0]
    units = _units(sources)
    if units is not None:
        number = int(units.max()) + 1
        per_source = np.bincount(units * classes**2 + cells, minlength=number * classes**2).reshape(number, -1)
        drawn = rng.standard_exponential((draws, number)) @ per_source
        matrices.append(_rows(drawn.reshape(draws, classes, classes), rng))
        stretches.append(stretch(effective_number(per_source.sum(axis=1)), LEVEL))
    inverses: Floats = np.linalg.inv(np.stack(matrices))
    return ErrorRates(counts, tuple(inverses), tuple(stretches), max(map(_turned, matrices)))


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
        >>> adjusted_count(rates, np.array([680, 320])).share.round(3).tolist()
        [0.8, 0.2]
    """
    rng = np.random.default_rng(seed)
    observed = rng.dirichlet(predicted + PSEUDO_COUNT, size=len(rates.inverses[0]))
    drawn = [np.einsum("bj,bjk->bk", observed, inverse) for inverse in rates.inverses]
    share = centred_share(predicted / predicted.sum() @ np.linalg.pinv(rates.matrix), drawn[-1])
    bounds = [quantiles(shares, stretch) for shares, stretch in zip(drawn, rates.stretches, strict=True)]
    low, high = np.min([low for low, _ in bounds], axis=0), np.max([high for _, high in bounds], axis=0)
    return within_limits(share, low, high)


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
    return within_limits(np.clip(share, 0, 1), np.atleast_1d(low), np.atleast_1d(high))


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


def _rows(drawn: Floats, rng: np.random.Generator) -> Floats:
    drawn = drawn + rng.standard_gamma(PSEUDO_COUNT, drawn.shape)
    rates: Floats = drawn / drawn.sum(axis=2, keepdims=True)
    return rates


def _turned(matrices: Floats) -> float:
    above = float((np.linalg.slogdet(matrices)[0] > 0).mean())
    return min(above, 1 - above)


def centred_share(solution: Floats, drawn: Floats) -> Floats:
    """One share for each label, above 0 and below 1, that add up to 1: the mean of draws moved into these limits.

    Where no draw leaves the limits, that is the solution itself. A solution at a limit is moved inside by as much as
    the draws spread, while least squares with these limits would give shares of exactly 0 and 1.

    Args:
        solution: of the equations, without limits (classes,).
        drawn: random draws of it, without limits (draws, classes).

    Example:
        >>> drawn = np.array([[0.9, 0.1], [1.1, -0.1]])
        >>> [centred_share(np.array(solution), drawn).round(3).tolist() for solution in ([0.5, 0.5], [1.0, 0.0])]
        [[0.5, 0.5], [0.95, 0.05]]
    """
    spread = np.clip(drawn - np.median(drawn, axis=0), -1, 1)
    share: Floats = within_simplex(solution + spread - spread.mean(axis=0)).mean(axis=0)
    return share


def within_simplex(shares: Floats) -> Floats:
    """The nearest shares of at least 0 that add up to 1, for each row (Duchi and others, ICML 2008).

    Example:
        >>> within_simplex(np.array([[1.2, 0.1, -0.3], [0.2, 0.3, 0.5]])).round(3).tolist()
        [[1.0, 0.0, 0.0], [0.2, 0.3, 0.5]]
    """
    ordered = -np.sort(-shares, axis=1)
    excess = (ordered.cumsum(axis=1) - 1) / np.arange(1, shares.shape[1] + 1)
    last = (ordered > excess).sum(axis=1) - 1
    inside: Floats = np.maximum(shares - excess[np.arange(len(shares)), last][:, None], 0)
    return inside


def quantiles(drawn: Floats, stretch: float) -> tuple[Floats, Floats]:
    """The 95% interval of draws, each side's distance from the median multiplied by ``stretch``."""
    low, middle, high = np.quantile(drawn, [0.5 - LEVEL / 2, 0.5, 0.5 + LEVEL / 2], axis=0)
    return middle - stretch * (middle - low), middle + stretch * (high - middle)


def within_limits(share: Floats, low: Floats, high: Floats) -> Estimate:
    """Cut an interval to 0 … 1, and widen it to the share where it would not hold it."""
    margin = (high - low) / 4
    impossible = (high + margin < 0) | (low - margin > 1)
    return Estimate(share, np.minimum(np.clip(low, 0, 1), share), np.maximum(np.clip(high, 0, 1), share), impossible)
