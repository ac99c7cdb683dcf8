"""The share of each label in a group of articles, corrected for the errors of the run, or why it is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from classifier.arrays import Ints
from classifier.articles.labels import LabelSet
from classifier.errors import counted
from classifier.evaluation.shares.input_columns import Group
from classifier.evaluation.shares.label_rates import LabelRates, absent_words, label_rates
from classifier.evaluation.shares.prediction_counts import GroupCounts
from classifier.evaluation.shares.reference_articles import (
    EstimateInput,
    absent_labels,
)
from classifier.stats.design_based import planned_shares
from classifier.stats.prevalence import Estimate, prediction_powered

FEWEST_ARTICLES = 30  # of a group, for any correction


FEWEST_LABELLED = 30  # of a group, for prediction-powered inference


CONTRADICTED = "the correction would take"


Method = Literal["prediction-powered", "adjusted count", "not corrected"]


@dataclass(frozen=True)
class LabelShare:
    """The share of one label in one group.

    Attributes:
        group: values of the grouping columns; empty = the whole corpus.
        label: its name.
        naive: share of the articles that are predicted to have it.
        corrected, low, high: the corrected share and its 95% interval; None where it cannot be corrected.
        method: of the correction; "not corrected" where there is none.
        articles, labelled: in the group.
        note: why it was not corrected, or not by prediction-powered inference; else empty.
        needed: labelled articles of the group for intervals of ± 5 points, as `classifier estimate --plan 0.05` draws
            them; None where not known, or where all of them are too few.
    """

    group: Group
    label: str
    naive: float
    corrected: float | None
    low: float | None
    high: float | None
    method: Method
    articles: int
    labelled: int
    note: str
    needed: int | None = None


@dataclass(frozen=True)
class ShareCorrection:
    """How the shares of a run's labels are corrected.

    Attributes:
        labels: of the run.
        rates: error rates: one of all labels together; for multi-label one of each label, or why that one's are not
            known; None where none are.
        problem: why they are not known.
        sampled: whether there are articles labelled by hand.
        planned: whether those were drawn with probabilities that differ.
        seed: of the draws.
    """

    labels: LabelSet
    rates: tuple[LabelRates | str, ...] | None
    problem: str
    sampled: bool
    seed: int
    planned: bool = False

    @classmethod
    def of(cls, source: EstimateInput, *, sampled: bool, seed: int, planned: bool = False) -> ShareCorrection:
        """From the test articles of a run, where it has any."""
        reference = source.reference
        if reference is None:
            return cls(source.labels, None, "the run has no test articles", sampled, seed, planned)
        absent = "" if source.labels.multi_label else absent_labels(source.labels, reference)
        if absent:
            also = "so no share can be corrected, since its articles may be counted under any label"
            return cls(source.labels, None, absent_words(absent, also), sampled, seed, planned)
        return cls(source.labels, tuple(label_rates(source.labels, reference, seed)), "", sampled, seed, planned)

    @property
    def known(self) -> tuple[LabelRates, ...]:
        """The error rates that are known."""
        return tuple(rates for rates in self.rates or () if isinstance(rates, LabelRates))

    def shares(self, group: Group, count: GroupCounts) -> Iterator[LabelShare]:
        """Every label's share of a group."""
        method, note = self._method(count)
        found = self._found(method, count)
        for index, label in enumerate(self.labels.names):
            estimate, place = found[index] if found else (note, 0)
            naive = float(count.predicted[index] / count.articles)
            facts = count.articles, len(count.truth)
            if isinstance(estimate, str):
                said = "; ".join(part for part in dict.fromkeys((note, estimate)) if part)
                yield LabelShare(group, label, naive, None, None, None, "not corrected", *facts, said)
                continue
            share, low, high = (float(part[place]) for part in (estimate.share, estimate.low, estimate.high))
            yield LabelShare(group, label, naive, share, low, high, method, *facts, note)

    def widths(self, count: GroupCounts) -> tuple[float, float] | None:
        """How wide prediction-powered intervals of a group are, and how wide adjusted count would make them.

        Means over the labels that both can estimate; None where there are none.
        """
        if self._method(count)[0] != "prediction-powered" or self.rates is None:
            return None
        both = [
            (one.high[i] - one.low[i], other.high[j] - other.low[j])
            for (one, i), (other, j) in zip(self._powered(count), self._adjusted(count), strict=True)
            if not isinstance(other, str)
        ]
        return None if not both else (float(np.mean([a for a, _ in both])), float(np.mean([b for _, b in both])))

    def _method(self, count: GroupCounts) -> tuple[Method, str]:
        labelled = len(count.truth)
        if count.articles < FEWEST_ARTICLES:
            return "not corrected", f"only {counted(count.articles, 'article')} (at least {FEWEST_ARTICLES})"
        if labelled >= FEWEST_LABELLED:
            return "prediction-powered", ""
        few = f"only {counted(labelled, 'labelled article')} (at least {FEWEST_LABELLED})" if self.sampled else ""
        if self.rates is None:
            return "not corrected", "; ".join(part for part in (few, self.problem) if part)
        return "adjusted count", few

    def _found(self, method: Method, count: GroupCounts) -> Sequence[tuple[Estimate | str, int]]:
        """For each label the estimate and its place in it, or why there is none."""
        if method == "prediction-powered":
            return self._powered(count)
        return self._adjusted(count) if method == "adjusted count" else []

    def _adjusted(self, count: GroupCounts) -> list[tuple[Estimate | str, int]]:
        assert self.rates is not None
        if not self.labels.multi_label:
            sources = {name: counts[1:] for name, counts in count.by_source.items()}
            rates = self.rates[0]
            assert isinstance(rates, LabelRates)
            found = _within_reach(rates.estimate(count.predicted, sources, self.seed), self.labels.names)
            return [(found, index) for index in range(len(self.labels))]
        every: list[tuple[Estimate | str, int]] = []
        for index, (rates, predicted) in enumerate(zip(self.rates, count.predicted, strict=True)):
            if isinstance(rates, str):
                every.append((rates, 0))
                continue
            pairs = {name: _pair(counts[0], counts[1 + index]) for name, counts in count.by_source.items()}
            found = rates.estimate(_pair(count.articles, predicted), pairs, self.seed)
            every.append((_within_reach(found, (self.labels.names[index],) * 2), 1))
        return every

    def _powered(self, count: GroupCounts) -> list[tuple[Estimate, int]]:
        """By the library; not a plan's, nor where all are labelled: it wants others, whose labels are not known."""
        truth, guess = np.array(count.truth), np.array(count.guess)
        if self.planned or len(truth) == count.articles:
            found = planned_shares(truth, guess, np.array(count.inclusion), count.predicted, count.articles)
            return [(found, index) for index in range(len(self.labels))]
        others = count.predicted - guess.sum(axis=0)
        unlabelled = count.articles - len(truth)
        return [
            (prediction_powered(truth[:, k], guess[:, k], int(others[k]), unlabelled), 0) for k in range(len(others))
        ]


def _pair(articles: int, predicted: int) -> Ints:
    return np.array([articles - predicted, predicted])


def _within_reach(found: Estimate | str, names: Sequence[str]) -> Estimate | str:
    """The estimate, or that the data contradict it."""
    if isinstance(found, str) or not found.impossible.any():
        return found
    label = names[int(found.impossible.argmax())]
    return f"{CONTRADICTED} '{label}' below 0 or above 1: the assumption does not hold"
