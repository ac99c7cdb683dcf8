"""Two equally good learners in one cross-validation: how often one is called surely better."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.stats import t

from classifier.stats.few_groups import effective_groups
from classifier.stats.over_folds import gain_over_folds
from worlds.folds import FEATURES, SETTINGS, Setting, deal, fit
from worlds.tally import Part, Row

HALVES = slice(FEATURES // 2), slice(FEATURES // 2, FEATURES)  # the features that either learner sees


def rows(worlds: int, seed: int) -> Iterator[Row]:
    for setting in SETTINGS:
        rng, wrong = np.random.default_rng(seed), {"corrected t over folds": 0, "pooled predictions by groups": 0}
        for _ in range(worlds):
            group, fold, gain = world(setting, rng)
            differences = np.array([gain[fold == k].mean() for k in range(setting.folds)])
            wrong["corrected t over folds"] += gain_over_folds(differences, float(gain.mean())).sure
            wrong["pooled predictions by groups"] += pooled_is_sure(gain, group)
        yield from (Row(setting.name, method, count, worlds) for method, count in wrong.items())


def world(setting: Setting, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Group and fold of each article, and whether only the first learner has it right (1), or the second (-1)."""
    group = np.repeat(np.arange(len(setting.sizes)), setting.sizes)
    y = rng.integers(2, size=len(group))
    x = 0.2 * (2 * y - 1)[:, None] + rng.normal(size=(len(y), FEATURES))
    x += setting.shared * rng.normal(size=(len(setting.sizes), FEATURES))[group]
    fold = deal(setting, rng)[group]
    right = np.empty((2, len(y)), dtype=bool)
    for k in range(setting.folds):
        train, test = fold != k, fold == k
        for number, half in enumerate(HALVES):
            weights, bias = fit(x[train, half], y[train])
            right[number, test] = (x[test, half] @ weights + bias > 0) == y[test]
    return group, fold, right[0].astype(float) - right[1]


def pooled_is_sure(gain: np.ndarray, group: np.ndarray) -> bool:
    """A t-test of the pooled predictions, whole groups at a time, which takes the models as given."""
    sums = np.bincount(group, gain - gain.mean())
    error = np.sqrt((sums**2).sum() * len(sums) / (len(sums) - 1)) / len(gain)
    return bool(abs(gain.mean()) > error * t.ppf(0.975, effective_groups(group) - 1))


PART = Part("cross-validation of two equally good learners", "called surely better or worse", rows)
