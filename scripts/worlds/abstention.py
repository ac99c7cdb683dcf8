"""Labels that are promised to be right in 90%, from sources that are unlike one another.

Sources have precisions of their own, drawn from a beta distribution; ``rho`` is the correlation of correctness within a
source (0 = articles are independent). For the promise, the true precision is just below what is promised, whatever the
score, the worst case: each threshold that is found breaks it. For the interval, the precision of the labels given on
test is .9 in the mean over sources.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.stats import beta

from classifier.arrays import Bools, Floats32, Ints
from classifier.stats.abstention import lowest_score, share_of
from worlds.tally import Part, Row

WANTED = 0.9
ARTICLES = 400
SOURCES = (2, 5, 10, 20, 40)
ALIKE = (0.0, 0.05, 0.2)
World = tuple[Floats32, Bools, Ints]


def sizes(sources: int, kind: str) -> Ints:
    """Articles of each source: as many of each, or by Zipf's law."""
    weights = np.ones(sources) if kind == "equal" else 1 / np.arange(1, sources + 1)
    return np.maximum(1, np.round(ARTICLES * weights / weights.sum())).astype(np.int64)


def world(rng: np.random.Generator, sources: int, kind: str, rho: float, mean: float) -> World:
    """Scores, whether the label is right, and the source, of each article."""
    groups = np.repeat(np.arange(sources), sizes(sources, kind))
    spread = 1 / rho - 1 if rho else 0.0
    each = rng.beta(mean * spread, (1 - mean) * spread, sources) if rho else np.full(sources, mean)
    return rng.random(len(groups)).astype(np.float32), rng.random(len(groups)) < each[groups], groups


def rows(worlds: int, seed: int) -> Iterator[Row]:
    """The promise, then the interval, by how alike a source's articles are, and how many sources there are."""
    for rho in ALIKE:
        for kind in ("equal", "zipf"):
            for sources in SOURCES:
                rng = np.random.default_rng([seed, sources, kind == "zipf", int(100 * rho)])
                where = f"{sources} sources, {kind}, rho {rho:g}"
                made = [world(rng, sources, kind, rho, WANTED - 1e-4) for _ in range(worlds)]
                yield from _promises(where, made)
                yield from _intervals(where, made)


def _promises(where: str, made: list[World]) -> Iterator[Row]:
    for name, by_source in (("promise broken: by source", True), ("promise broken: articles as independent", False)):
        found = [
            lowest_score(scores, right, WANTED, groups if by_source else None) is not None
            for scores, right, groups in made
        ]
        yield Row(where, name, sum(found), len(made))


def _intervals(where: str, made: list[World]) -> Iterator[Row]:
    truth = WANTED - 1e-4
    found = [share_of(right, groups)[1] for _, right, groups in made]
    known = [interval for interval in found if interval is not None]
    held = sum(low <= truth <= high for low, high in known)
    width = float(np.mean([high - low for low, high in known])) if known else None
    yield Row(where, "interval held: by source", held, len(known), len(found) - len(known), width)
    hits, count = np.array([right.sum() for _, right, _ in made]), np.array([len(right) for _, right, _ in made])
    low, high = beta.ppf(0.025, hits, count - hits + 1), beta.ppf(0.975, hits + 1, count - hits)
    low, high = np.where(hits, low, 0.0), np.where(hits < count, high, 1.0)
    held = int(((low <= truth) & (truth <= high)).sum())
    yield Row(where, "interval held: Clopper and Pearson", held, len(made), 0, float((high - low).mean()))


PART = Part(
    "400 labels of a class, right in .8999: how often a precision of .9 is promised, and the interval holds the truth",
    "share",
    rows,
)
