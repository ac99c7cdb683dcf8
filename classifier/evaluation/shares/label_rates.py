"""Error rates of a run's labels, of all its sources and of each, and which of them a group of articles needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from classifier.arrays import Ints
from classifier.articles.labels import LabelSet
from classifier.articles.source_names import source_key
from classifier.evaluation.shares.reference_articles import ReferenceArticles, absence
from classifier.stats.few_groups import FEWEST_EFFECTIVE, effective_number
from classifier.stats.prevalence import ErrorRates, Estimate, adjusted_count, error_rates
from classifier.stats.source_rates import (
    GroupSources,
    SourceRates,
    adjusted_count_of_sources,
    few_sources,
    group_sources,
    own_rates,
    source_rates,
)

MANY_SOURCES = 10.0  # effective, for which the mean error rates will do where nothing is known of single sources
OWN_ARTICLES = 10  # of each label, for which a source's own error rates will do
NEGLIGIBLE = 0.02  # weight of sources without reference articles


@dataclass(frozen=True)
class LabelRates:
    """Error rates of all labels together; for several labels per article, of one label.

    Attributes:
        names: the labels, or "no x" and "x".
        mean: over all reference articles.
        counts: reference articles by source (sources, true, predicted).
        places: `source_key` -> its place in ``counts``.
        between: how they differ between sources; None where that is not known.
        own: of single sources by their own articles alone.
        unknown: why it is not known how they differ between sources.
    """

    names: tuple[str, ...]
    mean: ErrorRates
    counts: Ints
    places: Mapping[str, int]
    between: SourceRates | None
    own: SourceRates
    unknown: str

    @property
    def problem(self) -> str:
        """Why no share can be corrected; empty where they can be."""
        if self.mean.solvable:
            return ""
        one, two = (self.names[index] for index in self.mean.confused)
        return (
            f"the model hardly tells '{one}' from '{two}' (condition number {self.mean.condition:.0f}), so that almost "
            "any shares of them fit the predictions"
        )

    def estimate(self, predicted: Ints, by_source: Mapping[str, Ints], seed: int) -> Estimate | str:
        """The shares of a group, or why there are none.

        Args:
            predicted: articles predicted to have each label.
            by_source: `source_key` -> the same; empty where the articles name no source.
            seed: of the draws.
        """
        if self.problem:
            return self.problem
        if not {*by_source} - {""}:
            return adjusted_count(self.mean, predicted, seed=seed)
        table = np.stack(list(by_source.values()))
        places = np.array([self.places.get(name, -1) for name in by_source])
        group = group_sources(table, places, len(self.counts))
        if self.between is not None:
            return adjusted_count_of_sources(self.between, predicted, group, seed=seed)
        if self._has_own(group):
            return adjusted_count_of_sources(self.own, predicted, group.of_known(), seed=seed)
        if effective_number(table.sum(axis=1)) >= MANY_SOURCES:
            return adjusted_count(self.mean, predicted, seed=seed)
        return f"it comes from few sources, and {self.unknown}, so that their own error rates are not known"

    def _has_own(self, group: GroupSources) -> bool:
        used = (group.known > NEGLIGIBLE).any(axis=1)
        return bool((group.fresh <= NEGLIGIBLE).all() and (self.counts[used].sum(axis=2) >= OWN_ARTICLES).all())


def label_rates(labels: LabelSet, reference: ReferenceArticles, seed: int) -> Iterator[LabelRates | str]:
    """The error rates of all labels together; of each label where an article can have several, or why not.

    Labels of which an article has one share an equation: an article of an absent label is counted under any other, so
    that no share is known. Where it can have several, each label has an equation of its own.

    Args:
        labels: of the run; where an article has one of them, each has a test article.
        reference: the test articles.
        seed: of the draws.
    """
    if not labels.multi_label:
        yield _rates(labels.names, reference.truth.argmax(axis=1), reference.guess.argmax(axis=1), reference, seed)
        return
    for name, truth, guess in zip(labels.names, reference.truth.T, reference.guess.T, strict=True):
        absent = absence(name, truth, multi_label=True)
        yield absent_words(absent) if absent else _rates((f"no {name}", name), truth, guess, reference, seed)


def absent_words(absent: str, also: str = "") -> str:
    """Why an absent label cannot be corrected, and what to do.

    Args:
        absent: as `classifier.evaluation.shares.reference_articles.absence` says it.
        also: what follows from it.

    Example:
        >>> absent_words("has the label 'satire'", "so no share can be corrected")[:100]
        "no test article has the label 'satire': how often the model errs there is not known, so no share can"
    """
    follows = f", {also}" if also else ""
    return (
        f"no test article {absent}: how often the model errs there is not known{follows}. Label a random sample of "
        "these articles by hand (--labelled FILE)"
    )


def _rates(names: tuple[str, ...], truth: Ints, guess: Ints, reference: ReferenceArticles, seed: int) -> LabelRates:
    mean = error_rates(truth, guess, len(names), reference.units, seed=seed)
    keys = [None if source is None else source_key(source) for source in reference.sources]
    places = {key: index for index, key in enumerate(dict.fromkeys(key for key in keys if key is not None))}
    counts = np.zeros((len(places), len(names), len(names)), dtype=np.int64)
    named = np.array([key is not None for key in keys])
    where = np.array([places[key] for key in keys if key is not None], dtype=np.int64)
    np.add.at(counts, (where, truth[named], guess[named]), 1)
    unknown = _unknown(names, counts)
    between = None if unknown else source_rates(counts, seed=seed)
    return LabelRates(names, mean, counts, places, between, own_rates(counts), unknown)


def _unknown(names: tuple[str, ...], counts: Ints) -> str:
    if not len(counts):
        return "the test articles name no source"
    few = {name: number for name, number in zip(names, few_sources(counts), strict=True) if number < FEWEST_EFFECTIVE}
    if not few:
        return ""
    name, number = min(few.items(), key=lambda item: item[1])
    return f"the test articles of '{name}' count for {number:.1f} equal sources (at least {FEWEST_EFFECTIVE:.0f})"
