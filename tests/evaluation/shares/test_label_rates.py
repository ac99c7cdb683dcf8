"""Which error rates a group of articles needs: those of all sources, of sources like its own, or of its own source."""

import numpy as np
import pytest

from classifier.articles.labels import LabelSet
from classifier.evaluation.shares.label_rates import LabelRates, label_rates
from classifier.evaluation.shares.reference_articles import ReferenceArticles
from classifier.stats.prevalence import Estimate

LABELS = ("a", "b")


def rates_of(sources: list[str | None], multi_label: bool = False) -> list[LabelRates]:
    """One in five articles of either label is wrong; articles go round the sources."""
    number = 40 * len(sources)
    truth = np.eye(2, dtype=np.int64)[np.arange(number) // len(sources) % 2]
    guess = np.where((np.arange(number) // (2 * len(sources)) % 5 == 0)[:, None], 1 - truth, truth)
    names = tuple(sources * 40)
    units = tuple(name or f"\0{index}" for index, name in enumerate(names))
    found = label_rates(LabelSet(LABELS, multi_label), ReferenceArticles(truth, guess, names, units, None), 0)
    return [rates for rates in found if isinstance(rates, LabelRates)]


def estimated(rates: LabelRates, by_source: dict[str, list[int]]) -> Estimate | str:
    counts = {name: np.array(values) for name, values in by_source.items()}
    return rates.estimate(np.sum(list(counts.values()), axis=0), counts, 0)


def test_spellings_of_a_source_are_one() -> None:
    (rates,) = rates_of(["S1", "s1 ", "s2", "s3", "s4"])
    assert list(rates.places) == ["s1", "s2", "s3", "s4"]
    assert rates.counts.tolist() == [[[32, 8], [8, 32]], *[[[16, 4], [4, 16]]] * 3]
    assert rates.between is not None and rates.unknown == ""


def test_several_labels_have_rates_of_their_own() -> None:
    one, two = rates_of(["s1", "s2", "s3"], multi_label=True)
    assert (one.names, two.names) == (("no a", "a"), ("no b", "b"))


@pytest.mark.parametrize(
    ("sources", "by_source", "words"),
    [
        (["s1", "s2", "s3"], {"new": [300, 200]}, ""),
        (["s1", "s2"], {"new": [300, 200]}, "test articles of 'a' count for 2.0 equal sources"),
        (["s1", "s2"], {"s1": [300, 200], "new": [1, 1]}, ""),
        (["s1", "s2"], {"s1": [300, 200], "new": [30, 20]}, "count for 2.0 equal sources"),
        (["s1", "s2"], {"": [300, 200]}, ""),
        ([None, None], {"new": [300, 200]}, "name no source"),
        ([None, None], {f"n{i}": [30, 20] for i in range(10)}, ""),
        ([None, None], {f"n{i}": [30, 20] for i in range(9)}, "name no source"),
    ],
)
def test_a_group_of_few_sources_needs_rates_of_single_sources(
    sources: list[str | None], by_source: dict[str, list[int]], words: str
) -> None:
    found = estimated(rates_of(sources)[0], by_source)
    assert (words in found) if isinstance(found, str) else not words
    assert not isinstance(found, str) or found.startswith("it comes from few sources")
