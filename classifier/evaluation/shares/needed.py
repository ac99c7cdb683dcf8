"""How many labelled articles a group would need for shares with intervals of ± 5 points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from classifier.arrays import Floats, Ints
from classifier.evaluation.shares.prediction_counts import GroupCounts
from classifier.evaluation.shares.reference_articles import EstimateInput, absent_labels
from classifier.evaluation.shares.share_correction import FEWEST_ARTICLES, FEWEST_LABELLED
from classifier.stats.prevalence import adjusted_count, error_rates
from classifier.stats.sample_plan import half_widths, label_chances, plan_group

WANTED = 0.05  # half of the interval's width


@dataclass(frozen=True)
class Needed:
    """How often the run errs, by its test articles, as a plan of articles to label reads it.

    Attributes:
        chances: how likely each label is to be true where each is predicted (predicted, true). For multi-label one
            such matrix of "no" and "yes" for each label.
        multi_label: which of both it is.
    """

    chances: tuple[Floats, ...]
    multi_label: bool

    @classmethod
    def of(cls, source: EstimateInput, whole: GroupCounts, seed: int) -> Needed | None:
        """From the test articles of a run and the whole corpus; None where there are none of some label."""
        reference = source.reference
        if reference is None or absent_labels(source.labels, reference):
            return None
        if not source.labels.multi_label:
            truth, guess = reference.truth.argmax(axis=1), reference.guess.argmax(axis=1)
            return cls((_chances(truth, guess, whole.predicted, seed),), False)
        pairs = zip(reference.truth.T, reference.guess.T, whole.predicted, strict=True)
        found = (_chances(t, g, np.array([whole.articles - given, given]), seed) for t, g, given in pairs)
        return cls(tuple(found), True)

    def articles(self, count: GroupCounts) -> int | None:
        """How many articles of a group to label, as `classifier estimate --plan 0.05` would; None where none do."""
        if count.articles < FEWEST_ARTICLES:
            return None
        if not self.multi_label:
            return _planned(count.predicted, self.chances[0])
        sizes = (np.array([count.articles - given, given]) for given in count.predicted)
        each = [_planned(size, chances[:, 1:]) for size, chances in zip(sizes, self.chances, strict=True)]
        known = [number for number in each if number is not None]
        return max(known) if len(known) == len(each) else None


def _chances(truth: Ints, guess: Ints, predicted: Ints, seed: int) -> Floats:
    rates = error_rates(truth, guess, len(predicted), draws=2)
    return label_chances(rates.counts, adjusted_count(rates, predicted, seed=seed).share)


def _planned(sizes: Ints, chances: Floats) -> int | None:
    there = sizes > 0
    if half_widths(sizes[there], chances[there], sizes[there]).max() > WANTED:
        return None
    return int(plan_group(sizes[there], chances[there], WANTED, FEWEST_LABELLED).sum())
