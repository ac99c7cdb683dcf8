"""Labels that are promised to be right so often, from sources that are unlike one another.

Sources have precisions of their own, drawn from a beta distribution; ``rho`` is the correlation of correctness within a
source (0 = articles are independent). For "promise broken", the true precision is just below what is promised, whatever
the score, the worst case: each threshold that is found breaks it. For "promise made", a quarter as many labels are
wrong: there the promise is due. For the interval, the precision of the labels given on test is .9 in the mean over
sources.

Four ways of counting: the package's own (labels of a source are taken to correlate by .1 at least), the one before it
(by what they show), each source as a single label, and each label by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np
from scipy.stats import beta

from classifier.arrays import Bools, Floats32, Ints
from classifier.stats.abstention import ALIKE, most_kept
from classifier.stats.significance import share_of
from worlds.tally import Part, Row

WANTED = 0.9
LEVELS = (0.9, 0.95, 0.99)
ARTICLES = 400
MANY, MORE = 100, 2000  # from so many sources on there are so many articles
SOURCES = (2, 5, 10, 20, 40, 100)
RHO = (0.0, 0.05, 0.1, 0.2)
DUE = 0.1  # the correlation in worlds where the promise is due
WAYS: dict[str, float | None] = {"by source": ALIKE, "before": 0.0, "a source as one": 1.0, "as independent": None}
World = tuple[Floats32, Bools, Ints]


def sizes(sources: int, kind: str) -> Ints:
    """Articles of each source: as many of each, or by Zipf's law."""
    weights = np.ones(sources) if kind == "equal" else 1 / np.arange(1, sources + 1)
    articles = ARTICLES if sources < MANY else MORE
    return np.maximum(1, np.round(articles * weights / weights.sum())).astype(np.int64)


def world(rng: np.random.Generator, sources: int, kind: str, rho: float, mean: float) -> World:
    """Scores, whether the label is right, and the source, of each article."""
    groups = np.repeat(np.arange(sources), sizes(sources, kind))
    spread = 1 / rho - 1 if rho else 0.0
    each = rng.beta(mean * spread, (1 - mean) * spread, sources) if rho else np.full(sources, mean)
    return rng.random(len(groups)).astype(np.float32), rng.random(len(groups)) < each[groups], groups


def rows(worlds: int, seed: int) -> Iterator[Row]:
    """The promise, then the interval, by what is promised, how alike articles of a source are, and how many there are.

    Where the promise is due, only one correlation is shown.
    """
    for wanted, rho, kind, sources in product(LEVELS, RHO, ("equal", "zipf"), SOURCES):
        rng = np.random.default_rng([seed, sources, kind == "zipf", int(100 * rho), int(100 * wanted)])
        where = f"{wanted:g}: {sources} sources, {kind}, rho {rho:g}"
        made = [world(rng, sources, kind, rho, wanted - 1e-4) for _ in range(worlds)]
        yield from _promises(where, "promise broken", made, wanted)
        if rho == DUE:
            due = [world(rng, sources, kind, rho, 1 - (1 - wanted) / 4) for _ in range(worlds)]
            yield from _promises(where, "promise made where due", due, wanted)
        if wanted == WANTED:
            yield from _intervals(where, made)


def _promises(where: str, what: str, made: Sequence[World], wanted: float) -> Iterator[Row]:
    for name, alike in WAYS.items():
        yield Row(where, f"{what}: {name}", sum(_is_promised(one, wanted, alike) for one in made), len(made))


def _is_promised(made: World, wanted: float, alike: float | None) -> bool:
    """Whether any label can be given; ``alike`` None = each label by itself."""
    scores, right, groups = made
    order = np.argsort(-scores, kind="stable")
    together = None if alike is None else groups[order]
    return bool(most_kept(scores[order], right[order], wanted, together, alike=alike or 0.0))


def _intervals(where: str, made: Sequence[World]) -> Iterator[Row]:
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
    "400 labels of a class (of 100 sources 2,000): how often a precision is promised that is missed by .0001, or is "
    "surpassed, and the interval holds the truth",
    "share",
    rows,
)
