"""What difference between two models a set of test articles can show, before there are two models.

Two models are compared on the same articles, so only those count that one has right and the other wrong (Connor,
"Sample size for testing differences in proportions for the paired-sample design", Biometrics 43, 1987). How many these
are is not known before there are models. If errors were independent, they would be 2 a (1 - a) of the articles for an
accuracy of a; on real corpora fine-tuned encoders and TF-IDF disagreed on .15 to .40 of that (`ALIKE`).

Articles of one group are alike: n of them count for n / (1 + ρ (m - 1)), with the intraclass correlation ρ and the
mean group size m that an article sees (Kish, Survey Sampling, 1965; Donner and Klar, Design and Analysis of Cluster
Randomization Trials in Health Research, 2000). Student's t has as many degrees of freedom as the effective groups less
one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from classifier.arrays import Floats, Ints
from classifier.stats.equivalence import LEVEL, POWER, detectable_errors
from classifier.stats.few_groups import FEWEST_EFFECTIVE

ALIKE = 0.4  # articles that only one model has right, as a share of those if errors were independent
LEAST_CORRELATION = 0.1  # in a group: two models may differ by source where each by itself hardly does
MOST = 1e6  # times as many groups, beyond which it is not said how many are needed


@dataclass(frozen=True)
class ComparedArticles:
    """What a comparison of two models rests on.

    Attributes:
        articles, groups: how many; as many groups as articles where each stands by itself.
        effective: how many groups of equal size they count for (`effective_number`).
        accuracy: of a model, about.
        correlation: of right answers within a group.
    """

    articles: float
    groups: float
    effective: float
    accuracy: float
    correlation: float


def intraclass_correlation(values: Floats, groups: Ints) -> float:
    """How alike the values of a group are, between 0 and 1; 0 where every value stands by itself.

    Source: the analysis-of-variance estimator (Donner, "A review of inference procedures for the intraclass
    correlation coefficient in the one-way random effects model", International Statistical Review 54, 1986).

    Args:
        values: one per article, shape (n,).
        groups: which articles stand together, shape (n,), any numbers.

    Example:
        >>> intraclass_correlation(np.array([1.0, 1.0, 0.0, 0.0]), np.array([7, 7, 8, 8]))
        1.0
    """
    codes = np.unique(groups, return_inverse=True)[1]
    sizes = np.bincount(codes)
    n, count = len(values), len(sizes)
    if count in (1, n):
        return 0.0
    means = np.bincount(codes, values) / sizes
    between = float((sizes * (means - values.mean()) ** 2).sum()) / (count - 1)
    within = float(((values - means[codes]) ** 2).sum()) / (n - count)
    typical = (n - float((sizes**2).sum()) / n) / (count - 1)
    whole = between + (typical - 1) * within
    return min(1.0, max(0.0, (between - within) / whole)) if whole > 0 else 0.0


def smallest_difference(test: ComparedArticles) -> float | None:
    """The smallest difference in accuracy between two models that these articles show in four of five cases.

    Returns:
        None where they can show none: below three effective groups, or with fewer than seven, where a single group in
        which the two do not differ leaves the rest to chance (p = 2 / 2 ** 5 for six).

    Example:
        >>> round(smallest_difference(ComparedArticles(1000, 1000, 1000, 0.8, 0.0)), 3)
        0.032
        >>> [smallest_difference(ComparedArticles(1000, n, n, 0.8, 0.1)) is None for n in (6, 7)]
        [True, False]
    """
    if test.effective < FEWEST_EFFECTIVE or 2 * 0.5 ** (test.groups - 1) >= LEVEL:
        return None
    found = _by_quantiles(test, *_quantiles(test.effective - 1))
    return found if found < 1 else None


def times_needed(test: ComparedArticles, wanted: float) -> float | None:
    """How many times as many such groups would show a difference in accuracy in four of five cases.

    Returns:
        Below 1 where these are more than enough; None where a million times as many would not do.
    """
    from scipy.optimize import brentq

    def beyond(log: float) -> float:
        found = smallest_difference(_more(test, math.exp(log)))
        return (1.0 if found is None else found) - wanted

    least, most = -math.log(max(1.0, test.groups)), math.log(MOST)
    if beyond(most) > 0:
        return None
    return math.exp(brentq(beyond, least, most, xtol=1e-3)) if beyond(least) > 0 else math.exp(least)


def _more(test: ComparedArticles, times: float) -> ComparedArticles:
    return replace(test, articles=test.articles * times, groups=test.groups * times, effective=test.effective * times)


def _quantiles(df: float) -> tuple[float, float]:
    """Standard errors up to what is called sure, and from there on to what is found in four of five cases."""
    from scipy.stats import t

    critical = float(t.ppf(1 - LEVEL / 2, df))
    return critical, detectable_errors(df, level=LEVEL, power=POWER) - critical


def _by_quantiles(test: ComparedArticles, critical: float, beyond: float) -> float:
    """The difference that Connor's formula asks for; the articles that one alone has right are at least as many."""
    from scipy.optimize import brentq

    apart = ALIKE * 2 * test.accuracy * (1 - test.accuracy)
    count = test.articles / (1 + test.correlation * max(0.0, test.articles / test.effective - 1))

    def short(difference: float) -> float:
        discordant = max(apart, difference)
        sampled = max(0.0, discordant - difference**2)
        return difference - (critical * math.sqrt(discordant / count) + beyond * math.sqrt(sampled / count))

    return float(brentq(short, 1e-9, 1.0)) if short(1.0) > 0 else 1.0
