"""Several seeds on either side, equally good methods: how often one is called surely better."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from classifier.stats.few_groups import effective_groups
from classifier.stats.seeds import SeedFigures, difference_of_means
from worlds.tally import Part, Row

ACCURACY, DRAWS = 0.8, 300


@dataclass(frozen=True)
class Setting:
    """So many groups of so many articles; seeds per side; how much one seed differs from another on all articles."""

    groups: int
    size: int
    seeds: tuple[int, int]
    spread: float

    @property
    def name(self) -> str:
        """For the table."""
        articles = f"{self.groups} groups of {self.size}" if self.size > 1 else f"{self.groups} articles"
        return f"{articles}, {self.seeds[0]} against {self.seeds[1]} seeds, which differ by {self.spread:g} sd"


SETTINGS = tuple(
    Setting(groups, size, seeds, spread)
    for groups, size, spread in ((200, 1, 0.02), (200, 1, 0.15), (40, 5, 0.02), (40, 5, 0.15), (8, 25, 0.15))
    for seeds in ((2, 2), (3, 3), (5, 5), (1, 5))
)


def rows(worlds: int, seed: int) -> Iterator[Row]:
    for setting in SETTINGS:
        rng = np.random.default_rng(seed)
        wrong, widths = {"t over seeds and articles": 0, "bootstrap over both": 0}, [0.0, 0.0]
        for _ in range(worlds):
            group, right = answers(setting, rng)
            sides = figures(setting, right, rng)
            found = difference_of_means(*sides, effective_groups(group), fewest=2)
            assert found is not None
            older = older_interval(*sides, rng)
            for number, (name, (low, high)) in enumerate(zip(wrong, (found[1], older), strict=True)):
                wrong[name] += not low <= 0 <= high
                widths[number] += (high - low) / worlds
        for number, name in enumerate(wrong):
            yield Row(setting.name, name, wrong[name], worlds, width=widths[number])


def answers(setting: Setting, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The group of each article, and which articles each training has right, shape (trainings, articles)."""
    group = np.repeat(np.arange(setting.groups), setting.size)
    trainings = sum(setting.seeds)
    shared = np.sqrt(0.2) * rng.normal(size=setting.groups)[group] + np.sqrt(0.5) * rng.normal(size=len(group))
    own = np.sqrt(0.3) * rng.normal(size=(trainings, len(group)))
    seeds = setting.spread * rng.normal(size=(trainings, 1))
    return group, shared + own + seeds < float(ndtri(ACCURACY))


def figures(setting: Setting, right: np.ndarray, rng: np.random.Generator) -> tuple[SeedFigures, SeedFigures]:
    """The accuracy of all trainings, on the articles and on whole groups of them drawn again."""
    by_group = right.reshape(len(right), setting.groups, setting.size).mean(axis=2).T
    times = rng.standard_exponential((DRAWS, setting.groups), dtype=np.float32)
    draws = (times @ by_group.astype(np.float32)) / times.sum(axis=1, keepdims=True)
    values, first = right.mean(axis=1), setting.seeds[0]
    return SeedFigures(values[:first], draws[:, :first]), SeedFigures(values[first:], draws[:, first:])


def older_interval(a: SeedFigures, b: SeedFigures, rng: np.random.Generator) -> tuple[float, float]:
    """The multi-bootstrap: percentiles over articles and seeds, the seeds' weights spread by √(S / (S − 1))."""
    means = []
    for side in (a, b):
        count = len(side.values)
        drawn = rng.multinomial(count, np.full(count, 1 / count), size=DRAWS) / count
        weights = 1 / count + (drawn - 1 / count) * np.sqrt(count / max(1, count - 1))
        means.append((weights * side.draws).sum(axis=1))
    low, high = np.quantile(means[0] - means[1], [0.025, 0.975])
    return float(low), float(high)


PART = Part("several seeds of two equally good methods", "called surely better or worse", rows)
