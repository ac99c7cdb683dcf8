"""Which article goes into which split, so that nothing in train gives away an answer in test.

What must stay together is a *unit*: articles whose texts are (nearly) equal, or that share a value of any
``group_by`` column, joined transitively. Units are assigned whole; labels are stratified as far as the units allow.
Everything here works on arrays with one entry per article, so that a million articles take seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from classifier.arrays import Floats, Ints
from classifier.articles.split_names import SPLITS
from classifier.dataset.units import OPEN, numbered_by_appearance
from classifier.errors import InputError

TEST = 2  # its code

SEEDING_ORDER = ("train", "test", "validation")  # a class with two units is in train and test, with one in train


@dataclass(frozen=True)
class Assignment:
    """Where each article went.

    Attributes:
        split: index into `SPLITS` for each article, `LEFT_OUT` for one that is in none; shape (n,).
        unit: number of the unit that each article belongs to, shape (n,).
        asked: split -> the share of articles that it was to have; empty where splits were given.
        notes: what the user should know: classes too small to stratify, giant groups, articles left out.
        folds: index into `SPLITS` in each fold, shape (n, folds); None for a single split.
        cuts: split -> the first date in it, for a temporal split.
        validation_by: a column that was kept together where validation was cut, so that it resembles a given test.
    """

    split: Ints
    unit: Ints
    asked: Mapping[str, float]
    notes: tuple[str, ...] = ()
    folds: Ints | None = None
    cuts: Mapping[str, str] | None = None
    validation_by: tuple[str, ...] = ()


def stratify(labels: Sequence[tuple[str, ...]], units: Ints, shares: Mapping[str, float], seed: int) -> Ints:
    """A split for each article: index into the names of ``shares``, shape (n,); units stay whole.

    Large units are placed first, each where it brings the labels' shares nearest to those asked for; single articles
    with one label then fill what is missing, exactly. (The greedy rule is that of Sechidis et al., 2011, "On the
    stratification of multi-label data", with a squared cost.) With several labels per article all are placed by that
    rule. A class has one unit in each split before any has a second.

    Args:
        labels: of each article.
        units: of each article, shape (n,).
        shares: split -> share of the articles.
        seed: of the order in which equally large units are placed.
    """
    counts, single = _label_counts(labels, units), all(len(names) < 2 for names in set(labels))
    if not single:
        counts = _with_articles(counts, units)
    order = _shuffled_large_first(counts, units, seed)
    wanted = np.array([[share] for share in shares.values()]) * counts.sum(axis=0)
    have = np.zeros_like(wanted)
    chosen = _seed_small_classes(counts, order, list(shares), wanted, have)
    greedy = np.bincount(units) > 1 if single else np.ones(len(counts), dtype=bool)
    _place(counts, order[greedy[order] & (chosen[order] == OPEN)], chosen, wanted, have)
    _fill(counts, order[~greedy[order] & (chosen[order] == OPEN)], chosen, wanted, have)
    return chosen[units]


def temporal(
    dates: Sequence[str], shares: Mapping[str, float], cuts: Sequence[str] | None = None
) -> tuple[Ints, list[str]]:
    """Train before validation before test; one day never spans two splits.

    Args:
        dates: ISO 8601, of each article.
        shares: split -> share of the articles, in the order of time.
        cuts: the first day of each split but the first; found from the shares when None.

    Returns:
        Index into the names of ``shares`` for each article, shape (n,), and the cuts.
    """
    days = np.array([date[:10] for date in dates])
    if cuts is None:
        ordered = np.sort(days)
        ends = np.cumsum(list(shares.values()))[:-1]
        cuts = [str(ordered[min(len(days) - 1, round(end * len(days)))]) for end in ends]
    return np.searchsorted(np.array(cuts), days, side="right").astype(np.int64), list(cuts)


def fold_splits(labels: Sequence[tuple[str, ...]], units: Ints, folds: int, validation_size: float, seed: int) -> Ints:
    """The split of each article in each fold: indices into `SPLITS`, shape (n, folds).

    Every article is in test in exactly one fold; validation is cut from the rest of that fold.
    """
    fold = stratify(labels, units, {str(k): 1 / folds for k in range(folds)}, seed)
    splits = np.zeros((len(units), folds), dtype=np.int64)
    for k in range(folds):
        splits[fold == k, k] = SPLITS.index("test")
        rest = np.flatnonzero(fold != k)
        if validation_size and len(rest):
            share = min(0.5, validation_size * len(units) / len(rest))
            inner = stratify(
                [labels[int(i)] for i in rest],
                numbered_by_appearance(units[rest]),
                {"train": 1 - share, "validation": share},
                seed + k,
            )
            splits[rest, k] = inner
    return splits


def renumbered(split: Ints, shares: Mapping[str, float]) -> Ints:
    """Indices into `SPLITS` from indices into the names of ``shares``."""
    return np.array([SPLITS.index(name) for name in shares], dtype=np.int64)[split]


def check_not_empty(split: Ints, shares: Mapping[str, float], what: str, fix: str = "") -> None:
    """Raise `InputError` if a split that was asked for has no article.

    Args:
        split: indices into the names of ``shares``.
        shares: split -> share of the articles.
        what: what there was to share out, such as ``3 text(s) or group(s)``.
        fix: what to do, where it is not the usual advice.
    """
    empty = [name for index, name in enumerate(shares) if not (split == index).any()]
    if empty:
        raise InputError(
            f"Nothing is left for {' and '.join(empty)}: there are only {what} to share out.",
            fix=fix or "Add articles, group by another column, or change split.test_size and split.validation_size.",
        )


def check_folds(folds: Ints, what: str, *, validation: bool) -> None:
    """Raise `InputError` if a fold lacks a split.

    Args:
        folds: indices into `SPLITS`, shape (n, folds).
        what: as in `check_not_empty`.
        validation: whether there should be validation articles.
    """
    wanted = [code for code, name in enumerate(SPLITS) if validation or name != "validation"]
    lacking = [(code, k + 1) for k, split in enumerate(folds.T) for code in wanted if not (split == code).any()]
    if lacking:
        code, fold = lacking[0]
        raise InputError(
            f"Nothing is left for {SPLITS[code]} in fold {fold}: there are only {what} to share out.",
            fix="Add articles, group by another column, or take fewer folds or split.validation_size = 0.",
        )


def left_out_notes(overlapping: int, unnamed: int = 0) -> list[str]:
    """Notes about articles that are in no split: those whose text stands in a later one, and those without a name."""
    notes = []
    if overlapping:
        which = "(nearly) the same text stands in a later split (test is kept whole)"
        notes.append(f"{overlapping:,} article(s) left out: {which}")
    if unnamed:
        notes.append(f"{unnamed:,} article(s) left out: no split is named for them")
    return notes


def small_class_notes(labels: Sequence[tuple[str, ...]], units: Ints, splits: Sequence[str]) -> list[str]:
    """A note for each class with fewer units than there are splits."""
    present = (_label_counts(labels, units) > 0).sum(axis=0)
    order = [name for name in SEEDING_ORDER if name in splits] or list(splits)
    return [
        f"label '{name or 'none'}' has only {int(n)} text(s) or group(s) that can be split: "
        f"they went to {' and '.join(order[: int(n)])}, and {' and '.join(order[int(n) :])} lack(s) it"
        for name, n in zip(_label_names(labels), present, strict=True)
        if n < len(order)
    ]


def giant_note(units: Ints, groups: Mapping[str, Sequence[object]], shares: Mapping[str, float]) -> list[str]:
    """A note if one unit is larger than the smallest split should be, with what holds it together."""
    sizes = np.bincount(units)
    biggest, n = int(sizes.max()), len(units)
    wish = min(shares.values()) * n
    if biggest <= max(1.0, wish):
        return []
    rows = np.flatnonzero(units == int(sizes.argmax()))[:10_000]
    held = {column: sorted({str(values[row]) for row in rows} - {"", "None"}) for column, values in groups.items()}
    by = (
        " and ".join(f"{column} {_some(values)}" for column, values in held.items() if values) or "near-duplicate texts"
    )
    hint = " (where reprints join them: data.duplicates = drop_near)" if any(len(v) > 1 for v in held.values()) else ""
    return [
        f"one group holds {biggest:,} of {n:,} articles ({biggest / n:.0%}; {by}), more than the smallest split "
        f"should have ({wish:,.0f}): compare the shares reached with those asked for{hint}"
    ]


def _some(values: Sequence[str]) -> str:
    """The first two values, and how many more there are."""
    shown = ", ".join(f"'{value[:40]}'" for value in values[:2])
    return f"{shown} and {len(values) - 2:,} more" if len(values) > 2 else shown


def _label_names(labels: Sequence[tuple[str, ...]]) -> list[str]:
    """All labels, sorted; no label at all counts as a label of its own, ``""``."""
    return sorted({name for names in set(labels) for name in names or ("",)})


def _label_counts(labels: Sequence[tuple[str, ...]], units: Ints) -> Floats:
    """Articles per unit and label, shape (units, labels)."""
    ids = {name: index for index, name in enumerate(_label_names(labels))}
    rows = np.repeat(units, [max(1, len(names)) for names in labels])
    columns = np.array([ids[name] for names in labels for name in names or ("",)], dtype=np.int64)
    counts = np.zeros((int(units.max()) + 1, len(ids)))
    np.add.at(counts, (rows, columns), 1)
    return counts


def units_per_label(labels: Sequence[tuple[str, ...]], units: Ints) -> Ints:
    """How many units each label stands in, labels in their order; shape (labels,)."""
    return np.asarray((_label_counts(labels, units) > 0).sum(axis=0))


def _with_articles(counts: Floats, units: Ints) -> Floats:
    """The counts with the number of articles as one more label, so that it is stratified too."""
    return np.column_stack([counts, np.bincount(units, minlength=len(counts))])


def _shuffled_large_first(counts: Floats, units: Ints, seed: int) -> Ints:
    order = np.random.default_rng(seed).permutation(len(counts))
    return np.asarray(order[np.argsort(-np.bincount(units)[order], kind="stable")], dtype=np.int64)


def _seed_small_classes(counts: Floats, order: Ints, splits: Sequence[str], wanted: Floats, have: Floats) -> Ints:
    """Give every class one unit in each split, the rarest class first, while it has units left.

    Returns the split of each unit, `OPEN` where it is still to be chosen; adds to ``have``.
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
    """Share out the units that are one article with one label: each label fills up what the splits lack of it."""
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
