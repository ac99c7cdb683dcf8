from collections import Counter

import numpy as np
import pytest

from classifier.arrays import Bools, Ints
from classifier.dataset.randomisation import may_go
from classifier.dataset.splits import fold_splits
from classifier.dataset.stratification import stratify

SHARES = {"train": 0.7, "validation": 0.1, "test": 0.2}
TEST = 2
Labels = list[tuple[str, ...]]


def world(sizes: list[int], labels: int = 3, seed: int = 0) -> tuple[Labels, Ints]:
    """Articles of sources of these sizes, each with shares of the labels of its own; and the source of each."""
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet([0.7] * labels, size=len(sizes))
    names = [(f"l{k}",) for size, p in zip(sizes, shares, strict=True) for k in rng.choice(labels, size, p=p)]
    return names, np.repeat(np.arange(len(sizes)), sizes)


def zipf(sources: int, articles: int) -> list[int]:
    weights = 1 / np.arange(1, sources + 1)
    return [max(1, round(articles * w)) for w in weights / weights.sum()]


def in_test_sets(labels: Labels, units: Ints, seeds: int) -> Bools:
    """Whether each unit is in test, for each seed."""
    found = np.zeros((seeds, int(units.max()) + 1), dtype=bool)
    for seed in range(seeds):
        found[seed, units[stratify(labels, units, SHARES, seed) == TEST]] = True
    return found


def overlap(found: Bools, sizes: Ints) -> float:
    """The share of a test set's articles that are in another seed's test set too, on average."""
    pairs = [sizes[a & b].sum() / sizes[a].sum() for k, a in enumerate(found) for j, b in enumerate(found) if j != k]
    return float(np.mean(pairs))


@pytest.mark.parametrize(
    ("sizes", "in_test"),
    [
        ([34, 6, *[4] * 15], [False, True, *[True] * 15]),  # at most a third of 20
        ([34, *[10] * 6, 6], [False, *[True] * 7]),  # at most a half, for want of smaller ones
        ([40, 20, 20, 20], [False, True, True, True]),
        ([50, 30, 20], [True, True, True]),  # nothing to choose from otherwise
    ],
)
def test_no_unit_may_be_most_of_test_where_there_are_enough_smaller_ones(sizes: list[int], in_test: list[bool]) -> None:
    allowed = may_go(np.array(sizes), np.array([80.0, 20.0]), [1])
    assert allowed[:, 1].tolist() == in_test
    assert allowed[:, 0].all()


def test_sources_of_equal_size_are_in_test_as_often_as_its_share_says() -> None:
    labels, units = world([10] * 40)
    found = in_test_sets(labels, units, 80)
    assert found.sum(axis=1).mean() == pytest.approx(8, abs=0.3)
    assert found.mean(axis=0).min() > 0.03 and found.mean(axis=0).max() < 0.45  # four standard errors from .2
    assert overlap(found, np.full(40, 10)) == pytest.approx(0.2, abs=0.03)


def test_large_sources_are_neither_always_in_test_nor_never() -> None:
    sizes = zipf(60, 3000)
    labels, units = world(sizes)
    found = in_test_sets(labels, units, 40)
    capped = may_go(np.array(sizes), len(units) * np.array(list(SHARES.values())), [1, 2])[:, TEST]
    assert np.flatnonzero(~capped).tolist() == [0, 1, 2]
    often = found.mean(axis=0)
    assert (often[~capped] == 0).all()
    assert (often[capped] > 0).all()
    assert (often < 0.8).all()
    chance = 0.2 * len(units) / np.array(sizes)[capped].sum()
    assert overlap(found, np.array(sizes)) == pytest.approx(chance, abs=0.08)


@pytest.mark.parametrize("seed", range(5))
def test_no_source_is_more_than_about_a_third_of_test_and_labels_are_balanced(seed: int) -> None:
    labels, units = world(zipf(60, 3000), seed=seed)
    split = stratify(labels, units, SHARES, seed)
    every = Counter(labels)
    for code, share in ((1, 0.1), (TEST, 0.2)):
        here = np.bincount(units[split == code])
        assert here.max() / here.sum() < 0.37
        assert here.sum() == pytest.approx(share * len(units), rel=0.06)
        found = Counter(labels[row] for row in np.flatnonzero(split == code))
        off = [abs(found[name] / here.sum() - n / len(units)) for name, n in every.items()]
        assert max(off) < (0.04 if seed == 3 else 0.01)  # there the three largest hold most of one label


def test_a_giant_source_goes_to_train() -> None:
    labels, units = world([600, *[5] * 80])
    for seed in range(10):
        split = stratify(labels, units, SHARES, seed)
        assert set(split[units == 0]) == {0}
        assert {1, 2} <= set(split)


@pytest.mark.parametrize("several", [False, True])
def test_single_articles_are_in_test_by_chance(several: bool) -> None:
    labels: Labels = [("a", "b") if several and i % 5 == 0 else ("ab"[i % 2],) for i in range(200)]
    found = in_test_sets(labels, np.arange(200), 60)
    assert found.mean(axis=0).max() < 0.5
    assert found.mean(axis=0).min() > 0
    assert overlap(found, np.ones(200, dtype=np.int64)) == pytest.approx(0.2, abs=0.02)


def test_a_source_is_in_the_test_part_of_any_fold() -> None:
    labels, units = world(zipf(30, 1000))
    fold = np.stack([(fold_splits(labels, units, 4, 0.1, seed) == TEST).argmax(axis=1) for seed in range(30)])
    for source in range(30):
        assert len(set(fold[:, units == source][:, 0])) == 4


@pytest.mark.parametrize("seed", range(10))
def test_a_rare_class_is_in_every_split_whatever_is_drawn(seed: int) -> None:
    labels, units = world([12] * 30, labels=2)
    for source in (3, 11, 20):
        rows = np.flatnonzero(units == source)[:4]
        for row in rows:
            labels[row] = ("rare",)
    split = stratify(labels, units, SHARES, seed)
    assert {int(split[row]) for row, name in enumerate(labels) if name == ("rare",)} == {0, 1, 2}


def test_a_class_of_a_large_and_a_small_source_has_the_small_one_in_test() -> None:
    labels, units = world([200, 4, *[10] * 60], labels=1)
    labels = [("rare",) if unit < 2 else name for unit, name in zip(units, labels, strict=True)]
    for seed in range(10):
        split = stratify(labels, units, SHARES, seed)
        assert set(split[units == 0]) == {0}
        assert set(split[units == 1]) == {TEST}


def test_a_seed_gives_the_same_split_on_every_machine() -> None:
    labels, units = world(zipf(12, 120))
    split = stratify(labels, units, SHARES, 13)
    assert [int(split[units == source][0]) for source in range(12)] == [0, 0, 0, 0, 2, 2, 1, 2, 2, 0, 1, 1]
