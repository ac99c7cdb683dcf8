"""The best of several settings that were all evaluated on the same test articles."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import ndtr, ndtri

from classifier.stats.significance import share_interval
from worlds.tally import Part, Row

ARTICLES, ACCURACY = 600, 0.8
SETTINGS = (1, 2, 5, 10, 20)
SHARED = {"alike": 0.9, "less alike": 0.5}  # how much of what makes an article hard is the same for all settings


def rows(worlds: int, seed: int) -> Iterator[Row]:
    rng, groups = np.random.default_rng(seed), np.arange(ARTICLES)
    for name, shared in SHARED.items():
        hits, widths, high = dict.fromkeys(SETTINGS, 0), dict.fromkeys(SETTINGS, 0.0), dict.fromkeys(SETTINGS, 0.0)
        for _ in range(worlds):
            right = answers(rng, shared)
            for count in SETTINGS:
                best = right[right[:count].sum(axis=1).argmax()]
                low, top = share_interval(best.astype(float), groups)
                hits[count] += low <= ACCURACY <= top
                widths[count] += (top - low) / worlds
                high[count] += (best.mean() - ACCURACY) / worlds
        for count in SETTINGS:
            method = f"best of {count}, its interval; figure {high[count]:+.3f} too high"
            yield Row(f"{ARTICLES} articles, models err {name}", method, hits[count], worlds, width=widths[count])


def answers(rng: np.random.Generator, shared: float) -> np.ndarray:
    """Which articles each setting has right, shape (settings, articles); all have the same accuracy in the long run."""
    hard = rng.normal(size=ARTICLES) * np.sqrt(shared)
    own = rng.normal(size=(max(SETTINGS), ARTICLES)) * np.sqrt(1 - shared)
    return np.asarray(ndtr(hard + own) < ndtr(ndtri(ACCURACY)))


PART = Part("the best of several equally good settings on one test", "held the truth", rows)
