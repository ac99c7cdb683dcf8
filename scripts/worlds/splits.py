"""Splits of whole sources: how random they are, and how large one source is in test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from classifier.arrays import Bools, Floats, Ints
from classifier.dataset.stratification import label_counts, stratify
from worlds.tally import Part, Row

SHARES = {"train": 0.7, "validation": 0.1, "test": 0.2}
TEST = 2
CORPORA = 10  # of each setting
SEEDS_PER_WORLD = 0.1  # of each corpus
SETTINGS = {"60 sources, Zipf": (60, 1.0), "20 sources, Zipf": (20, 1.0), "40 sources, equal": (40, 0.0)}
ARTICLES = 50  # per source
Labels = Sequence[tuple[str, ...]]


def greedy(labels: Labels, units: Ints, seed: int) -> Ints:
    """The split of each article by the rule of Sechidis et al. (2011): the largest unit first, where it fits best.

    Before that, every label has a unit in train, in test and in validation.
    """
    counts, sizes = label_counts(labels, units), np.bincount(units)
    order = np.random.default_rng(seed).permutation(len(counts))
    order = order[np.argsort(-sizes[order], kind="stable")]
    wanted = np.array([[share] for share in SHARES.values()]) * counts.sum(axis=0)
    have, chosen = np.zeros_like(wanted), np.full(len(counts), -1, dtype=np.int64)

    def put(unit: int, split: int) -> None:
        chosen[unit] = split
        have[split] += counts[unit]

    for label in np.argsort((counts > 0).sum(axis=0), kind="stable"):
        for split in (0, TEST, 1):
            free = order[(chosen[order] < 0) & (counts[order, label] > 0)]
            if len(free) and not have[split, label]:
                fitting = free[sizes[free] <= wanted[split].sum() - have[split].sum()]
                put(fitting[0] if len(fitting) else free[-1], split)
    for unit in order[chosen[order] < 0]:
        row = counts[unit]
        put(unit, int((((2 * (have - wanted) + row) * row) / counts.sum(axis=0)).sum(axis=1).argmin()))
    return chosen[units]


def drawn(labels: Labels, units: Ints, seed: int) -> Ints:
    """The split of each article by the package."""
    return stratify(labels, units, SHARES, seed)


METHODS: dict[str, Callable[[Labels, Ints, int], Ints]] = {"greedy rule (older)": greedy, "drawn": drawn}


def sources(number: int, power: float, rng: np.random.Generator) -> tuple[Labels, Ints]:
    """Articles of sources with shares of three labels of their own; the size of the k-th is in proportion to k^-power.

    Returns:
        The labels of the articles, and the source of each, shape (articles,).
    """
    weights = np.arange(1.0, number + 1) ** -power
    sizes = np.maximum(1, np.round(ARTICLES * number * weights / weights.sum())).astype(int)
    names = [("abc"[k],) for size in sizes for k in rng.choice(3, size, p=rng.dirichlet([1.0, 1.0, 1.0]))]
    return names, np.repeat(np.arange(number), sizes)


@dataclass
class Splits:
    """The test sets of one corpus.

    Attributes:
        found: whether each source is in test, for each seed; shape (seeds, sources).
        sizes: articles of each source.
        off: mean distance of the labels' shares in test from those in all articles, for each seed.
    """

    found: Bools
    sizes: Ints
    off: Floats

    @property
    def overlap(self) -> tuple[int, int]:
        """Test articles that the next seed has in test too, and all of them."""
        articles = self.found * self.sizes
        return int((articles * np.roll(self.found, 1, axis=0)).sum()), int(articles.sum())

    @property
    def fixed(self) -> tuple[int, int]:
        """Sources that are in test for no seed or for every seed, and all of them."""
        often = self.found.mean(axis=0)
        return int(((often == 0) | (often == 1)).sum()), len(often)

    @property
    def ruled(self) -> tuple[int, int]:
        """Test sets of which one source is more than half, and all of them."""
        articles = self.found * self.sizes
        return int((articles.max(axis=1) > articles.sum(axis=1) / 2).sum()), len(self.found)

    @property
    def unlike(self) -> tuple[int, int]:
        """Test sets whose labels are off by .02 or more on average, and all of them."""
        return int((self.off >= 0.02).sum()), len(self.off)


MEASURES = {
    "sources in test for no seed, or for all": "fixed",
    "test articles that another seed has in test too": "overlap",
    "test sets of which one source is more than half": "ruled",
    "test sets whose labels are off by .02 or more": "unlike",
}


def split_often(labels: Labels, units: Ints, split: Callable[[Labels, Ints, int], Ints], seeds: int) -> Splits:
    """The test sets of a corpus by a method, for each of some seeds."""
    y = label_counts(labels, np.arange(len(units)))
    places = [split(labels, units, seed) == TEST for seed in range(seeds)]
    off = np.array([np.abs(y[test].mean(axis=0) - y.mean(axis=0)).mean() for test in places])
    sizes = np.bincount(units)
    return Splits(np.stack([np.bincount(units[test], minlength=len(sizes)) > 0 for test in places]), sizes, off)


def rows(worlds: int, seed: int) -> Iterator[Row]:
    """Ten corpora for each setting, each split by many seeds."""
    seeds = max(2, round(worlds * SEEDS_PER_WORLD))
    for setting, (number, power) in SETTINGS.items():
        corpora = [sources(number, power, np.random.default_rng([seed, k])) for k in range(CORPORA)]
        found = {name: [split_often(*corpus, split, seeds) for corpus in corpora] for name, split in METHODS.items()}
        for measure, field in MEASURES.items():
            for method, tests in found.items():
                pairs = [getattr(one, field) for one in tests]
                yield Row(f"{setting}: {measure}", method, sum(hits for hits, _ in pairs), sum(n for _, n in pairs))


PART = Part("whole sources in train, validation and test (70, 10, 20%), three labels; shares as named", "share", rows)
