"""Regressions on predicted labels in corpora whose true coefficients are known (`classifier estimate --model`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.stats import norm, t

from classifier.arrays import Floats, Ints
from classifier.errors import InputError
from classifier.stats.design_based import LabelledRows, Regression, regress, regress_odds
from classifier.stats.prevalence import import_ppi
from worlds.tally import Part, Row

CORPUS = 2000
LEVELS = (0.5, 0.3, 0.2)  # shares of the covariate's levels
FOUND = np.array([0.85, 0.75, 0.65])  # of the articles with the label, per level
FALSE = np.array([0.03, 0.08, 0.15])  # of those without it: the errors depend on the covariate
ALIKE = 5.0  # articles of one source: shares of sources are drawn from a beta distribution of this weight
ODDS = "estimate --model --link logit"
ABOVE, BELOW = norm.ppf(1 - FOUND), norm.ppf(1 - FALSE)  # limits that a normal score exceeds so often
NORMAL = norm.ppf(0.975)
PLANNED = 0.4  # of a planned sample, predicted to have the label


@dataclass(frozen=True)
class Setting:
    """What a corpus is like.

    Attributes:
        name: as printed.
        labelled: by hand.
        share: true share of the label at the first level.
        effect: what each further level adds to it.
        planned: whether articles predicted to have the label are drawn with another probability than the others.
        sources: how many; 0 = articles do not depend on one another.
        zipf: whether a few sources have most articles.
        between: whether all articles of a source have one level.
        odds: whether log odds are estimated as well.
    """

    name: str
    labelled: int
    share: float = 0.2
    effect: float = 0.0
    planned: bool = False
    sources: int = 0
    zipf: bool = False
    between: bool = False
    odds: bool = False


@dataclass(frozen=True)
class World:
    """A corpus and its labelled articles."""

    design: Floats
    truth: Floats
    guess: Floats
    score: Floats
    groups: Ints | None
    labelled: LabelledRows


SETTINGS = (
    *(Setting(f"no effect, {n} labelled", n) for n in (100, 200, 500)),
    *(Setting(f"no effect, {n} labelled, planned", n, planned=True) for n in (100, 200, 500)),
    Setting("effect .10 a level, 200 labelled", 200, effect=0.1, odds=True),
    Setting("share .05, no effect, 200 labelled", 200, share=0.05, odds=True),
    Setting("share .05, no effect, 200 labelled, planned", 200, share=0.05, planned=True),
    Setting("10 equal sources, no effect, 200 labelled", 200, sources=10),
    Setting("40 equal sources, no effect, 200 labelled", 200, sources=40),
    Setting("40 Zipf sources, no effect, 200 labelled", 200, sources=40, zipf=True),
    Setting("40 equal sources, no effect, 200 labelled, planned", 200, sources=40, planned=True, odds=True),
    Setting("21 equal sources, each of one level, no effect, 200 labelled", 200, sources=21, between=True),
    Setting("40 Zipf sources, each of one level, no effect, 300 labelled", 300, sources=40, zipf=True, between=True),
)


@dataclass
class Tally:
    """Figures of one method: whether they held the truth, and how wide they were; NaN = refused."""

    held: list[Floats] = field(default_factory=list)
    width: list[Floats] = field(default_factory=list)

    def add(self, bounds: Floats, truth: Floats) -> None:
        """The intervals of one world (2, figures)."""
        low, high = bounds
        self.held.append(np.where(np.isnan(low), np.nan, (low <= truth) & (truth <= high)))
        self.width.append(high - low)

    def rows(self, setting: str, method: str) -> Iterator[Row]:
        """The differences between levels together, and the share of the first level."""
        held, width = np.array(self.held), np.array(self.width)
        for name, part in (("differences", slice(1, None)), ("share of the first level", slice(0, 1))):
            of, wide = held[:, part], width[:, part]
            refused = int(np.isnan(of).sum())
            mean = float(np.nanmean(wide)) if refused < of.size else float("nan")
            yield Row(setting, f"{method}: {name}", int(np.nansum(of)), of.size - refused, refused, mean)


def made_world(setting: Setting, rng: np.random.Generator) -> World:
    """A corpus whose classifier finds fewer articles of the label, and more that are none, at higher levels."""
    level = rng.choice(3, size=CORPUS, p=LEVELS)
    groups, share = None, np.full(CORPUS, setting.share)
    if setting.sources:
        sizes = 1 / np.arange(1, setting.sources + 1) if setting.zipf else np.ones(setting.sources)
        drawn = rng.choice(setting.sources, size=CORPUS, p=sizes / sizes.sum())
        share = rng.beta(ALIKE * setting.share, ALIKE * (1 - setting.share), size=setting.sources)[drawn]
        groups = np.unique(drawn, return_inverse=True)[1]
        if setting.between:
            level = rng.permutation(np.arange(setting.sources) % 3)[drawn]
    truth = (rng.random(CORPUS) < share + setting.effect * level).astype(float)
    above = rng.normal(size=CORPUS) - np.where(truth == 1, ABOVE[level], BELOW[level])
    guess, score = (above > 0).astype(float), norm.cdf(above)
    design = np.stack([np.ones(CORPUS), level == 1, level == 2], axis=1).astype(float)
    rows, inclusion = _drawn(setting, guess, rng)
    return World(design, truth, guess, score, groups, LabelledRows(rows, truth[rows], inclusion[rows]))


def _drawn(setting: Setting, guess: Floats, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """The labelled articles, and the probability of each article to be one."""
    if not setting.planned:
        return rng.choice(CORPUS, setting.labelled, replace=False), np.full(CORPUS, setting.labelled / CORPUS)
    with_label = min(int(PLANNED * setting.labelled), int(guess.sum()))
    numbers = {1.0: with_label, 0.0: setting.labelled - with_label}
    inclusion, rows = np.empty(CORPUS), []
    for value, number in numbers.items():
        of = np.flatnonzero(guess == value)
        inclusion[of] = number / len(of)
        rows.append(rng.choice(of, number, replace=False))
    return np.concatenate(rows), inclusion


def intervals(world: World, setting: Setting) -> dict[str, Floats]:
    """The 95% intervals of each method (2, figures); NaN where the package refuses them."""
    found = {
        "naive OLS on predicted labels": _ols(world, world.guess),
        "DSL with robust errors": _ols(world, _pseudo_outcome(world)),
        "estimate --model": _package(world, world.score),
    }
    if world.groups is None:
        found["estimate --model, labels alone"] = _package(world, world.guess)
    if setting.odds:
        found[ODDS] = _odds(world)
    if not (setting.planned or setting.odds or setting.sources):
        found["PPI++ (ppi_ols_ci)"] = _ppi(world)
    return found


def _package(world: World, guess: Floats) -> Floats:
    return _bounds(regress(world.design, guess[:, None], world.labelled, world.groups))


def _odds(world: World) -> Floats:
    try:
        return _bounds(regress_odds(world.design, world.score[:, None], world.labelled, world.groups))
    except InputError:
        return np.full((2, 3), np.nan)


def _bounds(fit: Regression) -> Floats:
    figures = [fit.figure(row) for row in np.eye(3)]
    return np.array([[getattr(f, end) if f.known else np.nan for f in figures] for end in ("low", "high")])


def _pseudo_outcome(world: World) -> Floats:
    """As Egami et al. give it, with the predicted labels as they are."""
    outcome, labelled = world.guess.copy(), world.labelled
    outcome[labelled.rows] += (labelled.truth - world.guess[labelled.rows]) / labelled.inclusion
    return outcome


def _ols(world: World, outcome: Floats) -> Floats:
    """Ordinary least squares with robust standard errors: by articles (HC0), or by sources with t (CR1)."""
    inverse = np.linalg.inv(world.design.T @ world.design)
    values = inverse @ (world.design.T @ outcome)
    scores = world.design * (outcome - world.design @ values)[:, None]
    quantile, scale = NORMAL, 1.0
    if world.groups is not None:
        number = int(world.groups.max()) + 1
        scores = np.stack([np.bincount(world.groups, column) for column in scores.T], axis=1)
        quantile, scale = t.ppf(0.975, number - 1), number / (number - 1)
    errors = np.sqrt(scale * np.diag(inverse @ (scores.T @ scores) @ inverse))
    return np.stack([values - quantile * errors, values + quantile * errors])


def _ppi(world: World) -> Floats:
    rows = world.labelled.rows
    rest = np.setdiff1d(np.arange(CORPUS), rows)
    design, guess = world.design, world.guess
    return np.array(
        import_ppi().ppi_ols_ci(design[rows], world.truth[rows], guess[rows], design[rest], guess[rest], alpha=0.05)
    )


def rows(worlds: int, seed: int) -> Iterator[Row]:
    """Every setting, every method."""
    for setting in SETTINGS:
        rng = np.random.default_rng(seed)
        truth = np.array([setting.share, setting.effect, 2 * setting.effect])
        tallies: dict[str, Tally] = {}
        for _ in range(worlds):
            world = made_world(setting, rng)
            for method, bounds in intervals(world, setting).items():
                tallies.setdefault(method, Tally()).add(bounds, log_odds(truth) if method == ODDS else truth)
        yield from _all(setting.name, tallies)


def log_odds(truth: Floats) -> Floats:
    """Of the first level, and the differences of the others to it; from shares and differences of shares."""
    shares = np.array([truth[0], truth[0] + truth[1], truth[0] + truth[2]])
    odds: Floats = np.log(shares / (1 - shares))
    return np.array([odds[0], odds[1] - odds[0], odds[2] - odds[0]])


def _all(setting: str, tallies: Mapping[str, Tally]) -> Iterator[Row]:
    for method, tally in tallies.items():
        yield from tally.rows(setting, method)


PART = Part(
    "coefficients of `label ~ level` in 2,000 articles with errors that depend on the level; where there is no effect, "
    "what is missing to 1 is the rate of false differences",
    "held the truth",
    rows,
)
