"""Error rates of single sources: what is known of their dispersion, and what it does to a group of few of them."""

import numpy as np
import pytest

from classifier.stats.source_rates import (
    GroupSources,
    SourceRates,
    adjusted_count_of_sources,
    few_sources,
    group_sources,
    own_rates,
    source_rates,
)

MEAN = np.array([[0.8, 0.2], [0.25, 0.75]])
CORPUS = np.array([1200, 800])


def of_sources(alike: float, sources: int, articles: int = 60, seed: int = 0) -> np.ndarray:
    """Counts whose rows are Dirichlet variables."""
    rng = np.random.default_rng(seed)
    matrices = np.stack([rng.dirichlet(alike * row, size=sources) for row in MEAN], axis=1)
    return rng.multinomial(articles, matrices)


def new(number: int, references: int, classes: int = 2) -> GroupSources:
    table = np.full((number, classes), 100)
    return group_sources(table, np.full(number, -1), references)


def width(rates: SourceRates, group: GroupSources) -> float:
    found = adjusted_count_of_sources(rates, CORPUS, group)
    return float(found.high[1] - found.low[1])


@pytest.mark.parametrize(("alike", "least", "most"), [(4, 0.12, 0.3), (19, 0.03, 0.08), (1e6, 0.0, 0.012)])
def test_the_dispersion_is_found(alike: float, least: float, most: float) -> None:
    """It is 1 / (alike + 1)."""
    found = np.median(source_rates(of_sources(alike, 60)).scatter, axis=0)
    assert (least < found).all() and (found < most).all()


def test_more_sources_of_the_corpus_and_of_the_reference_make_surer() -> None:
    many = source_rates(of_sources(15, 60))
    few = [width(source_rates(of_sources(15, 5, seed=seed)), new(1, 5)) for seed in range(8)]
    by_number = [width(many, new(number, 60)) for number in (1, 4, 40)]
    assert by_number[0] > 1.5 * by_number[1] > 2 * by_number[2]
    assert np.mean(few) > 1.1 * by_number[0]


def test_sources_that_are_alike_add_hardly_anything() -> None:
    rates = source_rates(of_sources(1e6, 60))
    assert width(rates, new(1, 60)) < 1.6 * width(rates, new(40, 60))


def test_a_source_with_articles_of_its_own_has_its_own_rates() -> None:
    """In 39 sources 20% of either label go astray, in one 40% do."""
    counts = np.tile([[80, 20], [20, 80]], (40, 1, 1))
    counts[0] = [[600, 400], [400, 600]]
    rates = source_rates(counts)
    observed = np.array([560, 440])  # .6 × .7 + .4 × .3, as 20% have the second label here
    known = adjusted_count_of_sources(rates, observed, group_sources(observed[None], np.array([0]), 40))
    assert 0.18 < known.share[1] < 0.27  # drawn a little towards the others
    other = adjusted_count_of_sources(rates, observed, new(1, 40))
    assert other.share[1] == pytest.approx(0.4, abs=0.03)
    alone = adjusted_count_of_sources(own_rates(counts[:1]), observed, group_sources(observed[None], np.array([0]), 1))
    assert alone.share[1] == pytest.approx(0.2, abs=0.03)


def test_rows_that_move_together_widen_and_rows_that_balance_do_not() -> None:
    """At one half of each label, an error more in both rows cancels out; an error less in one and more in the other
    does not."""
    moved = np.linspace(-0.15, 0.15, 40)[:, None]
    right = 0.8 + np.concatenate([moved, moved], axis=1)
    pulled = 0.8 + np.concatenate([moved, -moved], axis=1)

    def counts(found: np.ndarray) -> np.ndarray:
        first, second = found.T
        return np.stack([np.stack([first, 1 - first], 1), np.stack([1 - second, second], 1)], 1) * 200

    half = np.array([1000, 1000])
    hard, together = (
        adjusted_count_of_sources(source_rates(counts(found)), half, new(1, 40)) for found in (right, pulled)
    )
    assert together.high[1] - together.low[1] > 3 * (hard.high[1] - hard.low[1])


def test_labels_predicted_in_one_source_have_that_source() -> None:
    """Twenty equal sources; the second label is predicted in the first alone."""
    table = np.full((20, 2), [100, 0])
    table[0] = [50, 50]
    group = group_sources(table, np.full(20, -1), 3)
    assert group.squares[0] < 0.06 and group.squares[1] > 0.9
    assert group.fresh == pytest.approx([1, 1])


def test_groups_of_like_sources_are_drawn_once() -> None:
    rates = source_rates(of_sources(15, 10))
    for predicted in ([900, 100], [500, 500]):
        adjusted_count_of_sources(rates, np.array(predicted), group_sources(np.array([predicted]), np.array([-1]), 10))
    assert len(rates.cache) == 1


def test_a_seed_gives_the_same_interval() -> None:
    one, two = (adjusted_count_of_sources(source_rates(of_sources(15, 10)), CORPUS, new(1, 10), seed=3) for _ in "ab")
    assert (one.low == two.low).all() and (one.share == two.share).all()


def test_few_sources_are_counted_by_label() -> None:
    counts = np.zeros((5, 2, 2), dtype=int)
    counts[:, 0] = 10
    counts[:1, 1] = 40
    assert few_sources(counts).tolist() == [5, 1]


@pytest.mark.parametrize(("alike", "sources", "least"), [(20, 10, 0.9), (20, 40, 0.9), (6, 20, 0.9)])
def test_single_sources_are_covered(alike: float, sources: int, least: float) -> None:
    """By the mean rates alone they are in less than 70% of the worlds."""
    shares, held, worlds = np.array([0.7, 0.3]), 0, 120
    for world in range(worlds):
        rates = source_rates(of_sources(alike, sources, 30, seed=world), draws=300, seed=world)
        matrix = np.stack([np.random.default_rng([world, row]).dirichlet(alike * MEAN[row]) for row in (0, 1)])
        predicted = np.random.default_rng([world, 2]).multinomial(2000, shares @ matrix)
        found = adjusted_count_of_sources(rates, predicted, new(1, sources))
        held += int(found.low[1] <= shares[1] <= found.high[1])
    assert held / worlds >= least
