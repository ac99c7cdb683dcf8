"""Assigns articles to splits so that groups, dates and copies in train give away no answer in test.

What must stay together is a *unit*: articles whose texts are (nearly) equal, or stand one within the other, or that
share a value of any ``group_by`` column, joined transitively. Texts do not join groups where that would leave few; then
copies are left out of the earlier splits. Units are assigned whole; labels are stratified as far as the units allow.
Everything here works on arrays with one entry per article, so that a million articles take seconds.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from classifier.arrays import Bools, Ints
from classifier.articles.split_names import SPLITS
from classifier.dataset.stratification import stratify
from classifier.dataset.units import LEFT_OUT, numbered_by_appearance, overlapping

TEST = 2  # its code


@dataclass(frozen=True)
class Assignment:
    """The split of each article.

    Attributes:
        split: index into `SPLITS` for each article, `LEFT_OUT` if it is in none; shape (n,).
        unit: number of the unit that each article belongs to, shape (n,).
        cluster: number of the cluster of (nearly) equal texts of each article, shape (n,); None where no cluster has
            articles of two units, so that units tell all.
        asked: split -> the share of articles that it should have; empty if splits were given.
        notes: what the user should know: classes too small to stratify, giant groups, articles left out.
        folds: index into `SPLITS` in each fold, shape (n, folds); None for a single split.
        cuts: split -> the first date in it, for a temporal split.
        validation_by: the column by which validation was split off, so that it resembles a given test.
        validation_given: whether the input says which articles are validation.
        crossed: of a crossed split, number of the unit on the side of the targets, shape (n,); else None.
    """

    split: Ints
    unit: Ints
    asked: Mapping[str, float]
    notes: tuple[str, ...] = ()
    folds: Ints | None = None
    cuts: Mapping[str, str] | None = None
    validation_by: tuple[str, ...] = ()
    validation_given: bool = False
    cluster: Ints | None = None
    crossed: Ints | None = None


def temporal(
    dates: Sequence[str], shares: Mapping[str, float], cuts: Sequence[str] | None = None
) -> tuple[Ints, list[str]]:
    """Train before validation before test; one day never spans two splits.

    Args:
        dates: ISO 8601, of each article.
        shares: split -> share of the articles, in the order of time.
        cuts: the first day of each split but the first; None = found from the shares.

    Returns:
        Index into the names of ``shares`` for each article, shape (n,), and the cuts.
    """
    days = np.array([date[:10] for date in dates])
    if cuts is None:
        ordered = np.sort(days)
        ends = np.cumsum(list(shares.values()))[:-1]
        cuts = [str(ordered[min(len(days) - 1, round(end * len(days)))]) for end in ends]
    return np.searchsorted(np.array(cuts), days, side="right").astype(np.int64), list(cuts)


def embargoed(dates: Sequence[str], cuts: Iterable[str], days: int | None) -> Bools:
    """Which articles are of the last days before a cut, shape (n,); none where there is no embargo.

    An event runs across a cut: articles of the days before it tell of what test is about.

    Args:
        dates: ISO 8601, of each article.
        cuts: first days of splits.
        days: how many days before each cut.

    Example:
        >>> embargoed(["2024-05-01", "2024-05-25", "2024-06-01"], ["2024-06-01"], 7).tolist()
        [False, True, False]
    """
    own = np.array([date[:10] for date in dates], dtype=np.str_)
    within = np.zeros(len(own), dtype=bool)
    for cut in cuts if days else ():
        start = dt.date.fromisoformat(cut).toordinal() - (days or 0)
        first = dt.date.fromordinal(max(1, start)).isoformat()
        within |= (own >= first) & (own < cut)
    return within


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
    """Indices into `SPLITS` from indices into the names of ``shares``; `LEFT_OUT` stays."""
    return np.array([*(SPLITS.index(name) for name in shares), LEFT_OUT], dtype=np.int64)[split]


def without_copies(splits: Ints, cluster: Ints) -> Ints:
    """The splits without the articles that have a near-duplicate in a later one: test is kept whole, in each fold.

    Args:
        splits: of each article in each fold (one column where there are no folds), rising from train to test; shape
            (n, folds).
        cluster: of (nearly) equal texts, shape (n,).

    Example:
        >>> without_copies(np.array([[0, 2], [2, 0], [0, 0]]), np.array([7, 7, 8])).tolist()
        [[-1, 2], [2, -1], [0, 0]]
    """
    return np.stack([np.where(overlapping(split, cluster), LEFT_OUT, split) for split in splits.T], axis=1)
