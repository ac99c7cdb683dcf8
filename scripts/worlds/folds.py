"""Cross-validation of a real learner: whether its interval holds what a model of so many articles reaches.

The learner is linear discriminant analysis on Gaussian features, some of which the articles of a group share. Its true
accuracy on new groups is known in closed form, of each fold's model and of the final one, which all articles train.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr
from scipy.stats import t

from classifier.stats.metrics import intervals
from classifier.stats.over_folds import interval_over_folds
from worlds.tally import Part, Row

FEATURES, RIDGE, SAMPLES = 20, 1.0, 300


@dataclass(frozen=True)
class Setting:
    """So many articles in groups of these sizes, cross-validated in so many folds of whole groups."""

    name: str
    sizes: tuple[int, ...]
    folds: int
    shared: float = 0.7  # standard deviation of what the articles of a group share, beside 1 of each article


def zipf(groups: int, articles: int) -> tuple[int, ...]:
    """Sizes that fall as 1, 1/2, 1/3 and so on."""
    shares = 1 / np.arange(1, groups + 1)
    return tuple(np.maximum(1, np.round(shares / shares.sum() * articles)).astype(int).tolist())


SETTINGS = (
    Setting("200 single articles, 10 folds", (1,) * 200, 10, 0.0),
    Setting("200 articles in 40 groups, 10 folds", (5,) * 40, 10),
    Setting("600 articles in 60 groups, 10 folds", (10,) * 60, 10),
    Setting("600 articles in 60 groups, 5 folds", (10,) * 60, 5),
    Setting("600 articles in 60 Zipf groups, 10 folds", zipf(60, 600), 10),
)


@dataclass(frozen=True)
class World:
    """One cross-validation.

    Attributes:
        y, predicted: of each article; predicted by the model of its own fold.
        group, fold: of each article.
        models: the true accuracies of the folds' models.
        final: that of the model of all articles.
    """

    y: np.ndarray
    predicted: np.ndarray
    group: np.ndarray
    fold: np.ndarray
    models: np.ndarray
    final: float


def world(setting: Setting, rng: np.random.Generator) -> World:
    """Draw articles, and cross-validate."""
    group = np.repeat(np.arange(len(setting.sizes)), setting.sizes)
    y = rng.integers(2, size=len(group))
    mean = np.full(FEATURES, 0.2)
    x = (2 * y - 1)[:, None] * mean + rng.normal(size=(len(y), FEATURES))
    x += setting.shared * rng.normal(size=(len(setting.sizes), FEATURES))[group]
    fold = deal(setting, rng)[group]
    predicted, models = np.empty_like(y), np.empty(setting.folds)
    for k in range(setting.folds):
        weights, bias = fit(x[fold != k], y[fold != k])
        predicted[fold == k] = x[fold == k] @ weights + bias > 0
        models[k] = accuracy(weights, bias, mean, setting.shared)
    return World(y, predicted, group, fold, models, accuracy(*fit(x, y), mean, setting.shared))


def deal(setting: Setting, rng: np.random.Generator) -> np.ndarray:
    """The fold of each group: the largest first, each to the fold that is smallest so far."""
    sizes, filled = np.array(setting.sizes), np.zeros(setting.folds)
    fold = np.empty(len(sizes), dtype=int)
    for one in np.lexsort((rng.random(len(sizes)), -sizes)):
        fold[one] = filled.argmin()
        filled[fold[one]] += sizes[one]
    return fold


def fit(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
    """Linear discriminant analysis with a little ridge."""
    means = np.stack([x[y == one].mean(axis=0) for one in (0, 1)])
    centred = x - means[y]
    covariance = (centred.T @ centred + RIDGE * np.eye(x.shape[1])) / len(x)
    weights = np.linalg.solve(covariance, means[1] - means[0])
    return weights, -float(weights @ means.mean(axis=0))


def accuracy(weights: np.ndarray, bias: float, mean: np.ndarray, shared: float) -> float:
    """The share of articles of new groups that a model has right."""
    spread = float(np.linalg.norm(weights)) * np.sqrt(1 + shared**2)
    reach = weights @ mean
    return float((ndtr((reach + bias) / spread) + ndtr((reach - bias) / spread)) / 2)


def rows(worlds: int, seed: int) -> Iterator[Row]:
    for setting in SETTINGS:
        rng = np.random.default_rng(seed)
        found = [world(setting, rng) for _ in range(worlds)]
        expected = float(np.mean([one.models.mean() for one in found]))
        truths = {
            "models of as many articles": np.full(worlds, expected),
            "the model of all articles": np.array([one.final for one in found]),
            "these very models": np.array([one.models.mean() for one in found]),
        }
        for method, bounds in methods(found, setting).items():
            width = float((bounds[:, 1] - bounds[:, 0]).mean())
            for what, truth in truths.items():
                hits = int(((bounds[:, 0] <= truth) & (truth <= bounds[:, 1])).sum())
                yield Row(setting.name, f"{method}: {what}", hits, worlds, width=width)


def methods(found: list[World], setting: Setting) -> dict[str, np.ndarray]:
    """The bounds of each method in each world, shape (worlds, 2)."""
    corrected, plain, pooled = [], [], []
    for one in found:
        right = (one.y == one.predicted).astype(float)
        folds = np.array([right[one.fold == k].mean() for k in range(setting.folds)])
        corrected.append(interval_over_folds(folds, float(right.mean())))
        half = float(t.ppf(0.975, len(folds) - 1)) * folds.std(ddof=1) / np.sqrt(len(folds))
        plain.append((folds.mean() - half, folds.mean() + half))
        pooled.append(intervals(one.y, one.predicted, ("a", "b"), groups=one.group, samples=SAMPLES)["accuracy"])
    return {
        "corrected t over folds": np.array(corrected),
        "plain t over folds": np.array(plain),
        "bootstrap of pooled articles": np.array(pooled),
    }


PART = Part("cross-validation, accuracy", "held the truth", rows)
