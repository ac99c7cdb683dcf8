"""Regression on predicted labels, corrected with articles labelled by hand; on arrays.

A classifier's errors are part of the outcome, and they seldom are the same for all sources or months. A regression on
predicted labels takes such errors for effects, and its intervals know nothing of them. Design-based supervised learning
needs only that the labelled articles were drawn with known probabilities: in the regression an article's outcome is its
*pseudo-outcome*, the prediction, plus the error divided by the probability of being drawn where the error is known.
Source: Egami, Hinck, Stewart and Wei, Using imperfect surrogates for downstream inference: Design-based supervised
learning for social science applications of large language models, NeurIPS 2023.

The prediction that goes in is not the classifier's own. A regression of the true labels on the covariates and on what
the classifier gave is fitted on the labelled articles; scores that say much weigh much in it, and worthless ones
nothing, so that they cannot widen the interval. The result is the estimator of Chen and Chen, A unified approach to
regression analysis under double-sampling designs, Journal of the Royal Statistical Society B 62, 2000, of which PPI++
(Angelopoulos, Duchi and Zrnic, 2023) is a relative.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from classifier.arrays import Floats, Ints
from classifier.errors import InputError
from classifier.stats.few_groups import FEWEST_EFFECTIVE, effective_number
from classifier.stats.prevalence import Estimate

LEVEL = 0.95
FEWEST_LABELLED = 10.0  # effective labelled articles behind a figure, below which there is no interval
MOST_STEPS, FARTHEST = 50, 20.0  # of Newton's method; log odds beyond which there is no share between 0 and 1
LEAST_LEFT = 0.05  # of a residual: a labelled article that decides its own fitted value
RIDGE = 1e-12  # of the diagonal; a covariate that is constant among the labelled articles then counts as 0


@dataclass(frozen=True)
class LabelledRows:
    """Articles labelled by hand.

    Attributes:
        rows: their positions among all articles (n,).
        truth: 1 where they have the label, else 0 (n,).
        inclusion: the probability with which each was drawn (n,); only its proportions matter.
    """

    rows: Ints
    truth: Floats
    inclusion: Floats


@dataclass(frozen=True)
class Figure:
    """A coefficient, or a sum of several, with its interval.

    Attributes:
        value: as estimated.
        error: its standard error.
        freedom: degrees of freedom of Student's t.
        low, high: the 95% interval.
        p: of the hypothesis that the value is 0.
        labelled: effective number of labelled articles behind it; of the side with fewer, where it is a difference.
        groups: the same of groups; None where articles stand for themselves.
    """

    value: float
    error: float
    freedom: float
    low: float
    high: float
    p: float
    labelled: float
    groups: float | None

    @property
    def known(self) -> bool:
        """Whether there are enough labelled articles and groups for an interval."""
        few = self.groups is not None and self.groups < FEWEST_EFFECTIVE
        return not few and self.labelled >= FEWEST_LABELLED and bool(np.isfinite(self.error))


@dataclass(frozen=True)
class Regression:
    """A regression, ready to be asked for any sum of its coefficients.

    Attributes:
        coefficients: (p,).
        covariance: (p, p).
        weights: what the label of each labelled article adds to each coefficient (n, p).
        support: labelled articles of which a covariate is not 0 (p,).
        outcome: the pseudo-outcome of every article (N,); an ordinary regression on it has these coefficients.
        predicted: the same without the errors of the labelled articles (N,).
        own: what the error of each labelled article adds to each coefficient (n, p).
        change: of the coefficients, without each group (groups, p); None without groups.
        spread: squared influence of all articles of each group, by coefficients (groups, p, p); None without groups.
        groups: the group of each labelled article (n,), a number from 0; None without groups.
    """

    coefficients: Floats
    covariance: Floats
    weights: Floats
    support: Ints
    outcome: Floats
    predicted: Floats
    own: Floats
    change: Floats | None = None
    spread: Floats | None = None
    groups: Ints | None = None

    def figure(self, of: Floats, value: float | None = None) -> Figure:
        """The sum of the coefficients times some numbers, such as a contrast; or a function with that gradient.

        The variance is at least that of one error in a labelled article: none among few does not mean that there are
        none. Student's t has the degrees of freedom of the effective number of labelled articles, or of groups where
        those are fewer, less one.

        Args:
            of: a number for each coefficient (p,).
            value: of the function; None = the sum.
        """
        from scipy.special import stdtr, stdtrit

        pulls = self.weights @ of
        squares, clusters = pulls**2, None
        value, variance = float(of @ self.coefficients) if value is None else value, float(of @ self.covariance @ of)
        one_error = float((squares**2).sum() / squares.sum()) if squares.any() else 0.0
        freedom = effective_number(squares)
        labelled = min(_of_each_side(pulls, squares), float(self.support[of != 0].min(initial=len(pulls))))
        if self.groups is not None and self.spread is not None:
            among = effective_number((self.spread @ of) @ of)
            clusters = min(among, _of_each_side(pulls, squares, self.groups))
            freedom = min(freedom, among, effective_number(np.bincount(self.groups, squares)))
        freedom = max(freedom - 1, 1.0)
        error = float(np.sqrt(max(variance, one_error)))
        margin = float(stdtrit(freedom, 0.5 + LEVEL / 2)) * error
        p = 2 * float(stdtr(freedom, -abs(value) / error)) if error > 0 else float("nan")
        return Figure(value, error, freedom, value - margin, value + margin, p, labelled, clusters)


def regress(design: Floats, guesses: Floats, labelled: LabelledRows, groups: Ints | None = None) -> Regression:
    """Regress a label on covariates, with the predictions for all articles and the truth for some (see the module).

    The variance is that of the jackknife: by articles in the form of HC3 (MacKinnon and White, Journal of Econometrics
    29, 1985), by groups with each of them left out in turn (CV3: MacKinnon, Nielsen and Webb, Fast and reliable
    jackknife and bootstrap methods for cluster-robust inference, Journal of Applied Econometrics 38, 2023).

    Args:
        design: covariates of all articles, with a constant (N, p).
        guesses: what the classifier says of the label, such as its score (N, k).
        labelled: the articles whose label is known.
        groups: a number from 0 for each article that says which stand together (N,); None = each for itself.

    Example:
        One article in four has the label in both halves. In the second half the classifier finds it twice as often.

        >>> half, truth = np.repeat([0.0, 1.0], 100), np.tile([1.0, 0, 0, 0], 50)
        >>> guess = np.where((half == 1) & (np.arange(200) % 4 == 1), 1.0, truth)
        >>> by_hand = LabelledRows(np.arange(0, 200, 5), truth[::5], np.ones(40))
        >>> found = regress(np.stack([np.ones(200), half], axis=1), guess[:, None], by_hand)
        >>> abs(found.coefficients.round(2)).tolist()
        [0.25, 0.0]
    """
    rows, weight = labelled.rows, 1 / labelled.inclusion
    weight = weight / weight.mean()
    fit = _Fit.of(design, guesses, rows, labelled.truth, weight)
    p, coefficients = design.shape[1], fit.coefficients
    predicted = design @ fit.fitted[:p] + guesses @ fit.fitted[p:]
    residual = labelled.truth - predicted[rows]
    near = np.hstack([design[rows], guesses[rows]])
    solved = _solve(fit.near, near.T * weight).T  # what each true label adds to `fitted` (n, p + k)
    weights = solved[:, :p] + solved[:, p:] @ fit.slopes.T
    support = np.count_nonzero(design[rows], axis=0)
    outcome: Floats = predicted.copy()
    outcome[rows] += weight * residual * len(design) / len(rows)
    leverage = np.einsum("ij,ij->i", near, solved)
    own = weights * (residual / np.maximum(1 - leverage, LEAST_LEFT))[:, None]
    if groups is None:
        influence = _solve(fit.every, (design * (predicted - design @ coefficients)[:, None]).T).T
        influence[rows] += own
        return Regression(coefficients, influence.T @ influence, weights, support, outcome, predicted, own)
    number = int(groups.max()) + 1
    change, spread = np.empty((number, p)), np.empty((number, p, p))
    inverse = _solve(fit.every, np.eye(p))
    for index, (mine, known) in enumerate(_by_group(groups, rows, number)):
        part = _Fit.of(
            design[mine], guesses[mine], np.searchsorted(mine, rows[known]), labelled.truth[known], weight[known]
        )
        change[index] = fit.without(part).coefficients - coefficients
        spread[index] = inverse @ part.every @ inverse
    covariance = change.T @ change * (number - 1) / number
    return Regression(coefficients, covariance, weights, support, outcome, predicted, own, change, spread, groups[rows])


def regress_odds(design: Floats, guesses: Floats, labelled: LabelledRows, groups: Ints | None = None) -> Regression:
    """The same for the log odds of a label: a logistic regression on the pseudo-outcomes.

    Its equations X'p = X'y hold sums of the outcome alone, and these are known from the linear regression: X'y = X'Xb.
    So the coefficients are a function of b, and its jackknife becomes theirs by one Newton step for each group.

    Args:
        design, guesses, labelled, groups: as for `regress`.

    Raises:
        InputError: there are no such coefficients, because a corrected share is not between 0 and 1.

    Example:
        A quarter of the one half has the label, and half of the other: log odds of -1.1, and a difference of 1.1.

        >>> design = np.stack([np.ones(200), np.repeat([0.0, 1.0], 100)], axis=1)
        >>> truth = np.concatenate([np.tile([1.0, 0, 0, 0], 25), np.tile([1.0, 0, 1, 0], 25)])
        >>> every = LabelledRows(np.arange(200), truth, np.ones(200))
        >>> regress_odds(design, truth[:, None], every).coefficients.round(2).tolist()
        [-1.1, 1.1]
    """
    linear = regress(design, guesses, labelled, groups)
    rows = labelled.rows
    every = design.T @ design
    coefficients = _log_odds(design, every @ linear.coefficients)
    shares = _logistic(design @ coefficients)
    slope = design.T @ (design * (shares * (1 - shares))[:, None])
    weights = _solve(slope, every @ linear.weights.T).T
    own = _solve(slope, every @ linear.own.T).T
    found = replace(linear, coefficients=coefficients, weights=weights, own=own)
    if groups is None or linear.change is None or linear.spread is None:
        influence = _solve(slope, (design * (linear.predicted - shares)[:, None]).T).T
        influence[rows] += own
        return replace(found, covariance=influence.T @ influence)
    number = len(linear.change)
    change, spread = np.empty_like(linear.change), np.empty_like(linear.spread)
    inverse = _solve(slope, np.eye(len(slope)))
    for index, (mine, _) in enumerate(_by_group(groups, rows, number)):
        x, p = design[mine], shares[mine]
        bent = x * np.sqrt(p * (1 - p))[:, None]
        cross = bent.T @ bent
        sums = (every - x.T @ x) @ (linear.coefficients + linear.change[index])
        change[index] = _solve(slope - cross, sums - (design.T @ shares - x.T @ p))
        spread[index] = inverse @ cross @ inverse
    covariance = change.T @ change * (number - 1) / number
    return replace(found, covariance=covariance, change=change, spread=spread)


def _log_odds(design: Floats, sums: Floats) -> Floats:
    """Coefficients whose expected sums are these: Newton's method."""
    found = np.zeros(design.shape[1])
    for _ in range(MOST_STEPS):
        shares = _logistic(design @ found)
        step = _solve(design.T @ (design * (shares * (1 - shares))[:, None]), sums - design.T @ shares)
        found += step
        if not np.isfinite(found).all() or np.abs(design @ found).max() > FARTHEST:
            break
        if np.abs(step).max() < 1e-8:
            return found
    raise InputError(
        "There are no log odds: a corrected share is not between 0 and 1.",
        fix="Leave --link logit out, join levels, or label more articles.",
    )


def _logistic(odds: Floats) -> Floats:
    from scipy.special import expit

    return np.asarray(expit(odds), dtype=np.float64)


def planned_shares(truth: Ints, guess: Ints, inclusion: Floats, predicted: Ints, articles: int) -> Estimate:
    """Shares of labels from articles that were drawn with known probabilities: a regression on a constant alone.

    Args:
        truth, guess: 0 or 1 (labelled articles, classes).
        inclusion: the probability with which each was drawn (labelled articles,).
        predicted: how many of all articles are predicted to have each label (classes,).
        articles: how many there are, the labelled ones among them.

    Example:
        One in ten of the articles predicted to have the label is wrong. It is drawn five times as often as the others.

        >>> guess = np.repeat([[1], [0]], [50, 90], axis=0)
        >>> truth, drawn = guess * (np.arange(140)[:, None] % 10 > 0), np.where(guess[:, 0], 0.5, 0.1)
        >>> planned_shares(truth, guess, drawn, np.array([100]), 1000).share.round(3).tolist()
        [0.09]
    """
    bounds = []
    for true, said, count in zip(truth.T, guess.T, predicted, strict=True):
        given = np.zeros(articles)
        rows = np.where(said == 1, said.cumsum() - 1, articles - (1 - said).cumsum())  # those with the label come first
        given[:count] = 1
        labelled = LabelledRows(rows, true.astype(np.float64), inclusion)
        figure = regress(np.ones((articles, 1)), given[:, None], labelled).figure(np.ones(1))
        bounds.append((figure.value, figure.low, figure.high))
    share, low, high = np.clip(np.array(bounds).T, 0, 1)
    return Estimate(share, low, high, np.zeros(len(share), dtype=np.bool_))


@dataclass(frozen=True)
class _Fit:
    """Sums over articles from which the coefficients come; those of a group can be taken off.

    Attributes:
        every, guessed: of all articles: covariates times covariates (p, p), and times guesses (p, k).
        near, truth: of the labelled ones, weighted: covariates and guesses times themselves, and times the truth.
    """

    every: Floats
    guessed: Floats
    near: Floats
    truth: Floats

    @classmethod
    def of(cls, design: Floats, guesses: Floats, rows: Ints, truth: Floats, weight: Floats) -> _Fit:
        near = np.hstack([design[rows], guesses[rows]])
        return cls(design.T @ design, design.T @ guesses, near.T @ (near * weight[:, None]), near.T @ (weight * truth))

    def without(self, part: _Fit) -> _Fit:
        """The sums over the other articles."""
        return _Fit(
            self.every - part.every, self.guessed - part.guessed, self.near - part.near, self.truth - part.truth
        )

    @cached_property
    def slopes(self) -> Floats:
        """Of the guesses on the covariates, in all articles (p, k)."""
        return _solve(self.every, self.guessed)

    @cached_property
    def fitted(self) -> Floats:
        """Of the truth on covariates and guesses, in the labelled articles (p + k,)."""
        return _solve(self.near, self.truth)

    @property
    def coefficients(self) -> Floats:
        """Of the truth on the covariates alone (p,): the guesses are replaced by what the covariates say of them."""
        p = len(self.every)
        found: Floats = self.fitted[:p] + self.slopes @ self.fitted[p:]
        return found


def _of_each_side(pulls: Floats, squares: Floats, groups: Ints | None = None) -> float:
    """The effective number of articles (or groups) that pull a figure up, or of those that pull it down if fewer.

    A side with less than a tenth of the variance does not count.
    """
    sides = [squares[side] for side in (pulls > 0, pulls < 0)]
    of = [None if groups is None else groups[side] for side in (pulls > 0, pulls < 0)]
    sums = [side if group is None else np.bincount(group, side) for side, group in zip(sides, of, strict=True)]
    return min((effective_number(each) for each in sums if each.sum() > 0.1 * squares.sum()), default=0.0)


def _by_group(groups: Ints, rows: Ints, number: int) -> Iterator[tuple[Ints, Ints]]:
    """The positions of each group's articles among all, and of those that are labelled among the labelled ones."""
    parts = [
        np.split(np.argsort(of, kind="stable"), np.bincount(of, minlength=number).cumsum()[:-1])
        for of in (groups, groups[rows])
    ]
    yield from zip(*parts, strict=True)


def _solve(matrix: Floats, right: Floats) -> Floats:
    size = np.sqrt(np.diag(matrix))
    size = np.where(size > 0, size, 1.0)  # whatever the unit of a covariate, it is one here
    scaled = matrix / np.outer(size, size) + RIDGE * np.eye(len(matrix))
    found = np.linalg.solve(scaled, (right.T / size).T)
    return np.asarray((found.T / size).T, dtype=np.float64)
