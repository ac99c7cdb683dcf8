"""How much error rates differ between sources, and the shares of a group of few sources; on arrays.

The error matrix of *one* source varies more than the mean over sources: intervals that know only how sure the mean is
are far too narrow for a single source. So the matrix of a group is drawn from what the sources of the reference
articles show:

- Row j of a source's matrix (how its articles of label j are predicted) is a Dirichlet variable, its counts a
  Dirichlet-multinomial one (Mosimann, Biometrika 49, 1962). Its dispersion rho, from 0 (all sources alike) to 1, has a
  posterior on a grid: the likelihood of all sources, integrated over the mean row (Laplace), times a half-normal prior
  for √rho (Gelman, Bayesian Analysis 1, 2006). The mean row has its own posterior for each rho.
- A group's matrix is the weighted mean of those of its sources, so of m equal new ones with 1/m of the variance. A
  source with reference articles of its own has the posterior that these give (empirical Bayes).
- Rows of one source move together: what reads like label k in one row does so in others, or one source is harder than
  another. The variance of each share is scaled by what the products of the rows' deviations show, as far as the
  articles are many enough to see it.
- Few sources say little of the dispersion: the interval is widened by Student's t, as a prediction interval of a
  random-effects meta-analysis is (Higgins, Thompson and Spiegelhalter, JRSS A 172, 2009; Nagashima, Noma and Furukawa,
  Statistical Methods in Medical Research 28, 2019, for how normal quantiles fail there).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from classifier.arrays import Floats, Ints
from classifier.stats.few_groups import effective_number
from classifier.stats.prevalence import (
    LEVEL,
    PSEUDO_COUNT,
    Estimate,
    centred_share,
    quantiles,
    within_limits,
    within_simplex,
)

DRAWS = 1000
GRID = np.linspace(0.01, 0.97, 49)  # of √rho
PRIOR = 0.2  # standard deviation of √rho
WORTH = 0.5  # sources' worth of what is assumed of the rows: that their variance is the Dirichlet's, and TOGETHER
TOGETHER = 0.75  # correlation of the rows before the data speak
LEAST, MOST = 0.9, 3.0  # by which the Dirichlet's variance of one share is scaled
LEAST_SCALE = 0.05  # of all rows together


@dataclass(frozen=True)
class GroupSources:
    """From which sources the articles of a group come.

    Attributes:
        known: weight of each reference source among the articles of each label (sources, classes).
        fresh: weight of all others together (classes,); with ``known`` each label's weights add up to 1.
        squares: sum of the squared weights of the others (classes,).
    """

    known: Floats
    fresh: Floats
    squares: Floats

    def of_known(self) -> GroupSources:
        """As if the articles of reference sources were all."""
        nothing = np.zeros_like(self.fresh)
        return GroupSources(self.known / self.known.sum(axis=0), nothing, nothing)

    @property
    def key(self) -> bytes:
        """Equal for groups whose matrices have the same distribution."""
        return b"".join(part.round(9).tobytes() for part in (self.known, self.fresh, self.squares))


def group_sources(predicted: Ints, positions: Ints, references: int) -> GroupSources:
    """Weigh the sources of a group, for each label by how often it is predicted in them.

    Where a label is predicted seldom, the sources' articles of all labels say more of where it is: they count as one
    article of each label.

    Args:
        predicted: articles predicted to have each label (sources of the group, classes).
        positions: which reference source each of them is; below 0 = none (sources of the group,).
        references: number of reference sources.

    Example:
        Half of the articles come from two new sources, half from the second of three reference sources.

        >>> found = group_sources(np.array([[25, 0], [25, 0], [50, 0]]), np.array([-1, -1, 1]), 3)
        >>> found.known[:, 0].tolist(), found.fresh.tolist(), found.squares.tolist()
        ([0.0, 0.5, 0.0], [0.5, 0.5], [0.125, 0.125])
    """
    counts = predicted + (predicted.sum(axis=1) / predicted.sum())[:, None]
    weights = counts / counts.sum(axis=0)
    known = np.zeros((references, predicted.shape[1]))
    new = positions < 0
    np.add.at(known, positions[~new], weights[~new])
    return GroupSources(known, weights[new].sum(axis=0), (weights[new] ** 2).sum(axis=0))


@dataclass(frozen=True)
class _Rows:
    """What the rows of a source's matrix do to the shares together.

    Attributes:
        plain, scaled: variance of each share by each row (rows, shares): of the Dirichlet, and as the data show it.
        seen, possible: sums over sources of the products of two rows' deviations, and what these would be if the rows
            moved as one (rows, rows, shares).
    """

    plain: Floats
    scaled: Floats
    seen: Floats
    possible: Floats

    def scale(self, shares: Floats) -> Floats:
        """By how much to multiply each share's deviations, for drawn shares (draws, classes)."""
        products = shares.T @ shares / len(shares)
        own = np.diag(products)[:, None]
        plain, scaled = (own * self.plain).sum(axis=0), (own * self.scaled).sum(axis=0)
        pairs = (products * (1 - np.eye(len(products))))[..., None]
        size = np.sqrt(self.scaled)
        together = (pairs * size[:, None] * size[None]).sum(axis=(0, 1))
        seen, possible = (pairs * self.seen).sum(axis=(0, 1)), (pairs * self.possible).sum(axis=(0, 1))
        tiny = np.finfo(np.float64).tiny
        prior = WORTH * together
        correlation = np.clip((seen + TOGETHER * prior) / (possible + prior + tiny), -1, 1)
        ratio = (scaled + correlation * together) / (plain + tiny)
        factor: Floats = np.sqrt(np.maximum(ratio, LEAST_SCALE))
        return factor


@dataclass(frozen=True)
class SourceRates:
    """How articles of each label are predicted in different sources.

    Attributes:
        counts: reference articles (sources, classes, classes), rows true, columns predicted.
        scatter: drawn dispersions of each row (draws, classes).
        mean: drawn mean rows (draws, classes, classes).
        rows: how the rows move together; None where that is not known.
        widen: by how much intervals of new sources are widened.
        cache: what was drawn for groups with the same weights.
    """

    counts: Floats
    scatter: Floats
    mean: Floats
    rows: _Rows | None
    widen: float
    cache: dict[bytes, _GroupMatrices] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class _GroupMatrices:
    """The error matrix of a group, drawn.

    Attributes:
        inverses, centres: inverses of the draws, and of the means they are drawn around (draws, classes, classes).
        best: the inverse of the mean matrix (classes, classes).
        fresh: which part of the variance is that between sources, not that of their own reference articles.
    """

    inverses: Floats
    centres: Floats
    best: Floats
    fresh: float


def source_rates(counts: Ints | Floats, *, draws: int = DRAWS, seed: int = 0) -> SourceRates:
    """Learn from reference articles how much the error rates of sources differ.

    Every label should have articles of at least three effective sources: see `few_sources`.

    Args:
        counts: reference articles (sources, classes, classes), rows true, columns predicted.
        draws: how many.
        seed: of the draws.

    Example:
        Forty sources, of each of which 45 of 50 articles of either label are found: hardly any dispersion.

        >>> rates = source_rates(np.tile([[45, 5], [5, 45]], (40, 1, 1)))
        >>> bool(np.median(rates.scatter) < 0.01)
        True
    """
    rng = np.random.default_rng(seed)
    counts = np.asarray(counts, dtype=np.float64)
    classes = counts.shape[1]
    scatter, mean = np.empty((draws, classes)), np.empty((draws, classes, classes))
    for row in range(classes):
        weights, means, worth = _dispersion(counts[:, row])
        drawn = rng.choice(len(GRID), size=draws, p=weights)
        scatter[:, row] = GRID[drawn] ** 2
        mean[:, row] = _dirichlet(means[drawn] * worth[drawn, None] + PSEUDO_COUNT, rng)
    return SourceRates(counts, scatter, mean, _rows(counts, scatter, mean), _widen(counts))


def few_sources(counts: Ints | Floats) -> Floats:
    """The effective number of sources that the reference articles of each label come from.

    Args:
        counts: as in `source_rates`.

    Example:
        >>> few_sources(np.array([[[5, 5], [0, 9]], [[5, 5], [0, 0]]])).tolist()
        [2.0, 1.0]
    """
    return np.array([effective_number(column) for column in np.asarray(counts).sum(axis=2).T])


def own_rates(counts: Ints | Floats, *, draws: int = DRAWS) -> SourceRates:
    """Rates of sources of which nothing is known but their own articles (Jeffreys' prior).

    For groups of reference sources alone, where these are too few for `source_rates`.
    """
    counts = np.asarray(counts, dtype=np.float64)
    classes = counts.shape[1]
    scatter = np.full((draws, classes), 1 / (1 + PSEUDO_COUNT * classes))
    return SourceRates(counts, scatter, np.full((draws, classes, classes), 1 / classes), None, 1.0)


def adjusted_count_of_sources(rates: SourceRates, predicted: Ints, group: GroupSources, *, seed: int = 0) -> Estimate:
    """Shares of a group of sources from how often each label was predicted in it, under label shift in each source.

    As `classifier.stats.prevalence.adjusted_count`, with the matrix of these sources in the place of the mean one.

    Args:
        rates: of `source_rates`.
        predicted: (classes,) articles predicted to have each label.
        group: of `group_sources`.
        seed: of the draws.
    """
    if group.key not in rates.cache:
        rates.cache[group.key] = _group_matrices(rates, group, np.random.default_rng(seed))
    drawn = rates.cache[group.key]
    rng = np.random.default_rng(seed + 1)
    observed = rng.dirichlet(predicted + PSEUDO_COUNT, size=len(drawn.inverses))
    found = np.einsum("bj,bjk->bk", observed, drawn.inverses)
    if rates.rows is not None:
        centre = np.einsum("bj,bjk->bk", observed, drawn.centres)
        scale = np.sqrt(1 + drawn.fresh * (rates.rows.scale(within_simplex(found)) ** 2 - 1))
        found = centre + scale * (found - centre)
    share = centred_share(predicted / predicted.sum() @ drawn.best, found)
    return within_limits(share, *quantiles(found, 1 + drawn.fresh * (rates.widen - 1)))


def _dispersion(counts: Floats) -> tuple[Floats, Floats, Floats]:
    """For each rho of the grid its posterior weight, the mean row, and how many independent articles that is worth."""
    from scipy.special import gammaln

    counts = counts[counts.sum(axis=1) > 0]
    articles, classes, rho = counts.sum(axis=1), counts.shape[1], GRID[:, None] ** 2
    worth = articles / (1 + (articles - 1) * rho)  # (grid, sources)
    total = worth.sum(axis=1)
    mean = (worth @ (counts / articles[:, None]) + PSEUDO_COUNT) / (total[:, None] + PSEUDO_COUNT * classes)
    size = 1 / rho - 1
    shape = (size * mean)[:, None]
    likelihood = (gammaln(size) - gammaln(size + articles)).sum(axis=1)
    likelihood += (gammaln(shape + counts) - gammaln(shape)).sum(axis=(1, 2))
    posterior = likelihood - (classes - 1) / 2 * np.log(total) - (GRID / PRIOR) ** 2 / 2
    weights = np.exp(posterior - posterior.max())
    return weights / weights.sum(), mean, total


def _rows(counts: Floats, scatter: Floats, mean: Floats) -> _Rows:
    articles, rho, middle = counts.sum(axis=2), scatter.mean(axis=0), mean.mean(axis=0)
    sources = len(counts)
    inverse = np.linalg.inv(middle)
    heard = articles * rho / (1 + (articles - 1) * rho)  # how much of a deviation is the source's, not chance
    rates = counts / np.maximum(articles, 1)[..., None]
    moved = np.where(articles[..., None] > 0, rates - middle, 0) @ inverse  # (sources, rows, shares)
    chance = np.maximum(middle @ inverse**2 - (middle @ inverse) ** 2, 0)
    plain = rho[:, None] * chance
    correction = sources / (sources - 1)
    weights = heard[..., None] ** 2
    noise = (1 - rho)[:, None] * chance / np.maximum(articles, 1)[..., None]
    prior = WORTH * plain + np.finfo(np.float64).tiny
    seen = (weights * (correction * moved**2 - noise)).sum(axis=0) + prior
    scaled = plain * np.clip(seen / (weights.sum(axis=0) * plain + prior), LEAST, MOST)
    one, two = heard[..., None] * moved, heard[..., None] * np.sqrt(scaled)
    return _Rows(
        plain,
        scaled,
        correction * np.einsum("sjk,sik->jik", one, one),
        np.einsum("sjk,sik->jik", two, two),
    )


def _widen(counts: Floats) -> float:
    from scipy.stats import norm, t

    freedom = max(1.0, effective_number(counts.sum(axis=(1, 2))) - 1)
    return float(t.ppf(0.5 + LEVEL / 2, freedom) / norm.ppf(0.5 + LEVEL / 2))


def _group_matrices(rates: SourceRates, group: GroupSources, rng: np.random.Generator) -> _GroupMatrices:
    """Draw the matrices, each row from the Dirichlet variable that has the mean and variance of the weighted mean."""
    draws, classes = rates.scatter.shape
    mean, size, fresh = np.empty((draws, classes, classes)), np.empty((draws, classes)), np.empty(classes)
    used = np.flatnonzero(group.known.any(axis=1))
    for row in range(classes):
        prior = rates.scatter[:, row, None] ** -1 - 1
        base = prior * rates.mean[:, row]
        middle = group.fresh[row] * rates.mean[:, row]
        total = group.squares[row] * _variance(rates.mean[:, row]) / (prior[:, 0] + 1)
        unknown = total.copy()
        for source in used:
            own, weight = rates.counts[source, row], group.known[source, row]
            posterior = (base + own) / (prior + own.sum())
            middle = middle + weight * posterior
            variance = weight**2 * _variance(posterior) / (prior[:, 0] + own.sum() + 1)
            total += variance
            unknown += variance * prior[:, 0] / (prior[:, 0] + own.sum())
        mean[:, row] = middle
        size[:, row] = np.maximum(_variance(middle) / total - 1, np.finfo(np.float64).tiny)
        fresh[row] = (unknown / total).mean()
    inverses, centres = np.linalg.inv(np.stack([_dirichlet(size[..., None] * mean, rng), mean]))
    return _GroupMatrices(inverses, centres, np.linalg.inv(mean.mean(axis=0)), float(fresh.mean()))


def _variance(rows: Floats) -> Floats:
    """Of one draw, added up over the predicted labels (draws,)."""
    total: Floats = (rows * (1 - rows)).sum(axis=1)
    return total


def _dirichlet(shape: Floats, rng: np.random.Generator) -> Floats:
    drawn = rng.standard_gamma(shape) + np.finfo(np.float64).tiny
    rows: Floats = drawn / drawn.sum(axis=-1, keepdims=True)
    return rows
