"""On which articles TF-IDF alone is surely the model's answer, so that the transformer need not read them.

What TF-IDF says is made a probability first (`Calibration` of its decision values). The label that it gives alone is
decided from that as the model's is from its own scores. How sure it is are the log-odds of that label. From some
log-odds on, articles *skip*: they get the label and the score of TF-IDF alone. What is promised is the *agreement*: the
share of skipped articles whose label is the one that the whole model would give. No true label is needed for that.

The threshold is found on validation articles, which neither TF-IDF nor the transformer was fitted on. It is one of
several that are tried, and the best one would owe part of its agreement to chance. So it is found as thresholds to
abstain by are (`classifier.stats.abstention.most_kept`): thresholds share a risk of 5% by the fallback procedure, each
is tested by the exact binomial test, and articles of one source count for fewer. The promise is for articles like those
of validation, and for all skipped articles together, not for each label.

Where nearly all articles agree, those that do not may all be of a few sources, and validation has none of these. So
agreement is taken to correlate within a source by .1 at least, whatever validation shows. In simulations with an
agreement just below the one that is promised (.95 to .99; 30 to 300 sources of 5 to 80 articles), the promise was made
in at most 3% of the samples where agreement correlated by up to .2, and in up to 11% at .4. Without that it was made in
12% and 23%.

Few articles show little: for an agreement of .99 at least 299 must skip, all with the model's label. Otherwise there is
no threshold, and no article skips.

Two stages of which the first answers what is easy are a *cascade* (Viola and Jones, CVPR 2001).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from classifier.arrays import Bools, Floats, Floats32, Ints
from classifier.errors import InputError
from classifier.stats.abstention import ALIKE, CONFIDENCE, chance, fewest_articles, most_kept
from classifier.stats.blending import fit_scale
from classifier.stats.calibration import LEAST, NEARLY_ONE, Calibration, fit_calibration

STORED = 10_000  # validation articles that are kept with a model
DIGITS = 4  # of log-odds
LEVELS = (0.999, 0.995, 0.99, 0.98, 0.95, 0.9, 0.8)  # of agreement, that may be asked for
SMALLEST = 1e-6  # agreement, below which nothing is shown
STEP = 0.9  # each threshold that is tried lets that share of the articles skip that the one below it does
STEPS = 40  # of a bisection


@dataclass(frozen=True)
class SkipRule:
    """Which articles skip the transformer.

    Attributes:
        agreement: the share of them that is promised to get the model's label.
        threshold: the lowest log-odds of TF-IDF's label at which an article skips; None = no article does.
        articles: how many validation articles it was found on.
        skipped: how many of them skip.
        agreed: the share of these that get the model's label; None where none skips.
        at_least: the one-sided 95% bound below that share; None likewise.
        resampled: what was taken as independent: ``article``, or groups as in `classifier.evaluation.groups`.
        found_on: ``validation``, or ``cross-validation``.
        confidence: how sure the promise is.
    """

    agreement: float
    threshold: float | None
    articles: int
    skipped: int
    agreed: float | None
    at_least: float | None
    resampled: str
    found_on: str
    confidence: float = CONFIDENCE

    @property
    def share(self) -> float:
        """The share of validation articles that skip."""
        return self.skipped / self.articles

    def skips(self, sureness: Floats) -> Bools:
        """Which articles skip, from the log-odds of their labels (`sureness`), shape (articles,)."""
        if self.threshold is None:
            return np.zeros(len(sureness), dtype=bool)
        return np.asarray(sureness >= self.threshold)


@dataclass(frozen=True)
class Cascade:
    """What TF-IDF alone says, and how often that was what the whole model says; stored with a model.

    Attributes:
        scale: what its decision values are multiplied by.
        calibration: makes probabilities of what they then say.
        articles: how many validation articles there were.
        rows: of at most `STORED` of them, the surest first, a line each: the log-odds of TF-IDF's label, 1 if the model
            gives the same label (of several: the same labels) and else 0, and a number for its group.
        resampled, found_on: as in `SkipRule`.

    Example:
        >>> rows = tuple(f"{30 - k / 100:.2f} {int(k < 700)} {k}" for k in range(1000))
        >>> known = Cascade(1.0, Calibration((1.0,), (0.0, 0.0)), 1000, rows, "article", "validation")
        >>> found = known.rule(0.99)
        >>> found.skipped, found.agreed, round(found.at_least, 4)
        (656, 1.0, 0.9954)
        >>> known.rule(0.999).threshold is None
        True
    """

    scale: float
    calibration: Calibration
    articles: int
    rows: tuple[str, ...]
    resampled: str
    found_on: str

    def proba(self, scores: Floats32) -> Floats32:
        """Calibrated probabilities of TF-IDF alone, from its decision values, both of shape (articles, classes)."""
        return self.calibration.apply(_uncalibrated(scores, self.scale, multi_label=self.calibration.multi_label))

    def sureness(self, proba: Floats32, given: Bools) -> Floats:
        """How sure TF-IDF is of the labels that it gives, as `sureness` says."""
        return sureness(proba, given, multi_label=self.calibration.multi_label)

    def rule(self, agreement: float) -> SkipRule:
        """Which articles may skip for an agreement.

        Raises:
            InputError: the agreement is not between 0 and 1.
        """
        check_agreement(agreement)
        values = np.array([row.split() for row in self.rows], dtype=np.float64).reshape(-1, 3)
        sure, agrees, groups = values[:, 0], values[:, 1] > 0, values[:, 2].astype(np.int64)
        count = most_kept(sure, agrees, agreement, groups, step=STEP)
        return SkipRule(
            agreement,
            float(sure[count - 1]) if count else None,
            len(sure),
            count,
            float(agrees[:count].mean()) if count else None,
            max(agreement, shown_agreement(agrees[:count], groups[:count]) or 0.0) if count else None,
            self.resampled,
            self.found_on,
        )

    def wrong(self, classes: int, *, multi_label: bool) -> str:
        """What cannot be true of it, for a model of so many classes; empty where nothing is wrong.

        Example:
            >>> calibration = Calibration((1.0,), (0.0, 0.0))
            >>> Cascade(1.0, calibration, 1, ("3.1 2 0",), "article", "validation").wrong(2, multi_label=False)
            'cascade.rows: line 1 is no article'
        """
        ours = self.calibration
        if not 0 < self.scale < math.inf:
            return f"cascade.scale: {self.scale} is no number above 0"
        if ours.multi_label != multi_label or len(ours.offsets) != classes:
            return f"cascade.calibration: it is not that of {classes} labels"
        if len(ours.temperatures) != (classes if multi_label else 1) or not all(t > 0 for t in ours.temperatures):
            return "cascade.calibration: its temperatures cannot be true"
        if not self.rows or self.articles < len(self.rows):
            return f"cascade.rows: there are {len(self.rows)}, of {self.articles} articles"
        bad = next((number for number, row in enumerate(self.rows, 1) if not _is_row(row)), None)
        return "" if bad is None else f"cascade.rows: line {bad} is no article"


def _is_row(row: str) -> bool:
    try:
        sure, agrees, group = row.split()
        return math.isfinite(float(sure)) and agrees in ("0", "1") and int(group) >= 0
    except ValueError:
        return False


def check_agreement(agreement: float) -> None:
    """Raise `InputError` unless an agreement can be promised."""
    if not 0 < agreement < 1:
        raise InputError(
            f"--cascade must be between 0 and 1, both excluded. Got {agreement:g} instead.",
            fix="For example --cascade 0.99: then 99% of the articles that skip the transformer get the label that the "
            "whole model would give.",
        )


def fit_cascade(
    scores: Floats32,
    truth: Ints,
    given: Bools,
    give: Callable[[Floats32], Bools],
    groups: Ints,
    resampled: str = "article",
    found_on: str = "validation",
) -> Cascade:
    """Calibrate TF-IDF alone on validation articles, and note where it gives the label of the whole model.

    Args:
        scores: decision values of TF-IDF, shape (articles, classes), on articles that it was not fitted on.
        truth: label ids (articles,), or a 0/1 matrix (articles, classes).
        given: which classes the whole model gives to each article, shape (articles, classes).
        give: which classes calibrated probabilities give, as the model decides.
        groups: which articles stand together, shape (articles,), any numbers.
        resampled, found_on: as in `SkipRule`.
    """
    scale = fit_scale(scores, truth, balanced=False)
    calibration = fit_calibration(_uncalibrated(scores, scale, multi_label=truth.ndim == 2), truth)
    known = Cascade(scale, calibration, len(scores), (), resampled, found_on)
    proba = known.proba(scores)
    alone = give(proba)
    sure, agrees = known.sureness(proba, alone), (alone == given).all(axis=1)
    kept = np.unique(np.linspace(0, len(scores) - 1, min(len(scores), STORED)).round().astype(np.int64))
    together = np.unique(groups, return_inverse=True)[1]
    order = kept[np.argsort(-sure[kept], kind="stable")]
    rows = [f"{sure[k]:.{DIGITS}f} {int(agrees[k])} {together[k]}" for k in order]
    return Cascade(scale, calibration, len(scores), tuple(rows), resampled, found_on)


def sureness(proba: Floats32, given: Bools, *, multi_label: bool) -> Floats:
    """The log-odds of the labels that are given, shape (articles,), rounded as they are stored.

    Args:
        proba: calibrated, shape (articles, classes).
        given: which classes are given, the same shape.
        multi_label: whether an article may have several: then of all classes being given or left out rightly, as if
            they were independent.

    Example:
        >>> sureness(np.array([[0.8, 0.2]], dtype=np.float32), np.array([[True, False]]), multi_label=False)
        array([1.3863])
        >>> sureness(np.array([[0.8, 0.5]], dtype=np.float32), np.array([[True, False]]), multi_label=True)
        array([-0.4055])
    """
    known: Floats = proba.astype(np.float64)
    if multi_label:
        right = np.log(np.clip(np.where(given, known, 1 - known), LEAST, NEARLY_ONE)).sum(axis=1)
        odds = right - np.log(-np.expm1(right))
    else:
        own, others = (np.where(part, known, 0).sum(axis=1) for part in (given, ~given))
        odds = np.log(np.maximum(own, LEAST)) - np.log(np.maximum(others, LEAST))
    return np.asarray(np.round(odds, DIGITS))


def _uncalibrated(scores: Floats32, scale: float, *, multi_label: bool) -> Floats32:
    from scipy.special import expit, softmax

    scaled = scores.astype(np.float64) * scale
    return np.asarray(expit(scaled) if multi_label else softmax(scaled, axis=1), dtype=np.float32)


def shown_agreement(agrees: Bools, groups: Ints) -> float | None:
    """The highest agreement that articles show with 95% confidence; None where there are none, or too few groups.

    Args:
        agrees: whether each gets the label of the whole model, shape (articles,).
        groups: which articles stand together, the same shape, any numbers.

    Example:
        >>> round(shown_agreement(np.ones(299, dtype=bool), np.arange(299)), 4)  # .05 to the power of 1 / 299
        0.99
        >>> shown_agreement(np.ones(299, dtype=bool), np.zeros(299, dtype=np.int64)) is None
        True
    """
    if not len(agrees):
        return None
    together = np.unique(groups, return_inverse=True)[1]
    low, high = 0.0, float(agrees.mean())
    for _ in range(STEPS):
        middle = (low + high) / 2
        passes = chance(agrees, together, middle, 1 - CONFIDENCE, ALIKE) <= 1 - CONFIDENCE
        low, high = (middle, high) if passes else (low, middle)
    return low if low > SMALLEST else None


def too_few_words(known: Cascade, agreement: float) -> str:
    """Why no article may skip, and what would have to be otherwise.

    Args:
        known: of the model.
        agreement: that was asked for, and for which there is no threshold.

    Example:
        >>> rows = tuple(f"{30 - k} 1 {k}" for k in range(65))
        >>> known = Cascade(1.0, Calibration((1.0,), (0.0, 0.0)), 65, rows, "article", "validation")
        >>> too_few_words(known, 0.99)  # doctest: +NORMALIZE_WHITESPACE
        'no article skips the transformer: an agreement of 0.99 cannot be shown on the 65 validation articles. It takes
        299 that are independent, all with the label of the whole model, and more where some have another. They show
        0.95 (--cascade 0.95)'
    """
    lower = next((level for level in LEVELS if level < agreement and known.rule(level).skipped), None)
    found = f"{known.articles:,} {known.found_on} articles"
    grouped = (
        "" if known.resampled == "article" else f" (by {known.resampled}, those that stand together count for fewer)"
    )
    return (
        f"no article skips the transformer: an agreement of {agreement:g} cannot be shown on the {found}{grouped}. It "
        f"takes {fewest_articles(agreement):,} that are independent, all with the label of the whole model, and more "
        f"where some have another. They {f'show {lower:g} (--cascade {lower:g})' if lower else 'can show no agreement'}"
    )
