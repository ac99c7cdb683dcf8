"""Checks of a finished split, and notes on it for the user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from classifier.arrays import Ints
from classifier.articles.folding import visible
from classifier.articles.source_names import Spellings
from classifier.articles.split_names import SPLITS
from classifier.config import SplitConfig
from classifier.dataset.stratification import SEEDING_ORDER, label_counts, label_names
from classifier.dataset.units import join_units
from classifier.errors import InputError, counted
from classifier.stats.few_groups import effective_groups

OTHER_SIZES = "Add articles, group by another column, or change split.test_size and split.validation_size."
WITHOUT_VALIDATION = "Add articles, group by another column, or do without: --set split.validation_size=0"
SHOWN = 40  # characters of a label in a note
CROSSED = (
    "pairs that share texts and targets hang together: --set split.method=crossed divides both, and leaves out the "
    "pairs whose text is in one split and whose target is in another"
)


def check_not_empty(split: Ints, shares: Mapping[str, float], what: str, fix: str = "") -> None:
    """Raise `InputError` if a split that should have articles has none.

    Args:
        split: indices into the names of ``shares``.
        shares: split -> share of the articles.
        what: what there was to split, such as ``3 texts or groups``.
        fix: what to do, if it is not the usual advice.
    """
    empty = [name for index, name in enumerate(shares) if not (split == index).any()]
    if empty:
        way = WITHOUT_VALIDATION if empty == ["validation"] else OTHER_SIZES
        raise InputError(f"Nothing is left for {' and '.join(empty)}: there are only {what} to split.", fix=fix or way)


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
            f"Nothing is left for {SPLITS[code]} in fold {fold}: there are only {what} to split.",
            fix="Add articles, group by another column, or take fewer folds or split.validation_size = 0.",
        )


def left_out_notes(overlapping: int, unnamed: int = 0) -> list[str]:
    """Notes on articles in no split: because their text is in a later split, or because no split is named for them."""
    notes = []
    if overlapping:
        which = "(nearly) the same text is in a later split (test is kept whole)"
        notes.append(f"{counted(overlapping, 'article')} left out: {which}")
    if unnamed:
        notes.append(f"{counted(unnamed, 'article')} left out: no split is named for them")
    return notes


def group_notes(before: Ints, after: Ints, what: str) -> list[str]:
    """A note on the articles left out because their group has articles on both sides of a cut.

    Args:
        before: splits by date, shape (n,).
        after: splits once each group is in one.
        what: the groups are, such as ``source``.

    Example:
        >>> print(*group_notes(np.array([0, 0, 2, 2]), np.array([0, -1, 2, 2]), "source"))
        1 article (25%) left out: of a source with articles on both sides of a cut, and drawn for the other side, so \
that the source of each test article is new too
    """
    lost = int((before != after).sum())
    if not lost:
        return []
    return [
        f"{counted(lost, 'article')} ({lost / int((before >= 0).sum()):.0%}) left out: of a {what} with articles on "
        f"both sides of a cut, and drawn for the other side, so that the {what} of each test article is new too"
    ]


def embargo_notes(left_out: int, days: int | None, splits: Sequence[str]) -> list[str]:
    """A note on the articles of the days before each of these splits.

    Example:
        >>> embargo_notes(3, 7, ["validation", "test"])
        ['3 articles left out: of the 7 days before validation and before test (split.embargo)']
        >>> embargo_notes(0, None, ["test"])
        []
    """
    if days is None:
        return []
    before = " and ".join(f"before {name}" for name in splits)
    return [f"{counted(left_out, 'article')} left out: of the {counted(days, 'day')} {before} (split.embargo)"]


def unused_note(split: SplitConfig) -> list[str]:
    """That a share of test was asked for beside folds, which test each article once, or slice after slice of time.

    Example:
        >>> unused_note(SplitConfig(test_size=0.3, folds=5))
        ['split.test_size = 0.3 has no effect beside split.folds = 5: each fold tests a part of its own']
        >>> unused_note(SplitConfig(folds=5))
        []
    """
    if split.folds is None or split.test_size == SplitConfig.model_fields["test_size"].default:
        return []
    return [
        f"split.test_size = {split.test_size:g} has no effect beside split.folds = {split.folds}: each fold tests a "
        "part of its own"
    ]


def small_class_notes(labels: Sequence[tuple[str, ...]], units: Ints, splits: Sequence[str]) -> list[str]:
    """A note for each label with fewer units than there are splits."""
    present = (label_counts(labels, units) > 0).sum(axis=0)
    order = [name for name in SEEDING_ORDER if name in splits] or list(splits)
    return [
        f"label '{visible(name)[:SHOWN] or 'none'}' has only {counted(int(n), 'text or group', 'texts or groups')} "
        f"that can be split: {'it' if n == 1 else 'they'} went to {' and '.join(order[: int(n)])}, so there is none in "
        f"{' and '.join(order[int(n) :])}"
        for name, n in zip(label_names(labels), present, strict=True)
        if n < len(order)
    ]


def giant_note(units: Ints, groups: Mapping[str, Sequence[object]], shares: Mapping[str, float]) -> list[str]:
    """A note if one unit is larger than the smallest split should be, with what its articles share."""
    sizes = np.bincount(units)
    biggest, n = int(sizes.max()), len(units)
    smallest = min(shares.values()) * n
    if biggest <= max(1.0, smallest):
        return []
    rows = np.flatnonzero(units == int(sizes.argmax()))[:10_000]
    held = {column: _held([values[row] for row in rows]) for column, values in groups.items()}
    by = (
        " and ".join(f"{column} {_some(values)}" for column, values in held.items() if values) or "near-duplicate texts"
    )
    hint = _joined_by(list(groups)) if any(len(values) > 1 for values in held.values()) else ""
    if len(held.get("target", ())) > 1:
        hint = f"; {CROSSED}"
    return [
        f"one group holds {biggest:,} of {n:,} articles ({biggest / n:.0%}; {by}), more than the smallest split "
        f"should have ({smallest:,.0f}): compare the sizes of the splits with those in the settings{hint}"
    ]


def _held(values: Sequence[object]) -> list[str]:
    """The values of a column, each in one spelling; none for an empty one."""
    spelt = Spellings()
    return sorted({spelt.of(str(value)) for value in values} - {"", "None"})


def _joined_by(columns: Sequence[str]) -> str:
    """What joins several values of the columns into one group, and how to keep them apart."""
    if len(columns) > 1:
        return f"; an article joins its {' and '.join(columns)}, and all that share either: group by one alone"
    return "; reprints join them: data.duplicates = drop_near keeps one of each"


def reprint_notes(units: Ints, cluster: Ints, before: Ints, after: Ints, what: str) -> list[str]:
    """A note on the articles left out because groups stay apart though they reprint the same texts.

    Args:
        units: of each article, shape (n,).
        cluster: of (nearly) equal texts, shape (n,).
        before: splits before articles were left out, shape (n, folds); one column where there are no folds.
        after: splits after that.
        what: the groups are, such as ``source``.
    """
    left_out = (before != after).sum(axis=0)
    apart, joined = effective_groups(units), effective_groups(join_units(len(units), [units, cluster]))
    low, high = int(left_out.min()), int(left_out.max())
    count = counted(high, "article") if low == high else f"{low:,} to {high:,} articles"
    where = "" if before.shape[1] == 1 else " of each fold" if low else " of a fold"
    return [
        f"{count}{where} left out ({left_out.mean() / len(units):.1%}): (nearly) the same text is in a later split. "
        f"Joined by such reprints, the values of {what} would count for {joined:.1f} groups of equal size instead of "
        f"{apart:.1f}"
    ]


def lost_label_notes(labels: Sequence[tuple[str, ...]], before: Ints, after: Ints) -> list[str]:
    """A note for each label of which no training article is left, in a fold if there are folds.

    Args:
        labels: of each article.
        before, after: splits before and after articles were left out, shape (n, folds).
    """
    train = SPLITS.index("train")
    lost: dict[str, None] = {}
    for was, now in zip(before.T, after.T, strict=True):
        had, has = (
            {name for row in np.flatnonzero(split == train) for name in labels[int(row)]} for split in (was, now)
        )
        lost |= dict.fromkeys(sorted(had - has))
    where = " in a fold" if before.shape[1] > 1 else ""
    return [
        f"label '{visible(name)[:SHOWN]}' has no training article left{where}: the texts of all stand in a later split "
        "too"
        for name in lost
    ]


def _some(values: Sequence[str]) -> str:
    """The first two values, and how many more there are."""
    shown = ", ".join(f"'{visible(value)[:40]}'" for value in values[:2])
    return f"{shown} and {len(values) - 2:,} more" if len(values) > 2 else shown
