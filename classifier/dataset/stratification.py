"""Assigns units to splits at random, so that every split has about the same shares of the labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from classifier.arrays import Floats, Ints
from classifier.dataset.randomisation import Request, draw, held, may_go
from classifier.dataset.units import OPEN

SEEDING_ORDER = ("train", "test", "validation")  # a class with two units is in train and test, with one in train


def stratify(labels: Sequence[tuple[str, ...]], units: Ints, shares: Mapping[str, float], seed: int) -> Ints:
    """A split for each article: index into the names of ``shares``, shape (n,); units stay whole.

    Which units go where is random, among the assignments that bring sizes and labels near to the wanted shares (see
    `classifier.dataset.randomisation`); single articles with one label then fill what is missing, exactly. A class has
    one unit in each split before any has a second. Of validation and test beside train no unit is more than a third,
    where there are enough smaller ones.

    Args:
        labels: of each article.
        units: of each article, shape (n,).
        shares: split -> share of the articles.
        seed: of the draw.
    """
    counts, single = label_counts(labels, units), all(len(names) < 2 for names in set(labels))
    sizes = np.bincount(units, minlength=len(counts))
    wanted = np.array([[share] for share in shares.values()]) * np.append(counts.sum(axis=0), len(units))
    first = sizes > 1 if single else np.ones(len(counts), dtype=bool)
    splits = list(shares)
    rng = np.random.default_rng(seed)
    request = Request(
        counts=np.column_stack([counts, sizes]),
        wanted=wanted,
        allowed=may_go(sizes, wanted[:, -1], [splits.index(s) for s in ("validation", "test") if s in splits]),
        seeding=[splits.index(name) for name in SEEDING_ORDER if name in splits] or range(len(splits)),
        first=first,
    )
    chosen = draw(request, rng)
    _fill(counts, rng.permutation(np.flatnonzero(chosen == OPEN)), chosen, wanted)
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


def _fill(counts: Floats, order: Ints, chosen: Ints, wanted: Floats) -> None:
    """Assign the units of one article with one label: each label goes where the splits lack it."""
    have = held(counts, chosen, len(wanted))
    label_of = counts[order].argmax(axis=1) if len(order) else order
    for label in range(counts.shape[1]):
        free = order[label_of == label]
        amounts = _apportion(np.maximum(wanted[:, label] - have[:, label], 0), len(free))
        chosen[free] = np.repeat(np.arange(len(amounts)), amounts)


def _apportion(missing: Floats, total: int) -> Ints:
    """Whole numbers in proportion to ``missing`` that sum to ``total``, by largest remainder."""
    exact = missing * (total / missing.sum()) if missing.sum() > 0 else np.full(len(missing), total / len(missing))
    amounts = np.floor(exact).astype(np.int64)
    short = total - int(amounts.sum())
    amounts[np.argsort(amounts - exact, kind="stable")[:short]] += 1
    return np.asarray(amounts, dtype=np.int64)
