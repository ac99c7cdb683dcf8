"""Two models that are called level: how often wrongly, and how often rightly.

Wrong is "level" where they differ by just the margin (two one-sided tests: at most 5%), and the older rule, level where
no difference was found. Right is "level" where they do not differ at all: that takes many articles.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from classifier.reports.judgement import MARGIN
from classifier.stats.equivalence import equivalent
from worlds.power import answers, compared, zipf_groups
from worlds.tally import Part, Row

SETTINGS = {
    **{f"{n} articles, each by itself": np.arange(n) for n in (200, 1000, 5000)},
    **{f"{count} groups of 25": np.repeat(np.arange(count), 25) for count in (5, 10, 40, 200)},
    "40 groups, Zipf": zipf_groups(40, 1000),
}


def rows(worlds: int, seed: int) -> Iterator[Row]:
    """For each setting, wrong claims by either rule where the margin is reached, and right ones by the newer."""
    for name, groups in SETTINGS.items():
        alone, rng = len(np.unique(groups)) == len(groups), np.random.default_rng([seed, len(groups)])
        for truth, what in ((MARGIN, "wrongly level"), (0.0, "rightly level")):
            gains = [compared(*answers(rng, groups, truth, alone), groups, world) for world in range(worlds)]
            kept = [gain for gain in gains if gain.interval is not None]
            said = sum(equivalent(gain.interval_90, MARGIN * len(groups)) for gain in kept)
            yield Row(name, f"{what}: two one-sided tests", said, len(kept), worlds - len(kept))
            if truth:
                yield Row(name, f"{what}: no difference found", sum(not gain.sure for gain in kept), len(kept))


PART = Part("two models called level within .02", "called level", rows)
