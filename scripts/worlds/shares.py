"""Shares of a corpus by adjusted count, where error rates differ from source to source.

Three labels; test articles from a number of sources, 60 of each, with mixes of labels of their own; a corpus of 2,000
articles from one new source, from 30 new ones, or from one of the test articles' sources. Each source has an error
matrix of its own: Dirichlet rows ("alike": the larger the number, the more so), rows that move together towards the
same labels, or sources that are hard or easy as a whole. Which label is looked at changes from world to world.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.stats.prevalence import ErrorRates, Estimate, adjusted_count, error_rates
from classifier.stats.source_rates import adjusted_count_of_sources, group_sources, source_rates
from worlds.tally import Part, Row

MEAN = np.array([[0.85, 0.10, 0.05], [0.10, 0.80, 0.10], [0.15, 0.15, 0.70]])  # rows true, columns predicted
SHARES = np.array([0.5, 0.3, 0.2])
CORPUS, PER_SOURCE, DRAWS = 2000, 60, 300
Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Sources:
    """How error matrices differ: Dirichlet rows that are more or less ``alike``, ``together`` or ``hard``; how much."""

    kind: str
    size: float

    def draw(self, number: int, rng: np.random.Generator) -> Array:
        """Matrices (sources, true, predicted)."""
        if self.kind == "alike":
            return np.stack([rng.dirichlet(self.size * row, size=number) for row in MEAN], axis=1)
        if self.kind == "together":
            moved = MEAN * np.exp(rng.normal(0, self.size, (number, 1, 3)))
            return moved / moved.sum(axis=2, keepdims=True)
        right = np.diag(MEAN)
        logit = np.log(right / (1 - right)) + rng.normal(0, self.size, (number, 1))
        right = 1 / (1 + np.exp(-logit))
        wrong = MEAN * (1 - np.eye(3))
        wrong /= wrong.sum(axis=1, keepdims=True)
        return wrong * (1 - right)[..., None] + np.eye(3) * right[..., None]


def test_articles(matrices: Array, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Counts (sources, true, predicted), every label with articles of at least three sources."""
    while True:
        mixes = rng.dirichlet([2, 2, 2], size=len(matrices))
        labels = rng.multinomial(PER_SOURCE, mixes)
        if ((labels > 0).sum(axis=0) >= 3).all():
            return rng.multinomial(labels, matrices)


def mean_rates(counts: npt.NDArray[np.int64], seed: int) -> ErrorRates:
    """The older method: the mean matrix, by articles and by sources."""
    source, true, guess = (part.ravel() for part in np.indices(counts.shape))
    times = counts.ravel()
    names = [str(name) for name in np.repeat(source, times)]
    return error_rates(np.repeat(true, times), np.repeat(guess, times), 3, names, draws=DRAWS, seed=seed)


def naive(predicted: npt.NDArray[np.int64]) -> Estimate:
    """Counted predictions, with Wald's interval."""
    share = predicted / predicted.sum()
    margin = 1.96 * np.sqrt(share * (1 - share) / predicted.sum())
    return Estimate(share, share - margin, share + margin, share < 0)


class Counting:
    """Counts hits and widths of several methods in the worlds of one setting."""

    def __init__(self, setting: str) -> None:
        self.setting = setting
        self.hits: defaultdict[str, int] = defaultdict(int)
        self.refused: defaultdict[str, int] = defaultdict(int)
        self.widths: defaultdict[str, list[float]] = defaultdict(list)

    def add(self, method: str, low: float, high: float, truth: float) -> None:
        """One interval."""
        self.hits[method] += int(low <= truth <= high)
        self.widths[method].append(high - low)

    def label(self, method: str, found: Estimate, label: int, shares: Array = SHARES) -> None:
        """The interval of one label."""
        self.add(method, float(found.low[label]), float(found.high[label]), float(shares[label]))

    def refuse(self, method: str) -> None:
        """No interval."""
        self.refused[method] += 1
        self.hits[method] += 0

    def rows(self) -> Iterator[Row]:
        """A row for each method, in the order in which they came."""
        for method, hits in self.hits.items():
            widths = self.widths[method]
            width = float(np.mean(widths)) if widths else None
            yield Row(self.setting, method, hits, len(widths), self.refused[method], width)


ONE, MANY, KNOWN = "one new source", "30 new sources", "one of the test articles' sources"
SETTINGS = (
    *((Sources("alike", 20), number, (ONE, MANY)) for number in (5, 10, 20)),
    (Sources("alike", 20), 40, (ONE, MANY, KNOWN)),
    *((Sources("alike", size), number, (ONE,)) for size in (100, 6) for number in (10, 40)),
    *((Sources(kind, 0.4), number, (ONE,)) for kind in ("together", "hard") for number in (10, 40)),
)


def rows(worlds: int, seed: int) -> Iterator[Row]:
    """One setting after the other."""
    for sources, number, groups in SETTINGS:
        yield from setting(sources, number, groups, worlds, seed)


def setting(sources: Sources, number: int, groups: tuple[str, ...], worlds: int, seed: int) -> Iterator[Row]:
    """Worlds with so many sources of test articles."""
    rng = np.random.default_rng(seed)
    name = f"{sources.kind} {sources.size:g}; {number} sources of test articles"
    counting = {group: Counting(f"{name}; {group}") for group in groups}
    for world in range(worlds):
        matrices = sources.draw(number + 31, rng)
        of = {ONE: matrices[[number]], MANY: matrices[number + 1 :], KNOWN: matrices[:1]}
        counts = test_articles(matrices[:number], rng)
        rates, mean = source_rates(counts, draws=DRAWS, seed=world), mean_rates(counts, world)
        for group, count in counting.items():
            predicted = rng.multinomial(CORPUS // len(of[group]), SHARES @ of[group])
            total, label = predicted.sum(axis=0), world % 3
            places = np.full(len(predicted), 0 if group == KNOWN else -1)
            count.label("naive", naive(total), label)
            count.label("mean error rates (before)", adjusted_count(mean, total, seed=world), label)
            found = adjusted_count_of_sources(rates, total, group_sources(predicted, places, number), seed=world)
            count.label("the group's own sources", found, label)
    for count in counting.values():
        yield from count.rows()


PART = Part("shares by adjusted count, where sources differ: 95% intervals that hold the share", "held the truth", rows)
