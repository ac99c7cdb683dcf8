"""No label rather than a wrong one: for each class the lowest score whose labels are right often enough.

The thresholds are found on validation articles. For each class, several scores are tried as the lowest at which it is
given. The one with the best share of right labels would owe part of it to chance. So a threshold is taken only if as
many right labels above it would be found in at most 5% of all samples, were the true share too low (a binomial test;
the same as a lower bound by Clopper and Pearson, 1934). The thresholds tried for a class share these 5% by the fallback
procedure (Wiens, 2003, Pharmaceutical Statistics 2: 211-215), one of the sequential tests of "Learn then Test"
(Angelopoulos et al., 2021, arXiv:2110.01052). Which thresholds are tried depends on the scores alone, not on which
labels are right. A class for which no threshold passes is never given.

The precision is promised for each class on its own, and for articles like those of validation. The test takes articles
as independent, and those of one source are not: in simulations with a threshold above the true precision, a promise
that should fail in 5% of the samples failed in 30% with two sources of 200 articles, and in 5% with 20 sources of 20.
Validation also chose the best epoch and the calibration, so its scores are a little too good. The figures on test
articles (``evaluation/test/abstention.json``) are free of that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from classifier.arrays import Bools, Floats32
from classifier.errors import InputError

CONFIDENCE = 0.95
STEP = 0.75  # each threshold that is tried keeps that share of the articles that the one below it keeps


@dataclass(frozen=True)
class Abstention:
    """From which score on each class is given.

    Attributes:
        min_precision: the share of right labels that is promised for each class.
        thresholds: per class; None = the class is never given.
        confidence: how sure each promise is.
    """

    min_precision: float
    thresholds: tuple[float | None, ...]
    confidence: float = CONFIDENCE

    def keeps(self, proba: Floats32) -> Bools:
        """Whether each class may be given to each article, shape (articles, classes)."""
        return np.asarray(proba >= np.array([math.inf if t is None else t for t in self.thresholds]))


def check_stored(abstention: Abstention | None, run: object = "RUN") -> Abstention:
    """The thresholds that are stored with a model.

    Raises:
        InputError: there are none.
    """
    if abstention is None:
        raise InputError(
            "This model has no thresholds to abstain by.", fix=f"classifier evaluate {run} --min-precision 0.9"
        )
    return abstention


def fewest_articles(min_precision: float) -> int:
    """The fewest labels of a class that can show that precision, where all of them are right.

    Example:
        >>> fewest_articles(0.9)
        29
    """
    return math.ceil(math.log(1 - CONFIDENCE) / math.log(min_precision))


def check_precision(min_precision: float) -> None:
    """Raise `InputError` unless a precision can be promised."""
    if not 0 < min_precision < 1:
        raise InputError(
            f"--min-precision must be between 0 and 1, both excluded. Got {min_precision:g} instead.",
            fix="For example --min-precision 0.9",
        )


def fit_abstention(proba: Floats32, given: Bools, right: Bools, min_precision: float) -> Abstention:
    """Find the lowest score of each class from which on its labels are right often enough.

    Args:
        proba: calibrated, shape (articles, classes), of articles that the model was not trained on.
        given: which classes the model gives to each article, the same shape.
        right: which classes each article has, the same shape.
        min_precision: the share of right labels that is wanted.

    Raises:
        InputError: ``min_precision`` is not between 0 and 1.
    """
    check_precision(min_precision)
    columns = zip(proba.T, given.T, right.T, strict=True)
    return Abstention(min_precision, tuple(lowest_score(p[g], r[g], min_precision) for p, g, r in columns))


def lowest_score(scores: Floats32, right: Bools, min_precision: float) -> float | None:
    """The lowest score from which on enough labels of one class are right; None where that cannot be shown.

    Args:
        scores: of the articles to which the class is given, shape (articles,).
        right: whether it is right, the same shape.
        min_precision: the share of right labels that is wanted.

    Example:
        >>> lowest_score(np.linspace(0.5, 1, 60, dtype=np.float32), np.ones(60, dtype=bool), 0.9)
        0.0
        >>> lowest_score(np.linspace(0.5, 1, 20, dtype=np.float32), np.ones(20, dtype=bool), 0.9) is None
        True
    """
    from scipy.stats import binom

    order = np.argsort(-scores, kind="stable")
    ordered, hits = scores[order], np.cumsum(right[order])
    counts = counts_to_try(ordered, min_precision)
    lowest, level = None, 0.0
    for count in counts:
        level += (1 - CONFIDENCE) / len(counts)
        if binom.sf(hits[count - 1] - 1, count, min_precision) > level:
            level = 0.0
        else:  # it passed, so its share of the 5% goes on to the next threshold
            lowest = _just_above(ordered, count)
    return lowest


def counts_to_try(ordered: Floats32, min_precision: float) -> list[int]:
    """How many of the highest scores each threshold that is tried keeps, ascending.

    Equal scores are kept together. Counts so small that all of them being right would prove nothing are not tried.
    """
    count, found = len(ordered), list[int]()
    while min_precision**count <= (1 - CONFIDENCE) / (len(found) + 1):
        end = int(np.searchsorted(-ordered, -ordered[count - 1], side="right"))
        if not found or end < found[-1]:
            found.append(end)
        count = int(count * STEP)
    return found[::-1]


def _just_above(ordered: Floats32, count: int) -> float:
    """The lowest threshold that keeps only the first scores: the next number above the highest other one; 0 for all."""
    return float(np.nextafter(ordered[count], np.float32(np.inf))) if count < len(ordered) else 0.0


@dataclass(frozen=True)
class ClassOutcome:
    """What abstention does to one class.

    Attributes:
        threshold: the lowest score at which it is given; None = it is never given.
        without: how often it is given without abstention.
        given: how often it is given at or above the threshold.
        precision: the share of these that are right; None where there are none.
        interval: of the precision, 95%.
    """

    threshold: float | None
    without: int
    given: int
    precision: float | None
    interval: tuple[float, float]


@dataclass(frozen=True)
class Outcome:
    """What abstention does on labelled articles: ``abstention.json``.

    Attributes:
        split: names the articles.
        min_precision, confidence: what was promised for each class.
        coverage: labels that are still given, as a share of those given without abstention; one per article, unless an
            article may have several.
        coverage_interval: 95% (Clopper and Pearson, 1934).
        precision: the share of right labels among those still given; None where there are none.
        precision_interval: 95%, likewise.
        classes: label -> what happens to it.
    """

    split: str
    min_precision: float
    confidence: float
    coverage: float
    coverage_interval: tuple[float, float]
    precision: float | None
    precision_interval: tuple[float, float]
    classes: Mapping[str, ClassOutcome]
    schema_version: int = 1


def measure(
    split: str, abstention: Abstention, labels: Sequence[str], proba: Floats32, given: Bools, right: Bools
) -> Outcome:
    """Count the labels that are still given, and how many of them are right.

    Args:
        split: names the articles.
        abstention: the thresholds.
        labels: names of the classes.
        proba, given, right: as in `fit_abstention`, for the articles to measure on.
    """
    kept = given & abstention.keeps(proba)
    hits, counts, without = (kept & right).sum(axis=0), kept.sum(axis=0), given.sum(axis=0)
    classes = {
        name: ClassOutcome(
            threshold, int(without[k]), int(counts[k]), _share(hits[k], counts[k]), clopper_pearson(hits[k], counts[k])
        )
        for k, (name, threshold) in enumerate(zip(labels, abstention.thresholds, strict=True))
    }
    return Outcome(
        split,
        abstention.min_precision,
        abstention.confidence,
        _share(counts.sum(), without.sum()) or 0.0,
        clopper_pearson(counts.sum(), without.sum()),
        _share(hits.sum(), counts.sum()),
        clopper_pearson(hits.sum(), counts.sum()),
        classes,
    )


def _share(hits: int, count: int) -> float | None:
    return float(hits / count) if count else None


def clopper_pearson(hits: int, count: int) -> tuple[float, float]:
    """The 95% interval of a share (Clopper and Pearson, 1934); 0 to 1 where nothing was counted."""
    from scipy.stats import binomtest

    if not count:
        return 0.0, 1.0
    found = binomtest(int(hits), int(count)).proportion_ci(0.95, method="exact")
    return float(found.low), float(found.high)
