"""A model as one more annotator: whether intervals hold the true difference, and whether "as much as people" is right.

Annotators of an article give its true label or a chance one; articles of one source are easy or hard together. The
model errs in the same way, as often as an annotator or more often. The truth is the difference on very many articles.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
from scipy.special import ndtr

from classifier.arrays import Floats, Ints
from classifier.reports.judgement import ALPHA_MARGIN
from classifier.stats.agreement import beside_people
from classifier.stats.equivalence import equivalent
from worlds.tally import Part, Row

LABELS, PEOPLE, EASE, DRAWS = 3, 3, 0.3, 200
SETTINGS: dict[str, Ints] = {
    **{f"{n} articles, each by itself": np.arange(n) for n in (60, 200, 1000)},
    **{f"{count} sources of 15": np.repeat(np.arange(count), 15) for count in (5, 10, 20, 40)},
}


def labelled(rng: np.random.Generator, groups: Ints, people: float, model: float) -> tuple[Floats, Ints]:
    """How many annotators gave each label, and the model's label, given how often each knows the true one."""
    n, alone = len(groups), len(np.unique(groups)) == len(groups)
    share = 0.0 if alone else EASE
    hard = ndtr(
        np.sqrt(share) * rng.standard_normal(int(groups.max()) + 1)[groups]
        + np.sqrt(1 - share) * rng.standard_normal(n)
    )
    truth = rng.integers(LABELS, size=n)
    knows = np.array([people] * PEOPLE + [model])
    known = rng.random((n, PEOPLE + 1)) < knows ** (2 * hard[:, None])  # hard articles are hard for all
    given = np.where(known, truth[:, None], rng.integers(LABELS, size=(n, PEOPLE + 1)))
    votes = (given[:, :PEOPLE, None] == np.arange(LABELS)).sum(axis=1).astype(float)
    return votes[:, None], given[:, PEOPLE:]


@cache
def true_difference(people: float, model: float) -> float:
    """The difference of the alphas on very many articles."""
    groups = np.arange(200_000)
    found = beside_people(*labelled(np.random.default_rng(1), groups, people, model), groups, samples=2).difference
    assert found is not None
    return found


def as_often(margin: float, people: float = 0.8) -> float:
    """How often a model knows the true label whose alpha is lower than that of annotators by a margin."""
    low, high = 0.0, people
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (middle, high) if true_difference(people, middle) < -margin else (low, middle)
    return (low + high) / 2


def rows(worlds: int, seed: int) -> Iterator[Row]:
    """The intervals where the model is like an annotator and where it is worse, and wrong claims that it is level."""
    at_margin = as_often(ALPHA_MARGIN)
    for name, groups in SETTINGS.items():
        for method, model in (("interval, a model like an annotator", 0.8), ("interval, a worse model", 0.6)):
            rng, truth = np.random.default_rng([seed, len(groups)]), true_difference(0.8, model)
            drawn = (labelled(rng, groups, 0.8, model) for _ in range(worlds))
            found = [beside_people(*one, groups, samples=DRAWS).interval for one in drawn]
            given = [one for one in found if one is not None]
            hits = sum(low <= truth <= high for low, high in given)
            width = float(np.mean([high - low for low, high in given])) if given else None
            yield Row(name, method, hits, len(given), worlds - len(given), width)
        rng, said = np.random.default_rng([seed, len(groups)]), 0
        for _ in range(worlds):
            one = beside_people(*labelled(rng, groups, 0.8, at_margin), groups, samples=DRAWS)
            said += equivalent(one.interval_90, ALPHA_MARGIN)
        yield Row(name, f"wrongly said to be level: worse by {ALPHA_MARGIN}", said, worlds)


PART = Part("the model as one more annotator: intervals of the difference in alpha, and claims", "held, or wrong", rows)
