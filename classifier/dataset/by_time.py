"""Splits by date: train before validation before test, once or in folds that each test the next slice of time.

With ``group_by`` test has articles that are later *and* of groups that training never saw. A group that has articles on
both sides of a cut is drawn for one split, and its articles of other times are in none. (Groups that last, such as
sources, would otherwise all be known in test; and each side alone would let the model know either the time or the
group.) Folds over time are those of scikit-learn's `TimeSeriesSplit`: each trains on all that is earlier.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

import numpy as np

from classifier.arrays import Ints
from classifier.articles.split_names import SPLITS
from classifier.dataset.split_checks import (
    check_not_empty,
    embargo_notes,
    group_notes,
    left_out_notes,
    lost_label_notes,
    unused_note,
)
from classifier.dataset.split_input import KeptArticles, dates_of, take
from classifier.dataset.splits import Assignment, embargoed, renumbered, temporal
from classifier.dataset.stratification import stratify
from classifier.dataset.units import LEFT_OUT, join_units, numbered_by_appearance, overlapping
from classifier.errors import InputError, counted

logger = logging.getLogger(__name__)
TRAIN, VALIDATION, TEST = range(3)
FIX_GROUPS = (
    "Name groups that last less long (split.group_by), or split by one of both: --set split.group_by=[] (by date), "
    "or --set split.method=grouped"
)


def assign_by_time(part: KeptArticles, among: Ints, shares: Mapping[str, float]) -> Assignment:
    """Split some of the kept articles by their dates, and by their groups where ``group_by`` names any.

    Args:
        part: the kept articles.
        among: positions of those that are split.
        shares: split -> share of those, in the order of time.

    Raises:
        InputError: an article has no date, or nothing is left for a split.
    """
    dates = dates_of(part, among)
    if part.split.folds is not None:
        return _folds(part, among, dates, part.split.folds)
    cuts = None
    if part.split.test_from:
        first = {"validation": _validation_from(part, dates), "test": part.split.test_from}
        cuts = {name: day for name, day in first.items() if day and name not in part.given}
        shares = {"train": 0.0, **dict.fromkeys(cuts, 0.0)}
    split, found = temporal(dates, shares, None if cuts is None else list(cuts.values()))
    split = renumbered(split, shares)
    starts = dict(zip(list(shares)[1:], found, strict=True))
    early = embargoed(dates, found, part.split.embargo)
    split[early] = LEFT_OUT
    notes = [
        *(f"{name} starts on {day}" for name, day in starts.items()),
        *embargo_notes(int(early.sum()), part.split.embargo, list(starts)),
    ]
    split, more = _apart(part, among, split, part.split.seed)
    asked = {} if cuts is not None else dict(shares)
    _check_full(split, shares, dates, part, fix="Change split.test_from or split.validation_from." if cuts else "")
    return Assignment(split, _units(part, among), asked, (*notes, *more), None, starts)


def _units(part: KeptArticles, among: Ints) -> Ints:
    """What an evaluation draws together: groups, and (nearly) equal texts."""
    return part.units(among) if part.group_by else join_units(len(among), [part.cluster[among]])


def _check_full(split: Ints, shares: Mapping[str, float], dates: Sequence[str], part: KeptArticles, fix: str) -> None:
    """Raise `InputError` if a split that should have articles has none."""
    what = f"{counted(len(set(dates)), 'date')}, from {min(dates)[:10]} to {max(dates)[:10]},"
    if part.group_by:
        what += f" and {' and '.join(part.group_by)} that must be new in test,"
    codes = np.array([list(shares).index(SPLITS[s]) if s >= 0 else -1 for s in split])
    check_not_empty(codes, shares, what, fix=f"{fix} {FIX_GROUPS}".strip() if part.group_by else fix)


def _apart(part: KeptArticles, among: Ints, split: Ints, seed: int) -> tuple[Ints, list[str]]:
    """A split by date without the articles whose group, or whose text, is in another split; and notes on them."""
    before, notes = split, []
    groups = [codes[among] for codes in part.groups().values()]
    if groups:
        drawn = one_split_each(split, join_units(len(among), groups), take(part.labels, among), seed)
        notes += group_notes(split, drawn, " and ".join(part.group_by))
        split = drawn
    copies = overlapping(split, part.cluster[among])
    split = np.where(copies, LEFT_OUT, split)
    lost = lost_label_notes(take(part.labels, among), before[:, None], split[:, None]) if groups else []
    return split, [*notes, *left_out_notes(int(copies.sum())), *lost]


def one_split_each(split: Ints, groups: Ints, labels: Sequence[tuple[str, ...]], seed: int) -> Ints:
    """The split of each article, where a group that has articles in several splits is drawn for one of them.

    Its articles in the other splits are left out. The draw is stratified by label. Where all groups last from the first
    day to the last, a split with a share s of the time and a share g of the groups keeps s × g of the articles; so g is
    in proportion to the root of s, which leaves most, as in a crossed split.

    Args:
        split: index into `SPLITS` of each article by its date, `LEFT_OUT` for none; shape (n,).
        groups: number of each article's group, shape (n,).
        labels: of each article.
        seed: of the draw.

    Example:
        >>> split = np.array([0, 0, 0, 2, 2])
        >>> one_split_each(split, np.array([0, 0, 1, 1, 2]), [("a",)] * 5, seed=1).tolist()
        [0, 0, 0, -1, 2]
    """
    held = np.zeros((int(groups.max(initial=-1)) + 1, len(SPLITS)), dtype=bool)
    placed = split >= 0
    held[groups[placed], split[placed]] = True
    roots = np.sqrt(np.bincount(split[placed], minlength=len(SPLITS)))
    home = np.where(held.sum(axis=1) > 1, LEFT_OUT, held.argmax(axis=1))
    for number, kind in enumerate(np.unique(held[held.sum(axis=1) > 1], axis=0)):
        rows = np.flatnonzero((held[groups] == kind).all(axis=1) & placed)
        options = np.flatnonzero(kind)
        shares = dict(zip((SPLITS[code] for code in options), roots[options] / roots[options].sum(), strict=True))
        drawn = stratify([labels[int(r)] for r in rows], numbered_by_appearance(groups[rows]), shares, seed + number)
        home[groups[rows]] = options[drawn]
    return np.where(placed & (home[groups] == split), split, LEFT_OUT)


def _folds(part: KeptArticles, among: Ints, dates: Sequence[str], count: int) -> Assignment:
    """Folds that each test the next slice of time, and train on all before it."""
    starts = slice_starts(dates, count, part.split.test_from)
    folds = np.full((len(among), count), LEFT_OUT)
    notes = unused_note(part.split)
    wanted = dict.fromkeys(("train", *(["validation"] if part.split.validation_size else []), "test"), 0.0)
    for k, start in enumerate(starts):
        end = starts[k + 1] if k + 1 < count else None
        split, cuts = _slice(dates, start, end, part.split.validation_size)
        split[embargoed(dates, cuts, part.split.embargo) & (split >= 0)] = LEFT_OUT
        split, more = _apart(part, among, split, part.split.seed + k)
        trained, tested = (int((split == code).sum()) for code in (TRAIN, TEST))
        notes.append(f"fold {k + 1} tests from {start} on: {tested:,} articles, after {trained:,} to train on")
        notes += [f"fold {k + 1}: {note}" for note in more]
        try:
            _check_full(
                split,
                wanted,
                dates,
                part,
                fix="Take fewer folds (split.folds), or another split.validation_size (0: none).",
            )
        except InputError as error:
            error.message = f"Fold {k + 1}, which tests from {start} on: {error.message}"
            raise
        folds[:, k] = split
    if part.split.embargo is not None:
        what = counted(part.split.embargo, "day")
        notes.append(f"left out of each fold: the {what} before its validation and its test (split.embargo)")
    first = int(((folds >= 0).any(axis=1) & (folds != TEST).all(axis=1)).sum())
    notes.append(f"{counted(first, 'article is', 'articles are')} tested in no fold, as the earliest are not")
    placed = np.where((folds >= 0).any(axis=1), 0, LEFT_OUT)
    begin = {f"fold {k + 1}": start for k, start in enumerate(starts)}
    return Assignment(placed, _units(part, among), {}, tuple(notes), folds, begin)


def slice_starts(dates: Sequence[str], count: int, first: str | None = None) -> list[str]:
    """The first days of the slices of time that folds test.

    Args:
        dates: ISO 8601, of each article.
        count: of the slices.
        first: day of the first; None = such that all slices, and what is before the first, have equally many articles.

    Raises:
        InputError: there are too few days for so many slices.

    Example:
        >>> slice_starts([f"2024-01-{day:02d}" for day in range(1, 13)], 3)
        ['2024-01-04', '2024-01-07', '2024-01-10']
        >>> slice_starts([f"2024-01-{day:02d}" for day in range(1, 13)], 2, "2024-01-09")
        ['2024-01-09', '2024-01-11']
    """
    days = [date[:10] for date in dates]
    later = days if first is None else [day for day in days if day >= first]
    parts = count + 1 if first is None else count
    found = temporal(later, dict.fromkeys(map(str, range(parts)), 1 / parts))[1] if later else []
    starts = found if first is None else [first, *found]
    if len(set(starts)) < count or not starts[0] > min(days):
        known = f"{counted(len(set(days)), 'date')}, from {min(days)} to {max(days)}"
        raise InputError(
            f"{count} slices of time, and one to train on before them, cannot be cut from {known}.",
            fix="Take fewer folds (split.folds)" + ("." if first is None else ", or another split.test_from."),
        )
    return starts


def _slice(dates: Sequence[str], start: str, end: str | None, size: float) -> tuple[Ints, list[str]]:
    """The split of each article in one fold, and the first days of its validation and its test."""
    days = np.array([date[:10] for date in dates])
    before = sorted(days[days < start].tolist())
    cuts = [start]
    if size:
        day = temporal(before, {"train": 1 - size, "validation": size})[1][0]
        cuts = [day if day > before[0] else start, start]
    split = np.where(days < cuts[0], TRAIN, np.where(days < start, VALIDATION, TEST)).astype(np.int64)
    if end is not None:
        split[days >= end] = LEFT_OUT
    return split, list(dict.fromkeys(cuts))


def _validation_from(part: KeptArticles, dates: Sequence[str]) -> str | None:
    """The first day of validation: as set, else such that validation has its share of the articles before test."""
    size, before = part.split.validation_size, [date for date in dates if date[:10] < (part.split.test_from or "")]
    if part.split.validation_from or not size or not before or "validation" in part.given:
        return part.split.validation_from
    day = temporal(before, {"train": 1 - size, "validation": size})[1][0]
    return day if day > min(before)[:10] else None
