"""Which article goes into which split, so that nothing in train gives away an answer in test.

What must stay together is a *unit*: the articles that share a text, or a value of any ``group_by`` column, joined
transitively (union-find). Units are assigned whole; labels are stratified as far as the units allow.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from classifier.articles import ALIASES, Article, is_date
from classifier.duplicates import text_key
from classifier.errors import Fault, InputError, did_you_mean, names

SPLITS = ("train", "validation", "test")
SPLIT_ALIASES = {"dev": "validation", "valid": "validation", "val": "validation", "training": "train"}
SEEDING_ORDER = (
    "train",
    "test",
    "validation",
)  # a class with two units is in train and test, with one in train


@dataclass(frozen=True)
class Assignment:
    """A split for each article.

    Attributes:
        split: article id -> ``train`` | ``validation`` | ``test``; an article left out has none.
        unit: article id -> number of the unit it belongs to.
        notes: what the user should know: classes too small to stratify, giant groups, articles left out.
    """

    split: Mapping[str, str]
    unit: Mapping[str, int]
    notes: tuple[str, ...] = field(default=())

    def select(self, articles: Iterable[Article], split: str) -> list[Article]:
        """The articles of one split, in their order."""
        return [article for article in articles if self.split.get(article.id) == split]


def assign_splits(
    articles: Sequence[Article],
    *,
    method: str = "stratified",
    group_by: Sequence[str] = (),
    test_size: float = 0.2,
    validation_size: float = 0.1,
    seed: int = 13,
) -> Assignment:
    """Share articles out to train, validation and test.

    Args:
        articles: labelled articles with unique ids.
        method: ``stratified`` or ``grouped`` (the same, with groups demanded) or ``temporal`` (train before
            validation before test; the dates cut where the sizes say, one day never spans two splits).
        group_by: columns whose values must not span two splits, such as ``source``; not with ``temporal``.
        test_size, validation_size: shares of the articles, between 0 and 1.
        seed: of the order in which units are shared out.

    Raises:
        InputError: a ``group_by`` column that no article has; a missing date; too few articles or units.

    Example:
        >>> rows = [Article(str(i), f"text {i}", ("ab"[i % 2],)) for i in range(20)]
        >>> Counter(assign_splits(rows, test_size=0.2, validation_size=0.1).split.values())
        Counter({'train': 14, 'test': 4, 'validation': 2})
    """
    check_groups(articles, group_by)
    units = find_units(articles, group_by)
    sizes = {"train": 1 - test_size - validation_size, "validation": validation_size, "test": test_size}
    sizes = {name: share for name, share in sizes.items() if share > 0}
    if method == "temporal":
        return _temporal(articles, units, sizes)
    chosen, notes = _stratify(articles, units, sizes, seed)
    split = {article.id: chosen[unit] for article, unit in zip(articles, units, strict=True)}
    _check_not_empty(split, sizes, f"{int(units.max()) + 1} text(s) or group(s)")
    return Assignment(split, _by_id(articles, units), (*notes, *_group_notes(articles, units, sizes, group_by)))


def given_splits(parts: Mapping[str, Sequence[Article]], group_by: Sequence[str] = ()) -> Assignment:
    """Keep splits as they are given; a text that occurs in two stays in the later one alone.

    Test is never touched, so that figures stay comparable with published ones: a training article whose text also
    stands in validation or test is left out, and so is a validation article whose text stands in test.
    """
    split = {article.id: name for name in SPLITS for article in parts.get(name, ())}
    articles = [article for name in SPLITS for article in parts.get(name, ())]
    left_out = _overlapping(articles, split)
    kept = {key: name for key, name in split.items() if key not in left_out}
    notes = _left_out_notes(left_out)
    shared = [_shared_groups(articles, kept, column) for column in group_by]
    return Assignment(kept, _by_id(articles, find_units(articles, group_by)), (*notes, *filter(None, shared)))


def check_disjoint(parts: Mapping[str, Iterable[Article]]) -> None:
    """Raise `InputError` if an id or a text stands in two splits."""
    seen: dict[tuple[str, str], str] = {}
    for name, articles in parts.items():
        for article in articles:
            for key in (("id", article.id), ("text", text_key(article.text))):
                if seen.setdefault(key, name) != name:
                    raise InputError(
                        f"The {key[0]} of article '{article.id}' stands in both {seen[key]} and {name}.",
                        fix="Build the dataset again; its folder has been changed since.",
                    )


def check_groups(articles: Sequence[Article], group_by: Sequence[str]) -> None:
    """Raise `InputError` for a ``group_by`` column that no article has a value in."""
    for column in group_by:
        if not any(article.column(column) not in (None, "") for article in articles):
            known = sorted({*(c for c in ALIASES if articles[0].column(c) is not None), *articles[0].extra})
            raise InputError(
                f"split.group_by names '{column}', but no article has a value there.{did_you_mean(column, known)}",
                fix=f"Add that column, or group by one that has values: {names(known) or 'there is none'}.",
            )


def find_units(articles: Sequence[Article], group_by: Sequence[str]) -> npt.NDArray[np.int64]:
    """Number the units: shape (n,), articles that must stay together share a number.

    Two articles are joined when they have the same text or the same value in a ``group_by`` column; an empty
    value joins nothing.
    """
    parent = list(range(len(articles)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    first: dict[tuple[str, str], int] = {}
    for index, article in enumerate(articles):
        keys = [("", text_key(article.text))]
        keys += [
            (column, _group_key(value)) for column in group_by if (value := article.column(column)) not in (None, "")
        ]
        for key in keys:
            parent[root(index)] = root(first.setdefault(key, index))
    _, units = np.unique([root(i) for i in range(len(articles))], return_inverse=True)
    return np.asarray(units, dtype=np.int64)


def _group_key(value: object) -> str:
    """Values that differ only in case or space are one group."""
    return " ".join(str(value).split()).casefold()


def _stratify(
    articles: Sequence[Article], units: npt.NDArray[np.int64], sizes: Mapping[str, float], seed: int
) -> tuple[list[str], list[str]]:
    """A split for each unit, by greedy stratification; and notes about classes that are too small for it."""
    label_names = sorted({name for article in articles for name in article.labels or ("",)})
    counts = _label_counts(articles, units, label_names)
    splits = list(sizes)
    order = _shuffled_large_first(counts.sum(axis=1), seed)
    wanted = np.array([[sizes[name]] for name in splits]) * counts.sum(axis=0)
    have = np.zeros_like(wanted)
    chosen = _seed_small_classes(counts, order, splits, wanted, have)
    weight = 1 / np.maximum(counts.sum(axis=0), 1)
    for unit in order:
        if chosen[unit] < 0:
            row = counts[unit]
            cost = ((2 * (have - wanted) + row) * row * weight).sum(axis=1)
            chosen[unit] = int(cost.argmin())
            have[chosen[unit]] += row
    return [splits[index] for index in chosen], _small_class_notes(counts, label_names, splits)


def _label_counts(
    articles: Sequence[Article], units: npt.NDArray[np.int64], label_names: Sequence[str]
) -> npt.NDArray[np.float64]:
    """Articles per unit and label, shape (units, labels); no label at all counts as a label of its own, ``""``."""
    ids = {name: index for index, name in enumerate(label_names)}
    counts = np.zeros((int(units.max()) + 1, len(label_names)))
    for unit, article in zip(units, articles, strict=True):
        counts[unit, [ids[name] for name in article.labels or ("",)]] += 1
    return counts


def _shuffled_large_first(sizes: npt.NDArray[np.float64], seed: int) -> npt.NDArray[np.int64]:
    order = np.random.default_rng(seed).permutation(len(sizes))
    return np.asarray(order[np.argsort(-sizes[order], kind="stable")], dtype=np.int64)


def _seed_small_classes(
    counts: npt.NDArray[np.float64],
    order: npt.NDArray[np.int64],
    splits: Sequence[str],
    wanted: npt.NDArray[np.float64],
    have: npt.NDArray[np.float64],
) -> npt.NDArray[np.int64]:
    """Give every class one unit in each split, the rarest class first, while it has units left.

    Returns the split of each unit, -1 where it is still open; adds to ``have``.
    """
    chosen = np.full(len(counts), -1, dtype=np.int64)
    room = wanted.sum(axis=1)
    for label in np.argsort((counts > 0).sum(axis=0), kind="stable"):
        for name in SEEDING_ORDER:
            if name not in splits or have[splits.index(name), label] > 0:
                continue
            split = splits.index(name)
            free = [unit for unit in order if chosen[unit] < 0 and counts[unit, label] > 0]
            if not free:
                break
            fitting = [unit for unit in free if counts[unit].sum() <= room[split]]
            unit = fitting[0] if fitting else min(free, key=lambda u: counts[u].sum())
            chosen[unit] = split
            have[split] += counts[unit]
            room[split] -= counts[unit].sum()
    return chosen


def _small_class_notes(counts: npt.NDArray[np.float64], label_names: Sequence[str], splits: Sequence[str]) -> list[str]:
    present = (counts > 0).sum(axis=0)
    order = [name for name in SEEDING_ORDER if name in splits]
    return [
        f"label '{name or 'none'}' has only {int(n)} text(s) or group(s) that can be split: "
        f"they went to {' and '.join(order[: int(n)])}, and {' and '.join(order[int(n) :])} lack(s) it"
        for name, n in zip(label_names, present, strict=True)
        if n < len(splits)
    ]


def _group_notes(
    articles: Sequence[Article],
    units: npt.NDArray[np.int64],
    sizes: Mapping[str, float],
    group_by: Sequence[str],
) -> list[str]:
    notes = []
    biggest = int(np.bincount(units).max())
    smallest_wish = min(sizes.values()) * len(articles)
    if group_by and biggest > smallest_wish:
        notes.append(
            f"one group holds {biggest:,} of {len(articles):,} articles, more than the smallest split should have "
            f"({smallest_wish:,.0f}): the shares reached may differ from those asked for"
        )
    for column in group_by:
        empty = sum(article.column(column) in (None, "") for article in articles)
        if empty:
            notes.append(f"{empty:,} article(s) have no {column}: each was treated as a group of its own")
    return notes


def _temporal(articles: Sequence[Article], units: npt.NDArray[np.int64], sizes: Mapping[str, float]) -> Assignment:
    undated = [Fault(a.where, _date_problem(a), "no date") for a in articles if not is_date(a.date or "")]
    if undated:
        raise InputError(
            f'split.method = "temporal" needs a date for every article; {len(undated):,} have none.',
            faults=undated,
            fix="Write the dates as 2024-05-31, or choose another method.",
        )
    dates = np.array([(article.date or "")[:10] for article in articles])
    ordered = np.sort(dates)
    cuts = [ordered[min(len(dates) - 1, round(share * len(dates)))] for share in _cumulative(sizes)]
    part = np.searchsorted(np.array(cuts), dates, side="right")
    splits = list(sizes)
    split = {article.id: splits[index] for article, index in zip(articles, part, strict=True)}
    left_out = _overlapping(articles, split)
    kept = {key: name for key, name in split.items() if key not in left_out}
    _check_not_empty(kept, sizes, f"{len(set(dates))} date(s)")
    cut_notes = [f"{name} starts on {cut}" for name, cut in zip(splits[1:], cuts, strict=True)]
    return Assignment(kept, _by_id(articles, units), (*cut_notes, *_left_out_notes(left_out)))


def _date_problem(article: Article) -> str:
    return f"the date '{article.date[:40]}' cannot be read" if article.date else "has no date"


def _cumulative(sizes: Mapping[str, float]) -> list[float]:
    return list(np.cumsum(list(sizes.values()))[:-1])


def _overlapping(articles: Sequence[Article], split: Mapping[str, str]) -> set[str]:
    """Ids of the articles whose text also stands in a later split (train < validation < test)."""
    rank = {name: index for index, name in enumerate(SPLITS)}
    keys = [text_key(article.text) for article in articles]
    latest: dict[str, int] = defaultdict(int)
    for article, key in zip(articles, keys, strict=True):
        latest[key] = max(latest[key], rank[split[article.id]])
    return {a.id for a, key in zip(articles, keys, strict=True) if rank[split[a.id]] < latest[key]}


def _left_out_notes(left_out: set[str]) -> tuple[str, ...]:
    if not left_out:
        return ()
    return (f"{len(left_out):,} article(s) left out: their text also stands in a later split (test is kept whole)",)


def _shared_groups(articles: Sequence[Article], split: Mapping[str, str], column: str) -> str | None:
    homes: defaultdict[str, set[str]] = defaultdict(set)
    for article in articles:
        if article.id in split and article.column(column):
            homes[str(article.column(column))].add(split[article.id])
    shared = sum(len(found) > 1 for found in homes.values())
    return f"{shared:,} value(s) of {column} stand in more than one of the given splits" if shared else None


def _by_id(articles: Sequence[Article], units: npt.NDArray[np.int64]) -> dict[str, int]:
    return {article.id: int(unit) for article, unit in zip(articles, units, strict=True)}


def _check_not_empty(split: Mapping[str, str], sizes: Mapping[str, float], what: str) -> None:
    counts = Counter(split.values())
    empty = [name for name in sizes if not counts[name]]
    if empty:
        raise InputError(
            f"Nothing is left for {' and '.join(empty)}: there are only {what} to share out.",
            fix="Add articles, group by another column, or change split.test_size and split.validation_size.",
        )
