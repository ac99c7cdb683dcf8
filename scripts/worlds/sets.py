"""Label sets for an article of a new source, where sources differ in the labels they have and in how hard they are.

Scores of three classes are the signal of the true class, a shift that each source has for each class, and noise.
Validation has 400 articles. Each world then draws one new source, and one article of it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from classifier.arrays import Bools, Floats32, Ints
from classifier.errors import InputError
from classifier.stats.conformal import ConformalSets, fit_sets
from worlds.tally import Part, Row

ARTICLES = 400
SHARES = (0.5, 0.35, 0.15)
SIGNAL, SHIFT = 2.5, 1.5
SETTINGS = ((5, 0.8), (5, 0.9), (10, 0.9), (20, 0.9), (40, 0.9))  # sources, level
Labelled = tuple[Floats32, Bools, Ints]


def articles(rng: np.random.Generator, sources: Ints) -> Labelled:
    """Probabilities, the label given and the true class of articles; ``sources`` numbers each article's source."""
    count, classes = int(sources.max()) + 1, len(SHARES)
    mix = rng.dirichlet(5 * np.array(SHARES), count)
    truth = (rng.random(len(sources))[:, None] > np.cumsum(mix, axis=1)[sources][:, :-1]).sum(axis=1)
    shift = rng.normal(0, SHIFT, (count, classes))
    logits = SIGNAL * np.eye(classes)[truth] + shift[sources] + rng.gumbel(size=(len(sources), classes))
    proba = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return proba.astype(np.float32), np.eye(classes, dtype=bool)[proba.argmax(axis=1)], truth


def rows(worlds: int, seed: int) -> Iterator[Row]:
    """By how many validation sources there are, of like sizes or Zipf's, and the level."""
    for sources, level in SETTINGS:
        for kind in ("equal", "zipf"):
            weights = np.ones(sources) if kind == "equal" else 1 / np.arange(1, sources + 1)
            sizes = np.maximum(1, np.round(ARTICLES * weights / weights.sum())).astype(int)
            groups = np.repeat(np.arange(sources), sizes)
            hits = {True: 0, False: 0}
            size, refused = {True: 0, False: 0}, {True: 0, False: 0}
            rng = np.random.default_rng([seed, sources, int(100 * level), kind == "zipf"])
            for _ in range(worlds):
                known, new = articles(rng, groups), articles(rng, np.zeros(1, dtype=np.int64))
                for by_source in hits:
                    sets = found(known, level, groups if by_source else None)
                    if sets is None:
                        refused[by_source] += 1
                        continue
                    inside = sets.holds(new[0], new[1])[0]
                    hits[by_source] += int(inside[new[2][0]])
                    size[by_source] += int(inside.sum())
            for by_source, name in ((True, "by source"), (False, "articles as independent")):
                had = worlds - refused[by_source]
                width = size[by_source] / had if had else None
                setting = f"{sources} sources, {kind}, asked {level:g}"
                yield Row(setting, name, hits[by_source], had, refused[by_source], width)


def found(known: Labelled, level: float, groups: Ints | None) -> ConformalSets | None:
    """The sets of a world's validation articles; None where they are refused."""
    try:
        return fit_sets(*known, level, groups)
    except InputError:
        return None


PART = Part(
    "label sets for an article of a new source: how often they hold the true label (width: labels in a set)",
    "held the true label",
    rows,
)
