"""Slices that are said to be no worse: whether what "could have been found" is found, and false alarms.

In each world the model answers test articles of which some, of some groups, are a slice, and `smallest_by_score` says
how much worse they must be to be found. Then it answers others, worse in the slice by just that. Four of five should be
found; without a difference, at most the level.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from classifier.arrays import Bools, Floats, Ints
from classifier.stats.detectable import smallest_by_score
from classifier.stats.significance import score_test
from worlds.power import zipf_groups
from worlds.tally import Part, Row

ACCURACY, CORRELATION, LEVEL = 0.8, 0.1, 0.05


@dataclass(frozen=True)
class Setting:
    """Articles in groups, how many of the groups are the slice, and how many slices are looked at."""

    groups: Ints
    inside: int
    slices: int


SETTINGS = {
    "30 of 300 articles": Setting(np.arange(300), 30, 1),
    "30 of 300 articles, 12 slices": Setting(np.arange(300), 30, 12),
    "10 of 40 groups of 10": Setting(np.repeat(np.arange(40), 10), 10, 1),
    "10 of 40 groups of 10, 12 slices": Setting(np.repeat(np.arange(40), 10), 10, 12),
    "5 of 40 groups of 10, 12 slices": Setting(np.repeat(np.arange(40), 10), 5, 12),
    "10 of 20 groups of 10, 4 slices": Setting(np.repeat(np.arange(20), 10), 10, 4),
    "5 of 10 groups of 20": Setting(np.repeat(np.arange(10), 20), 5, 1),
    "20 of 40 groups, Zipf, 4 slices": Setting(zipf_groups(40, 400), 20, 4),
}


def answers(rng: np.random.Generator, groups: Ints, inside: Bools, worse: float) -> Floats:
    """Whether the model is right (1) or wrong (0); articles of a group are alike."""
    share = ACCURACY - worse * inside
    together = rng.random(int(groups.max()) + 1)[groups] < share
    alone = rng.random(len(groups)) < share
    return np.where(rng.random(len(groups)) < np.sqrt(CORRELATION), together, alone).astype(float)


def rows(worlds: int, seed: int) -> Iterator[Row]:
    """For each setting, how often the stated difference is found, and how often one that is none."""
    for name, setting in SETTINGS.items():
        rng, level = np.random.default_rng([seed, len(setting.groups), setting.slices]), LEVEL / setting.slices
        count = int(setting.groups.max()) + 1
        hits = false = refused = 0
        total = 0.0
        for _ in range(worlds):
            inside = np.isin(np.arange(count), rng.choice(count, setting.inside, replace=False))[setting.groups]
            now = answers(rng, setting.groups, inside, 0.0)
            false += score_test(now, inside, setting.groups) < level
            stated = smallest_by_score(now, inside, setting.groups, level=level)
            if stated >= ACCURACY:
                refused += 1
                continue
            worse = answers(rng, setting.groups, inside, stated)
            lower = worse[inside].mean() < worse[~inside].mean()
            hits += lower and score_test(worse, inside, setting.groups) < level
            total += stated
        kept = worlds - refused
        yield Row(name, "found, of the stated difference (width)", hits, kept, refused, total / kept if kept else None)
        yield Row(name, "false alarm without any", false, worlds)


PART = Part("slices: the difference that is said to be found in four of five cases, and false alarms", "found", rows)
