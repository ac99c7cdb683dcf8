"""No label rather than a wrong one: for each class the lowest score whose labels are right often enough.

The thresholds are found on validation articles. For each class, several scores are tried as the lowest at which it is
given. The one with the best share of right labels would owe part of it to chance. So a threshold is taken only if as
many right labels above it would be found in at most 5% of all samples, were the true share too low. The thresholds
tried for a class share these 5% by the fallback procedure (Wiens, 2003, Pharmaceutical Statistics 2: 211-215), one of
the sequential tests of "Learn then Test" (Angelopoulos et al., 2021, arXiv:2110.01052). Which thresholds are tried
depends on the scores and the groups alone, not on which labels are right.

For independent articles the test is the exact binomial one. Articles of one source are alike and count for fewer: the
binomial tail is taken at their effective number, after Korn and Graubard ("Confidence intervals for proportions with
small expected number of positive counts estimated from survey data", Survey Methodology 24, 1998): the number of labels
over the design effect, lowered by Student's t, since the design effect is itself estimated from few groups. It is at
least that of a score test, around the precision that is to be shown: where every label of a few sources is right, these
show no variance, but prove little. And it is at least that of labels which correlate by .1 within a group, whatever
these show (`ALIKE`): where nearly all are right, the wrong ones may all be of a few groups, of which validation has
none. So .9 takes at least six sources, .95 eight and .99 thirty-two. Below three effective groups nothing is shown. A
class for which no threshold passes is never given.

In simulations with a precision just below the one that is promised (`scripts/worlds/abstention.py`, .9 to .99), the
promise is made in at most 5% of the samples where correctness within a source correlates by up to .2; by the plain
binomial test it is made in up to half of them. Where sources are still more unlike, it can be made more often.

The precision is promised for each class on its own, and for articles like those of validation. Validation also chose
the best epoch and the calibration, so its scores are a little too good. The figures on test articles
(``evaluation/test/abstention.json``) are free of that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from classifier.arrays import Bools, Floats, Floats32, Ints
from classifier.errors import InputError, shell_word
from classifier.stats.few_groups import FEWEST_EFFECTIVE, NEARLY, effective_groups, effective_number
from classifier.stats.resampling import Interval
from classifier.stats.significance import share_of
from classifier.stats.two_way import two_way_effective

CONFIDENCE = 0.95
ALONE = ("article", "near-duplicates")  # groups that no source stands behind
ALIKE = 0.1  # by how much labels of a group are taken to correlate at least
LEVELS = (0.99, 0.98, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.6, 0.5)  # of precision, that may be asked for
STEP = 0.75  # each threshold that is tried keeps that share of the articles that the one below it keeps


@dataclass(frozen=True)
class Abstention:
    """From which score on each class is given.

    Attributes:
        min_precision: the share of right labels that is promised for each class.
        thresholds: per class; None = the class is never given.
        confidence: how sure each promise is.
        resampled: what validation articles were taken as independent: ``article``, or groups as in
            `classifier.evaluation.groups`; None = found by an older version, which took each article as independent.
        groups: per class, for how many of these the labels given on validation count; empty = not known.
        found_on: ``validation``, or ``cross-validation``: articles scored by models that were trained without them.
        alike: by how much labels of a group were taken to correlate at least; 0 = found by an older version.
    """

    min_precision: float
    thresholds: tuple[float | None, ...]
    confidence: float = CONFIDENCE
    resampled: str | None = None
    groups: tuple[float, ...] = ()
    found_on: str = "validation"
    alike: float = 0.0

    @property
    def is_older(self) -> bool:
        """Whether an older version found them, which promised too much of articles of few sources."""
        return self.resampled is None or (counts_groups(self.resampled) and not self.alike)

    def keeps(self, proba: Floats32) -> Bools:
        """Whether each class may be given to each article, shape (articles, classes)."""
        return np.asarray(proba >= np.array([math.inf if t is None else t for t in self.thresholds]))


def counts_groups(resampled: str | None) -> bool:
    """Whether articles of one source, or of another group, count for fewer.

    Args:
        resampled: as in `Abstention`.

    Example:
        >>> counts_groups("source"), counts_groups("near-duplicates")
        (True, False)
    """
    return resampled is not None and resampled not in ALONE


def check_stored(abstention: Abstention | None, run: object = "RUN") -> Abstention:
    """The thresholds that are stored with a model.

    Raises:
        InputError: there are none.
    """
    if abstention is None:
        raise InputError(
            "This model has no thresholds to abstain by.",
            fix=f"classifier evaluate {shell_word(run)} --min-precision 0.9",
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


def fewest_groups(min_precision: float) -> int:
    """The fewest groups of equal size that can show that precision, where all labels are right, and many.

    Example:
        >>> fewest_groups(0.9), fewest_groups(0.95), fewest_groups(0.99)
        (6, 8, 32)
    """
    each, count = 1 / max(ALIKE, (1 - min_precision) / min_precision), math.ceil(FEWEST_EFFECTIVE)
    while min_precision ** (count * each * _student(count, 1 - CONFIDENCE)) > 1 - CONFIDENCE:
        count += 1
    return count


def highest_precision(groups: float) -> float | None:
    """The highest of `LEVELS` that so many groups of equal size can show; None where they can show none.

    Example:
        >>> highest_precision(7.4), highest_precision(2.0)
        (0.9, None)
    """
    return next((level for level in LEVELS if fewest_groups(level) <= groups + NEARLY), None)


def fit_abstention(
    proba: Floats32,
    given: Bools,
    right: Bools,
    min_precision: float,
    groups: Ints | None = None,
    resampled: str = "article",
) -> Abstention:
    """Find the lowest score of each class from which on its labels are right often enough.

    Args:
        proba: calibrated, shape (articles, classes), of articles that the model was not trained on.
        given: which classes the model gives to each article, the same shape.
        right: which classes each article has, the same shape.
        min_precision: the share of right labels that is wanted.
        groups: which articles stand together, shape (articles,), any numbers; None = each stands for itself.
        resampled: what the groups are, as in `Abstention`.

    Raises:
        InputError: ``min_precision`` is not between 0 and 1.
    """
    check_precision(min_precision)
    together = np.arange(len(proba)) if groups is None else groups
    columns = list(zip(proba.T, given.T, right.T, strict=True))
    return Abstention(
        min_precision,
        tuple(lowest_score(p[g], r[g], min_precision, together[g]) for p, g, r in columns),
        resampled=resampled,
        groups=tuple(effective_groups(together[g]) for _, g, _ in columns),
        alike=ALIKE,
    )


def lowest_score(scores: Floats32, right: Bools, min_precision: float, groups: Ints | None = None) -> float | None:
    """The lowest score from which on enough labels of one class are right; None where that cannot be shown.

    Args:
        scores: of the articles to which the class is given, shape (articles,).
        right: whether it is right, the same shape.
        min_precision: the share of right labels that is wanted.
        groups: which articles stand together, the same shape; None = each stands for itself.

    Example:
        >>> lowest_score(np.linspace(0.5, 1, 60, dtype=np.float32), np.ones(60, dtype=bool), 0.9)
        0.0
        >>> lowest_score(np.linspace(0.5, 1, 20, dtype=np.float32), np.ones(20, dtype=bool), 0.9) is None
        True
        >>> two_sources = np.repeat([0, 1], 30)
        >>> lowest_score(np.linspace(0.5, 1, 60, dtype=np.float32), np.ones(60, dtype=bool), 0.9, two_sources) is None
        True
    """
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    count = most_kept(ordered, right[order], min_precision, None if groups is None else groups[order])
    return _just_above(ordered, count) if count else None


def most_kept(
    ordered: Floats32 | Floats,
    right: Bools,
    min_precision: float,
    groups: Ints | None = None,
    *,
    alike: float = ALIKE,
    step: float = STEP,
) -> int:
    """How many of the articles with the highest scores can be kept so that enough are right; 0: that cannot be shown.

    Args:
        ordered: scores, the highest first, shape (articles,).
        right: whether each is right, the same shape.
        min_precision: the share of right ones that is wanted.
        groups: which articles stand together, the same shape; None = each stands for itself.
        alike: as in `chance`.
        step: each threshold that is tried keeps that share of what the one below it keeps.

    Example:
        >>> most_kept(np.linspace(1, 0.5, 60), np.arange(60) < 45, 0.9)
        45
    """
    together = np.arange(len(ordered)) if groups is None else np.unique(groups, return_inverse=True)[1]
    counts, most, level = counts_to_try(ordered, min_precision, together, alike, step), 0, 0.0
    for count in counts:
        level += (1 - CONFIDENCE) / len(counts)
        if chance(right[:count], together[:count], min_precision, level, alike) > level:
            level = 0.0
        else:  # it passed, so its share of the 5% goes on to the next threshold
            most = count
    return most


def counts_to_try(
    ordered: Floats32 | Floats, min_precision: float, groups: Ints, alike: float = ALIKE, step: float = STEP
) -> list[int]:
    """How many of the highest scores each threshold that is tried keeps, ascending.

    Equal scores are kept together. Labels so few, or of so few groups, that all of them being right would prove nothing
    are not tried.

    Args:
        ordered: scores, the highest first.
        min_precision: the share of right labels that is wanted.
        groups: which of them stand together, numbered from 0.
        alike, step: as in `most_kept`.
    """
    count, found = len(ordered), list[int]()
    while count and _best_chance(groups[:count], min_precision, (1 - CONFIDENCE) / (len(found) + 1), alike):
        end = int(np.searchsorted(-ordered, -ordered[count - 1], side="right"))
        if not found or end < found[-1]:
            found.append(end)
        count = int(count * step)
    return found[::-1]


def _best_chance(groups: Ints, min_precision: float, level: float, alike: float) -> bool:
    """Whether a precision could be shown, were all labels right."""
    return chance(np.ones(len(groups), dtype=bool), groups, min_precision, level, alike) <= level


def chance(right: Bools, groups: Ints, min_precision: float, level: float, alike: float = 0.0) -> float:
    """How likely at least so many right labels are, were the true share just ``min_precision``; 1 below three groups.

    Args:
        right: whether each label is right, shape (n,).
        groups: which labels stand together, numbered from 0, shape (n,).
        min_precision: the share that is wanted.
        level: with which the result is compared: it decides how much few groups take off.
        alike: by how much labels of a group correlate at least, whatever these show. Where nearly all labels are right,
            they show no correlation, although the wrong ones may all be of a few groups.

    Example:
        >>> round(chance(np.ones(29, dtype=bool), np.arange(29), 0.9, 0.05), 3)  # .9 to the power of 29
        0.047
        >>> round(chance(np.ones(60, dtype=bool), np.repeat(np.arange(6), 10), 0.9, 0.05), 3)
        0.023
    """
    from scipy.special import betainc

    count, share = len(right), float(right.mean())
    sizes = np.bincount(groups)
    grouped = bool((sizes > 1).any())
    effective = effective_number(sizes)
    if share == 0 or (grouped and effective < FEWEST_EFFECTIVE - NEARLY):
        return 1.0
    labels = float(count)
    if grouped:
        assumed = 1 + alike * (float((sizes**2).sum()) / count - 1)
        spread = _design_effect(np.bincount(groups, right).astype(np.float64), sizes, min_precision)
        labels = count / max(1.0, spread, assumed) * _student(effective, level)
    return float(betainc(share * labels, labels - share * labels + 1, min_precision))


def _design_effect(hits: Floats, sizes: Ints, min_precision: float) -> float:
    """By how much the groups raise the variance of the share of right labels: around it, or the one to be shown."""
    count, groups = float(sizes.sum()), effective_number(sizes)
    share = float(hits.sum()) / count
    around = float(((hits - sizes * share) ** 2).sum()) * groups / (groups - 1)
    shown = around + (share - min_precision) ** 2 * count**2 / groups
    by_shown = shown / (count * min_precision * (1 - min_precision))
    return by_shown if share == 1 else max(by_shown, around / (count * share * (1 - share)))


def _student(groups: float, level: float) -> float:
    """What a variance from so few groups leaves of the effective number: the normal quantile over Student's, squared.

    Args:
        groups: at least two.
        level: one-sided.
    """
    from scipy.special import ndtri, stdtrit

    return float((ndtri(level) / stdtrit(groups - 1, level)) ** 2)


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
        interval: of the precision, 95%; None where these labels are of fewer than three effective groups.
        shown_by: for how many groups the labels count that the threshold was looked for on; None = not known.
    """

    threshold: float | None
    without: int
    given: int
    precision: float | None
    interval: Interval | None
    shown_by: float | None = None


@dataclass(frozen=True)
class Outcome:
    """What abstention does on labelled articles: ``abstention.json``.

    Attributes:
        split: names the articles.
        min_precision, confidence: what was promised for each class.
        coverage: labels that are still given, as a share of those given without abstention; one per article, unless an
            article may have several.
        coverage_interval: 95%, by `classifier.stats.significance.share_interval` over groups; None where these labels
            are of fewer than three effective groups.
        precision: the share of right labels among those still given; None where there are none.
        precision_interval: 95%, likewise.
        classes: label -> what happens to it.
        resampled: what the intervals are taken over: ``article``, or groups as in `classifier.evaluation.groups`;
            None = of an older version, whose intervals took each article as independent.
        validation: the same for the thresholds, as in `Abstention.resampled`.
        groups: how many groups the labels that are still given count for.
        found_on, alike: of the thresholds, as in `Abstention`.
    """

    split: str
    min_precision: float
    confidence: float
    coverage: float
    coverage_interval: Interval | None
    precision: float | None
    precision_interval: Interval | None
    classes: Mapping[str, ClassOutcome]
    resampled: str | None = None
    validation: str | None = None
    groups: float = 0.0
    found_on: str = "validation"
    alike: float = 0.0
    schema_version: int = 1


def measure(
    split: str,
    abstention: Abstention,
    labels: Sequence[str],
    proba: Floats32,
    given: Bools,
    right: Bools,
    groups: Ints | None = None,
    resampled: str = "article",
    crossed: Ints | None = None,
) -> Outcome:
    """Count the labels that are still given, and how many of them are right.

    Args:
        split: names the articles.
        abstention: the thresholds.
        labels: names of the classes.
        proba, given, right: as in `fit_abstention`, for the articles to measure on.
        groups: which of these articles stand together, shape (articles,), any numbers; None = each stands for itself.
        resampled: what the groups are.
        crossed: a second grouping of the articles, where pairs are crossed; None = there is none.
    """
    together, others = np.arange(len(proba)) if groups is None else groups, crossed
    kept = given & abstention.keeps(proba)
    classes = {
        name: ClassOutcome(
            threshold,
            int(given[:, k].sum()),
            int(kept[:, k].sum()),
            *share_of(right[kept[:, k], k], together[kept[:, k]], _of(others, kept[:, k])),
            abstention.groups[k] if abstention.groups else None,
        )
        for k, (name, threshold) in enumerate(zip(labels, abstention.thresholds, strict=True))
    }
    of_given, of_kept = np.nonzero(given)[0], np.nonzero(kept)[0]
    coverage, coverage_interval = share_of(kept[given], together[of_given], _of(others, of_given))
    precision, precision_interval = share_of(right[kept], together[of_kept], _of(others, of_kept))
    return Outcome(
        split,
        abstention.min_precision,
        abstention.confidence,
        coverage or 0.0,
        coverage_interval,
        precision,
        precision_interval,
        classes,
        resampled,
        abstention.resampled,
        two_way_effective(together[of_kept], _of(others, of_kept)),
        abstention.found_on,
        abstention.alike,
    )


def _of(groups: Ints | None, rows: Bools | Ints) -> Ints | None:
    return None if groups is None else groups[rows]
