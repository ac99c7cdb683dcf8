"""Assigns units to splits so that every split has about the same shares of the labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from classifier.arrays import Floats, Ints
from classifier.dataset.units import OPEN

SEEDING_ORDER = ("train", "test", "validation")  # a class with two units is in train and test, with one in train


def stratify(labels: Sequence[tuple[str, ...]], units: Ints, shares: Mapping[str, float], seed: int) -> Ints:
    """A split for each article: index into the names of ``shares``, shape (n,); units stay whole.

    Large units are placed first, each where it brings the labels' shares nearest to the wanted ones; single articles
    with one label then fill what is missing, exactly. (The greedy rule is that of Sechidis et al., 2011, "On the
    stratification of multi-label data", with a squared cost.) With several labels per article all are placed by that
    rule. A class has one unit in each split before any has a second.

    Args:
        labels: of each article.
        units: of each article, shape (n,).
        shares: split -> share of the articles.
        seed: of the order in which equally large units are placed.
    """
    counts, single = label_counts(labels, units), all(len(names) < 2 for names in set(labels))
    if not single:
        articles = np.bincount(units, minlength=len(counts))  # as one more label, so that it is stratified too
        counts = np.column_stack([counts, articles])
    order = _shuffled_large_first(counts, units, seed)
    wanted = np.array([[share] for share in shares.values()]) * counts.sum(axis=0)
    have = np.zeros_like(wanted)
    chosen = _seed_small_classes(counts, order, list(shares), wanted, have)
    greedy = np.bincount(units) > 1 if single else np.ones(len(counts), dtype=bool)
    _place(counts, order[greedy[order] & (chosen[order] == OPEN)], chosen, wanted, have)
    _fill(counts, order[~greedy[order] & (chosen[order] == OPEN)], chosen, wanted, have)
    return chosen[units]


def label_names(labels: Sequence[tuple[str, ...]]) -> list[str]:
    """All labels, sorted; no label at all counts as a label of its own, ``""``."""
    return sorted({name for names in set(labels) for name in names or ("",)})


def label_counts(labels: Sequence[tuple[str, ...]], units: Ints) -> Floats:
    """Articles per unit and label, shape (units, labels)."""
    ids = {name: index for index, name in enumerate(label_names(labels))}
    rows = np.repeat(units, [max(1, len(names)) for names in labels])
    columns = np.array([ids[name] for names in labels for name in names or ("",)], dtype=np.int64)
    counts = np.zeros((int(units.max()) + 1, len(ids)))
    np.add.at(counts, (rows, columns), 1)
    return counts


def units_per_label(labels: Sequence[tuple[str, ...]], units: Ints) -> Ints:
    """The number of units with each label, labels in their order; shape (labels,)."""
    return np.asarray((label_counts(labels, units) > 0).sum(axis=0))


def _shuffled_large_first(counts: Floats, units: Ints, seed: int) -> Ints:
    order = np.random.default_rng(seed).permutation(len(counts))
    return np.asarray(order[np.argsort(-np.bincount(units)[order], kind="stable")], dtype=np.int64)


def _seed_small_classes(counts: Floats, order: Ints, splits: Sequence[str], wanted: Floats, have: Floats) -> Ints:
    """Give every class one unit in each split, the rarest class first, while it has units left.

    Returns the split of each unit, `OPEN` if it is still to be chosen; adds to ``have``.
    """
    chosen = np.full(len(counts), OPEN, dtype=np.int64)
    room = wanted.sum(axis=1)
    seeding = [splits.index(name) for name in SEEDING_ORDER if name in splits] or range(len(splits))
    for label in np.argsort((counts > 0).sum(axis=0), kind="stable"):
        for split in seeding:
            if have[split, label] > 0:
                continue
            free = order[(chosen[order] == OPEN) & (counts[order, label] > 0)]
            if not len(free):
                break
            sizes = counts[free].sum(axis=1)
            fitting = free[sizes <= room[split]]
            unit = fitting[0] if len(fitting) else free[sizes.argmin()]
            chosen[unit] = split
            have[split] += counts[unit]
            room[split] -= counts[unit].sum()
    return chosen


def _place(counts: Floats, order: Ints, chosen: Ints, wanted: Floats, have: Floats) -> None:
    """Put each unit where it brings the labels' shares nearest to those wanted; adds to ``chosen`` and ``have``."""
    weight = 1 / np.maximum(counts.sum(axis=0), 1)
    for unit in order:
        row = counts[unit]
        cost = ((2 * (have - wanted) + row) * row * weight).sum(axis=1)
        chosen[unit] = int(cost.argmin())
        have[chosen[unit]] += row


def _fill(counts: Floats, order: Ints, chosen: Ints, wanted: Floats, have: Floats) -> None:
    """Assign the units of one article with one label: each label goes where the splits lack it."""
    label_of = counts[order].argmax(axis=1) if len(order) else order
    for label in range(counts.shape[1]):
        free = order[label_of == label]
        amounts = _apportion(np.maximum(wanted[:, label] - have[:, label], 0), len(free))
        chosen[free] = np.repeat(np.arange(len(amounts)), amounts)
        have[:, label] += amounts


def _apportion(missing: Floats, total: int) -> Ints:
    """Whole numbers in proportion to ``missing`` that sum to ``total``, by largest remainder."""
    exact = missing * (total / missing.sum()) if missing.sum() > 0 else np.full(len(missing), total / len(missing))
    amounts = np.floor(exact).astype(np.int64)
    short = total - int(amounts.sum())
    amounts[np.argsort(amounts - exact, kind="stable")[:short]] += 1
    return np.asarray(amounts, dtype=np.int64)
