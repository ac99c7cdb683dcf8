"""Whether scores can be believed: whether of the labels given with a score around .9, nine in ten are right.

``evaluation/SPLIT/calibration.json`` (schema version 1) holds `Reliability` as JSON: the `ScoreFigures`
``before`` and ``after`` calibration (the same where there is none), and the risk-coverage curve of calibrated scores.

- ``ece``: expected calibration error (Guo et al., 2017, arXiv:1706.04599): the mean distance between a bin's mean score
  and its share of right labels. What is binned are the labels given, with their scores, in bins of equal mass (as many
  labels in each): at most 15, with at least 10 labels in each. Chance alone makes it positive: ``expected_ece`` is what
  perfectly calibrated scores would show on as many labels (Bröcker and Smith, 2007, "consistency resampling").
- ``classwise_ece``: the same for each class's probability in all articles, averaged over classes (Kull et al., 2019).
- ``brier``: squared distance between probabilities and truth, summed over the classes (Brier, 1950); ``nll``: negative
  log-likelihood of the truth. Both are means over articles; for multi-label also over the classes.
- ``aurc``: area under the risk-coverage curve (El-Yaniv and Wiener, 2010; Geifman et al., 2019): the mean, over all
  numbers of labels that could be kept, of the share of wrong ones among the kept ones, which have the highest scores.

Intervals (95%) are from resampling articles, or groups where these stand together. Chance makes the calibration error
too large, and resampling adds as much once more. Its interval is therefore a "basic" bootstrap interval of the squared
error, which takes both off. So it may end below the figure.

The curves have bands: the share of right labels in each bin, and that of wrong ones among those kept at each point, has
the 95% interval of a share by groups (`classifier.stats.significance.share_interval`); none where these labels are of
fewer than three effective groups. They hold point by point, not for the whole curve at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from classifier.arrays import Bools, Floats, Floats32, Ints
from classifier.stats.calibration import Calibration
from classifier.stats.resampling import Interval, chunked_rows, interval
from classifier.stats.sample import Sample
from classifier.stats.significance import share_of
from classifier.stats.two_way import two_way_effective

BINS = 15
FEWEST = 10  # labels in a bin
POINTS = 100  # of the risk-coverage curve
LEAST = 1e-15  # a probability of the truth below it counts as this much


@dataclass(frozen=True)
class ScoreBin:
    """Labels with similar scores: how many, their mean score, the share of them that are right, its 95% interval."""

    labels: int
    score: float
    right: float
    interval: Interval | None = None


@dataclass(frozen=True)
class ScoreFigures:
    """How far scores can be believed; see the module for what each figure is."""

    ece: float
    ece_interval: Interval | None
    classwise_ece: float
    brier: float
    brier_interval: Interval | None
    nll: float
    nll_interval: Interval | None
    bins: tuple[ScoreBin, ...]


@dataclass(frozen=True)
class CoveragePoint:
    """A point of the risk-coverage curve: the share of labels with at least this score, and how many are wrong.

    ``interval`` is the 95% interval of the risk.
    """

    score: float
    coverage: float
    risk: float
    interval: Interval | None = None


@dataclass(frozen=True)
class Reliability:
    """What ``calibration.json`` holds.

    Attributes:
        split: names the articles.
        labels: how many were given.
        calibrated: whether the model has a calibration.
        binning: how the bins were made.
        expected_ece: the calibration error of perfectly calibrated scores, on average.
        before, after: calibration.
        aurc, risk_coverage: of the scores after calibration.
        aurc_interval: 95%; None where there are too few groups for one.
        banded: whether the bins and the points have intervals, where these are of enough groups; older files have none.
    """

    split: str
    labels: int
    calibrated: bool
    binning: str
    expected_ece: float
    before: ScoreFigures
    after: ScoreFigures
    aurc: float
    risk_coverage: tuple[CoveragePoint, ...]
    aurc_interval: Interval | None = None
    banded: bool = False
    schema_version: int = 1


def measure_scores(
    split: str,
    proba: Floats32,
    truth: Bools,
    given: Bools,
    calibration: Calibration | None,
    *,
    multi_label: bool,
    groups: Ints | None = None,
    crossed: Ints | None = None,
    samples: int = 1000,
) -> Reliability:
    """Compare scores with how often they are right.

    Args:
        split: names the articles.
        proba: calibrated, shape (articles, classes).
        truth: which classes each article has, the same shape.
        given: which classes the model gives to each article, the same shape.
        calibration: that was applied to ``proba``.
        multi_label: whether each class has a probability of its own.
        groups: which articles are resampled together, shape (articles,); None = each stands for itself.
        crossed: a second grouping of the same shape, where pairs are crossed; else None.
        samples: of the bootstrap.
    """
    variants = [proba] if calibration is None else [proba, calibration.undone(proba)]
    found = [
        measure_figures(p, truth, given, multi_label=multi_label, groups=groups, crossed=crossed, samples=samples)
        for p in variants
    ]
    scores, right, owners = proba[given].astype(np.float64), truth[given], np.nonzero(given)[0]
    together = owners if groups is None else groups[owners]
    others = None if crossed is None else crossed[owners]
    area, points = risk_coverage(scores, right)
    return Reliability(
        split,
        len(scores),
        calibration is not None,
        "equal mass",
        expected_ece(scores),
        found[-1],
        found[0],
        area,
        with_bands(points, scores, right, together, others),
        aurc_interval(scores, right, together, others),
        banded=True,
    )


def measure_figures(
    proba: Floats32,
    truth: Bools,
    given: Bools,
    *,
    multi_label: bool,
    groups: Ints | None = None,
    crossed: Ints | None = None,
    samples: int = 1000,
    seed: int = 0,
) -> ScoreFigures:
    """The figures of one set of probabilities; arguments as in `measure_scores`."""
    p = proba.astype(np.float64)
    scores, right, bin_of = p[given], truth[given], equal_mass(p[given])
    parts = np.zeros((len(p), BINS + 4))  # excess of scores per bin, labels, Brier score, NLL, articles
    np.add.at(parts, (np.nonzero(given)[0], bin_of), scores - right)
    parts[:, BINS] = given.sum(axis=1)
    parts[:, BINS + 1] = ((p - truth) ** 2).mean(axis=1) if multi_label else ((p - truth) ** 2).sum(axis=1)
    parts[:, BINS + 2] = _log_loss(p, truth, multi_label)
    parts[:, BINS + 3] = 1
    counted = Sample(parts, np.arange(len(p)), groups, crossed)
    owners = np.nonzero(given)[0]
    together = owners if groups is None else groups[owners]
    ece, brier, nll = (float(value) for value in _sums_to_figures(counted.sums))
    draws = _sums_to_figures(counted.draws(samples, seed))
    return ScoreFigures(
        ece,
        _without_chance(ece, draws[0], counted.effective),
        classwise_ece(p, truth),
        brier,
        interval(draws[1], counted.effective, around=brier),
        nll,
        interval(draws[2], counted.effective, around=nll),
        _bins(scores, right, bin_of, together, None if crossed is None else crossed[owners]),
    )


def classwise_ece(p: Floats, truth: Bools) -> float:
    """The calibration error of each class's probabilities, averaged; arrays of shape (articles, classes)."""
    return float(np.mean([calibration_error(p[:, k], truth[:, k]) for k in range(p.shape[1])]))


def calibration_error(scores: Floats, right: Bools) -> float:
    """Expected calibration error in bins of equal mass; 0 where there are no scores.

    Example:
        >>> calibration_error(np.full(10, 0.9), np.array([True] * 7 + [False] * 3))
        0.2
    """
    gaps = np.bincount(equal_mass(scores), weights=scores - right, minlength=BINS)
    return float(np.abs(gaps).sum() / max(1, len(scores)))


def equal_mass(scores: Floats) -> Ints:
    """The bin of each score: bins have as many scores each, as far as that goes; equal scores may be divided."""
    count = min(BINS, max(1, len(scores) // FEWEST))
    bins = np.empty(len(scores), dtype=np.int64)
    bins[np.argsort(scores, kind="stable")] = np.arange(len(scores)) * count // max(1, len(scores))
    return bins


def expected_ece(scores: Floats, seed: int = 0, draws: int = 200) -> float:
    """The mean calibration error if each label were right with the probability that its score says."""
    rng, bins = np.random.default_rng(seed), equal_mass(scores)
    errors = [
        np.abs(np.bincount(bins, weights=scores - (rng.random(len(scores)) < scores), minlength=BINS)).sum()
        for _ in range(draws)
    ]
    return float(np.mean(errors) / max(1, len(scores)))


def risk_coverage(scores: Floats, right: Bools) -> tuple[float, tuple[CoveragePoint, ...]]:
    """The area under the risk-coverage curve, and some of its points, from few labels to all of them.

    Example:
        >>> risk_coverage(np.array([0.9, 0.8]), np.array([True, False]))[0]
        0.25
    """
    if not len(scores):
        return 0.0, ()
    order = np.argsort(-scores, kind="stable")
    counts = np.arange(1, len(scores) + 1)
    risk = np.cumsum(~right[order]) / counts
    chosen = np.unique(np.linspace(0, len(scores) - 1, POINTS).astype(int))
    points = tuple(
        CoveragePoint(float(scores[order][i]), float(counts[i] / len(scores)), float(risk[i])) for i in chosen
    )
    return float(risk.mean()), points


def with_bands(
    points: Sequence[CoveragePoint], scores: Floats, right: Bools, groups: Ints, crossed: Ints | None = None
) -> tuple[CoveragePoint, ...]:
    """Points of `risk_coverage` with the 95% intervals of their risks.

    Args:
        points: of the same labels.
        scores, right, groups, crossed: as in `aurc_interval`.

    Example:
        >>> scores, right = np.linspace(0.9, 0.5, 40), np.arange(40) < 30
        >>> points = with_bands(risk_coverage(scores, right)[1], scores, right, np.arange(40))
        >>> points[1].interval is None, [round(bound, 2) for bound in points[-1].interval]
        (True, [0.14, 0.4])
    """
    order = np.argsort(-scores, kind="stable")
    wrong, together = ~right[order], groups[order]
    others = None if crossed is None else crossed[order]
    found = []
    for point in points:
        kept = slice(round(point.coverage * len(scores)))
        bounds = share_of(wrong[kept], together[kept], None if others is None else others[kept])[1]
        found.append(replace(point, interval=bounds))
    return tuple(found)


def aurc_interval(
    scores: Floats, right: Bools, groups: Ints, crossed: Ints | None = None, *, samples: int = 300, seed: int = 0
) -> Interval | None:
    """The 95% interval of the area under the risk-coverage curve; None where there are too few groups for one.

    Args:
        scores: of the labels given, shape (labels,).
        right: whether each is right, the same shape.
        groups: which labels are resampled together, the same shape.
        crossed: a second grouping, where pairs are crossed; their weights are products, which is rather too wide.
        samples, seed: of the bootstrap.
    """
    if not len(scores):
        return None
    rng, order = np.random.default_rng(seed), np.argsort(-scores, kind="stable")
    sides = [np.unique(side, return_inverse=True)[1][order] for side in (groups, crossed) if side is not None]
    wrong = ~right[order]
    areas = []
    for size in chunked_rows(samples, len(order)):
        weights = np.prod([rng.standard_exponential((size, int(side.max()) + 1))[:, side] for side in sides], axis=0)
        total = np.cumsum(weights, axis=1)
        areas.append((weights * np.cumsum(weights * wrong, axis=1) / total).sum(axis=1) / total[:, -1])
    area = risk_coverage(scores, right)[0]
    return interval(np.concatenate(areas), two_way_effective(groups, crossed), around=area, limits=(0.0, 1.0))


def _without_chance(ece: float, draws: Floats, effective: float) -> Interval | None:
    """The basic bootstrap interval of the squared error, whose excess in a resample is its excess in the sample."""
    bounds = interval(draws, effective)
    if bounds is None:
        return None
    low, high = (max(0.0, 2 * ece**2 - max(0.0, bound) ** 2) ** 0.5 for bound in reversed(bounds))
    return low, high


def _sums_to_figures(sums: Floats) -> tuple[Floats, Floats, Floats]:
    """ECE, Brier score and NLL of sums of articles, shape (..., columns)."""
    ece = np.abs(sums[..., :BINS]).sum(axis=-1) / np.maximum(1, sums[..., BINS])
    return ece, sums[..., BINS + 1] / sums[..., BINS + 3], sums[..., BINS + 2] / sums[..., BINS + 3]


def _log_loss(p: Floats, truth: Bools, multi_label: bool) -> Floats:
    losses = -np.log(np.clip(np.where(truth, p, 1 - p), LEAST, 1))
    return np.asarray(losses.mean(axis=1) if multi_label else losses[truth])


def _bins(
    scores: Floats, right: Bools, bin_of: Ints, groups: Ints, crossed: Ints | None = None
) -> tuple[ScoreBin, ...]:
    found = []
    for index in range(BINS):
        at = bin_of == index
        if at.any():
            share, bounds = share_of(right[at], groups[at], None if crossed is None else crossed[at])
            found.append(ScoreBin(int(at.sum()), float(scores[at].mean()), share or 0.0, bounds))
    return tuple(found)
