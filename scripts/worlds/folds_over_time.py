"""Folds over time of a real learner: whether the interval over folds holds, though each model has more articles.

The learner and its world are those of `worlds.folds`. Each fold tests the next slice of articles, and trains on all
before it; nothing else changes over time. The truth is the mean of the accuracies that models of these sizes reach.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from classifier.stats.over_folds import interval_over_folds
from worlds.folds import FEATURES, accuracy, fit
from worlds.tally import Part, Row


@dataclass(frozen=True)
class Setting:
    """So many groups of so many articles, one after the other, tested in so many slices after a first one."""

    groups: int
    size: int
    folds: int
    shared: float = 0.7

    @property
    def name(self) -> str:
        """In words."""
        return f"{self.groups * self.size:,} articles in {self.groups} groups, {self.folds} slices of time"


SETTINGS = (
    Setting(120, 1, 5, 0.0),
    Setting(600, 1, 5, 0.0),
    Setting(600, 1, 10, 0.0),
    Setting(60, 5, 5),
    Setting(60, 20, 5),
    Setting(120, 5, 3),
)


def world(setting: Setting, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, float]:
    """The accuracy of each fold, the true one of its model, and test articles per training article."""
    group = np.repeat(np.arange(setting.groups), setting.size)
    y = rng.integers(2, size=len(group))
    mean = np.full(FEATURES, 0.2)
    x = (2 * y - 1)[:, None] * mean + rng.normal(size=(len(y), FEATURES))
    x += setting.shared * rng.normal(size=(setting.groups, FEATURES))[group]
    block = group * (setting.folds + 1) // setting.groups  # 0 trains the first fold alone
    figures, truths, trained = np.empty(setting.folds), np.empty(setting.folds), 0
    for k in range(1, setting.folds + 1):
        weights, bias = fit(x[block < k], y[block < k])
        figures[k - 1] = ((x[block == k] @ weights + bias > 0) == y[block == k]).mean()
        truths[k - 1] = accuracy(weights, bias, mean, setting.shared)
        trained += int((block < k).sum())
    return figures, truths, int((block > 0).sum()) / trained


def rows(worlds: int, seed: int) -> Iterator[Row]:
    for setting in SETTINGS:
        rng = np.random.default_rng(seed)
        found = [world(setting, rng) for _ in range(worlds)]
        truth = float(np.mean([truths for _, truths, _ in found]))
        alike = 1 / (setting.folds - 1)
        for method, ratios in {
            "corrected t, test per training articles": [ratio for *_, ratio in found],
            "corrected t, as if folds were alike": [alike] * worlds,
        }.items():
            bounds = np.array(
                [interval_over_folds(one, ratio=ratio) for (one, *_), ratio in zip(found, ratios, strict=True)]
            )
            hits = int(((bounds[:, 0] <= truth) & (truth <= bounds[:, 1])).sum())
            yield Row(setting.name, method, hits, worlds, width=float((bounds[:, 1] - bounds[:, 0]).mean()))


PART = Part("folds over time, accuracy", "held the truth", rows)
