"""The mean of a figure over several trainings: for new seeds and new articles, or of one training for new articles."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import ndtr, ndtri

from classifier.stats.few_groups import effective_groups
from classifier.stats.resampling import interval
from classifier.stats.seeds import interval_of_mean
from worlds.seeds import ACCURACY, Setting, answers, figures
from worlds.tally import Part, Row

SETTINGS = tuple(
    Setting(groups, size, (seeds, 1), spread)
    for groups, size, spread in ((200, 1, 0.02), (200, 1, 0.15), (40, 5, 0.02), (40, 5, 0.15), (8, 25, 0.15))
    for seeds in (2, 3, 5)
)


def rows(worlds: int, seed: int) -> Iterator[Row]:
    for setting in SETTINGS:
        rng, truth = np.random.default_rng(seed), float(ndtr(ndtri(ACCURACY) / np.sqrt(1 + setting.spread**2)))
        hits, widths = {"t over seeds and articles": 0, "bootstrap of articles": 0}, [0.0, 0.0]
        for _ in range(worlds):
            group, right = answers(setting, rng)
            mine, _ = figures(setting, right, rng)
            effective = effective_groups(group)
            found = (
                interval_of_mean(mine, effective, fewest=2, limits=(0.0, 1.0)),
                interval(mine.draws.mean(axis=1), effective, around=mine.mean, limits=(0.0, 1.0)),
            )
            for number, (name, bounds) in enumerate(zip(hits, found, strict=True)):
                assert bounds is not None
                hits[name] += bounds[0] <= truth <= bounds[1]
                widths[number] += (bounds[1] - bounds[0]) / worlds
        where = setting.name.replace(" against 1 seeds", " seeds")
        yield from (Row(where, name, hits[name], worlds, width=widths[at]) for at, name in enumerate(hits))


PART = Part("the mean over several seeds", "held the truth", rows)
