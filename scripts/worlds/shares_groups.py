"""Whether the test for error rates that differ between groups of test articles is right: its alarms.

Six groups of 60 test articles each with shares of labels of their own. Where error rates are the same in all groups, an
alarm is wrong; where one group errs more, it is right. Months that are no groups of their own, but in which some
sources have more articles, differ in errors only because of the sources.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from classifier.stats.differential import unequal_rates
from worlds.shares import MEAN, Sources
from worlds.shares_labelled import OTHER, Array, Ids
from worlds.tally import Part, Row

GROUPS, EACH, SAMPLES = 6, 60, 199


def rows(worlds: int, seed: int) -> Iterator[Row]:
    """Equal rates, months among unlike sources, and one group that differs."""
    equal = np.tile(MEAN, (GROUPS, 1, 1))
    one = np.concatenate([equal[1:], OTHER[None]])
    for name, matrices, months in (
        ("equal error rates", equal, False),
        ("months, sources alike 20", None, True),
        ("one group of six errs otherwise (alarms are right)", one, False),
    ):
        rng = np.random.default_rng(seed)
        methods = ("articles of a label permuted", "within each source")[: 1 + months]
        alarms = dict.fromkeys(methods, 0)
        for world in range(worlds):
            truth, guess, sources = _articles(Sources("alike", 20).draw(GROUPS, rng) if months else matrices, rng)
            groups = (rng.random(len(sources)) < sources / (GROUPS - 1)).astype(np.int64) if months else sources
            for method, within in zip(methods, (None, sources), strict=False):
                alarms[method] += min(unequal_rates(truth, guess, groups, within, samples=SAMPLES, seed=world)) <= 0.05
        yield from (Row(name, method, hits, worlds) for method, hits in alarms.items())


def _articles(matrices: Array, rng: np.random.Generator) -> tuple[Ids, Ids, Ids]:
    groups = np.repeat(np.arange(GROUPS), EACH)
    mixes = rng.dirichlet([3, 3, 3], size=GROUPS).cumsum(axis=1)
    truth = (rng.random(len(groups))[:, None] > mixes[groups]).sum(axis=1).clip(max=2)
    bounds = matrices.cumsum(axis=2)[groups, truth]
    guess = (rng.random(len(groups))[:, None] > bounds).sum(axis=1).clip(max=2)
    return truth, guess, groups


PART = Part("error rates that differ between groups: alarms at the 5% level", "alarms", rows)
