"""Extends a dataset: its articles keep their splits, and only articles that it does not have are added."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from classifier.arrays import Bools, Ints
from classifier.articles.article import Article, as_record
from classifier.articles.boilerplate import strip_article
from classifier.articles.remarks import Noted
from classifier.articles.split_names import SPLITS
from classifier.config_file import setting_text
from classifier.dataset.by_time import one_split_each
from classifier.dataset.disjoint import check_disjoint
from classifier.dataset.duplicates import text_key
from classifier.dataset.folder import DatasetFolder, open_dataset
from classifier.dataset.split_checks import embargo_notes, left_out_notes
from classifier.dataset.split_input import KeptArticles, OlderAssignment, dates_of, intended_shares, take
from classifier.dataset.splits import Assignment, embargoed, fold_splits, renumbered, temporal, without_copies
from classifier.dataset.stratification import stratify
from classifier.dataset.units import (
    LEFT_OUT,
    OPEN,
    bridges,
    homes,
    join_units,
    overlapping,
    spanning,
    spanning_groups,
)
from classifier.errors import Fault, InputError, counted, shell_word

logger = logging.getLogger(__name__)

SAME = {
    "data": ("task", "strip", "near_duplicates", "contained", "date_format")
}  # settings that must not change, beside all of [split]
SINCE = ("contained",)  # settings that older datasets lack; what is new is held to them all the same
Key = tuple[int, int]  # of text and target


@dataclass(frozen=True)
class OlderDataset:
    """A dataset that is extended.

    Attributes:
        dataset: the folder.
        earlier: the assignment of its articles, in the order in which they are read.
        known: id -> key of each of its articles.
        left_out: ids of the articles that are in none of its splits; they stay out.
    """

    dataset: DatasetFolder
    earlier: OlderAssignment
    known: Mapping[str, Key]
    left_out: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.earlier.split)


def open_to_extend(path: Path, settings: Mapping[str, Any]) -> DatasetFolder:
    """Open a dataset that is to be extended under these settings.

    Raises:
        InputError: it is no dataset or has been changed, or it was built with other settings.
    """
    dataset = open_dataset(path)
    check_disjoint(dataset)
    if dataset.info.split_method == "crossed":
        raise InputError(
            f"'{path}' has a crossed split, which cannot be extended: some texts and targets have no split in it.",
            fix="Build it again with all articles together.",
        )
    if dataset.info.split_method == "temporal" and dataset.info.folds is not None:
        raise InputError(
            f"'{path}' has folds over time, which cannot be extended: new articles would move their slices.",
            fix="Build it again with all articles together.",
        )
    old = dataset.info.settings
    keys = {"split": sorted({*settings["split"], *old["split"]}), **SAME}
    pairs = ((section, key) for section, names in keys.items() for key in names)
    differing = {
        f"{s}.{key}": old[s].get(key)
        for s, key in pairs
        if settings[s].get(key) != old[s].get(key) and not (key in SINCE and key not in old[s])
    }
    if differing:
        raise InputError(
            f"'{path}' was built with other settings: {', '.join(differing)}.",
            fix=f"Extend it with those that it was built with: {_as_built(differing)}",
        )
    return dataset


def _as_built(settings: Mapping[str, Any]) -> str:
    """What to type for settings as a dataset was built with them; None where one was not given.

    Example:
        >>> print(_as_built({"split.group_by": None, "split.seed": 13}))
        --set split.seed=13; leave out split.group_by
    """
    typed = [f"--set {shell_word(setting_text(name, value))}" for name, value in settings.items() if value is not None]
    left = [name for name, value in settings.items() if value is None]
    return "; ".join([*([" ".join(typed)] if typed else []), *([f"leave out {', '.join(left)}"] if left else [])])


def read_before(dataset: DatasetFolder) -> OlderDataset:
    """Read the ids, splits and hashes of the dataset that is extended; the texts stay on disk."""
    table = dataset.assigned()
    placed = table["split" if dataset.info.folds is None else "fold"].is_valid()
    left_out = [name for name, there in zip(table["id"].to_pylist(), placed.to_pylist(), strict=True) if not there]
    known = {article.id: _key(article) for article in dataset.articles()}
    return OlderDataset(dataset, _earlier(dataset, table.filter(placed)), known, tuple(left_out))


def new_only(
    parts: Mapping[str, Iterable[Article | Fault]], before: OlderDataset, strip: tuple[str, ...]
) -> dict[str, Iterator[Article | Fault]]:
    """The articles that the older dataset does not have; an old id with another text or target is a fault.

    Args:
        parts: part -> articles and faults of the source.
        before: the older dataset.
        strip: boilerplate that is taken out of the texts before they are compared.
    """
    left_out = frozenset(before.left_out)
    ids = {key: name for name, key in before.known.items()}
    return {part: _new(part, items, before, left_out, ids, strip) for part, items in parts.items()}


def _earlier(dataset: DatasetFolder, table: Any) -> OlderAssignment:
    if dataset.info.folds is None:
        names = table["split"].to_pylist()
        split = [code for code, name in enumerate(SPLITS) for _ in range(names.count(name))]
        info = dataset.info
        return OlderAssignment(np.array(split), None, info.cuts, info.validation_by, not info.validation_is_cut)
    columns = [table[f"fold_{k + 1}"].to_pylist() for k in range(dataset.info.folds)]
    codes = {name: code for code, name in enumerate(SPLITS)}
    folds = np.array([[codes.get(name, LEFT_OUT) for name in names] for names in columns], dtype=np.int64).T
    return OlderAssignment(np.zeros(len(folds), dtype=np.int64), folds, None)


def _new(
    part: str,
    items: Iterable[Article | Fault],
    before: OlderDataset,
    left_out: frozenset[str],
    ids: Mapping[Key, str],
    strip: tuple[str, ...],
) -> Iterator[Article | Fault]:
    out, again = [], Noted()
    for item in items:
        if isinstance(item, Fault):
            yield item
            continue
        name = next((n for n in (item.id, f"{part}/{item.id}") if n in before.known or n in left_out), None)
        problem = _problem(item, before, name, strip)
        if problem:
            yield Fault(item.where, problem, "changed article", as_record(item))
        elif name is None:
            known = ids.get(_key(strip_article(item, strip)))
            if known is not None:
                again.add(item.where, f"'{item.id}', there '{known}'")
            yield item
        elif name in left_out:
            out.append(item.where)
    if again.count:
        logger.warning(
            "%s the text of one that the dataset has, under another id, such as %s (%s): give what is the same article "
            "the same id",
            *(counted(again.count, "new article has", "new articles have"), again.where, again.text),
        )
    if out:
        logger.info(
            "%s the id of one that the dataset had left out, so left out again, such as %s; if they are new "
            "ones, give them ids of their own",
            *(counted(len(out), "article has", "articles have"), out[0]),
        )


def _problem(article: Article, before: OlderDataset, name: str | None, strip: tuple[str, ...]) -> str:
    """Why an article cannot be added to the older dataset; empty if it can."""
    if (article.target is not None) != before.dataset.info.pair:
        return (
            "has no target, and the dataset's articles have one (--set data.columns.target=NAME)"
            if before.dataset.info.pair
            else ("has a target, and the dataset's articles have none (--set data.pair=false)")
        )
    if name is None or name not in before.known or _key(strip_article(article, strip)) == before.known[name]:
        return ""
    return f"the id '{article.id}' is in the dataset already, with another text"


def _key(article: Article) -> Key:
    return text_key(article.text), text_key(article.target or "")


def extend(part: KeptArticles, method: str, earlier: OlderAssignment) -> Assignment:
    """Keep the earlier articles in their splits; new ones join the split of their unit, or are split like a new corpus.

    A new article is left out if its unit's split is not the one that it is given to, or that its date belongs to.
    """
    n, old = len(part.rows), len(earlier.split)
    groups = list(part.groups().values())
    ways = None if earlier.folds is None else _whole_rows(earlier.folds, [codes[:old] for codes in groups])
    before = np.concatenate([_home(earlier, ways), np.full(n - old, OPEN, dtype=np.int64)])
    bridge = bridges([part.cluster, *groups], before)
    apart = np.isin(part.cluster, spanning_groups(before, part.cluster))  # reprints that old groups share
    shared = [np.where(apart, -1, part.cluster), *groups]
    unit = join_units(n, [np.where(bridge, -1, codes) for codes in shared])
    home, torn = homes(unit, before)
    wish, early = _by_date(part, old, earlier.cuts or {}) if method == "temporal" else (part.fixed, 0)
    fits = (home == wish) | ((wish == OPEN) & ~np.isin(home, [SPLITS.index(name) for name in part.given]))
    place = np.where(home == OPEN, wish, np.where(fits & ~torn, home, LEFT_OUT))
    place = np.where(before == OPEN, np.where(bridge, LEFT_OUT, place), before)
    if method == "temporal" and groups:
        place = _new_groups_apart(part, place, (before == OPEN) & (home == OPEN))
    free = np.flatnonzero(place == OPEN)
    split, folds = _places(earlier, ways, place, free, _share_new(part, free, earlier))
    split[overlapping(split, part.cluster) & (before == OPEN)] = LEFT_OUT
    if folds is not None:
        folds[old:] = without_copies(folds, part.cluster)[old:]
    unnamed = int((wish[old:] == LEFT_OUT).sum()) - early
    left_out = int((split[old:] < 0).sum()) - unnamed - early
    torn_before = spanning(earlier.split, part.cluster[:old])
    notes = [
        f"{old:,} articles kept their splits; {n - old:,} are new",
        *embargo_notes(early, part.split.embargo, list(earlier.cuts or {})),
        *left_out_notes(0, unnamed),
    ]
    if left_out:
        notes.append(
            f"{counted(left_out, 'new article')} left out: their near-duplicates or group are in another split, "
            "or in two"
        )
    if torn_before:
        notes.append(
            f"{counted(torn_before, 'text')} of the older dataset with a copy in another of its splits, kept there"
        )
    partly = 0 if folds is None else int(((folds[old:] < 0).any(axis=1) & (split[old:] >= 0)).sum())
    if partly:
        notes.append(
            f"{counted(partly, 'new article')} left out of some folds: (nearly) the same text is in a later split"
        )
    asked = {} if part.given or method == "temporal" else intended_shares(part)
    return Assignment(split, part.units(np.arange(n), alone=bridge), asked, tuple(notes), folds, earlier.cuts)


def _new_groups_apart(part: KeptArticles, place: Ints, new: Bools) -> Ints:
    """The splits by date, where each group that the older articles lack is in one of them."""
    rows = np.flatnonzero(new)
    if not len(rows):
        return place
    own = join_units(len(rows), [codes[rows] for codes in part.groups().values()])
    drawn = place.copy()
    drawn[rows] = one_split_each(place[rows], own, take(part.labels, rows), part.split.seed)
    return drawn


def fixed_before(part: KeptArticles, earlier: OlderAssignment) -> Ints:
    """The given splits, including those of the earlier articles."""
    given = np.isin(earlier.split, [SPLITS.index(name) for name in part.given])
    return np.concatenate([np.where(given, earlier.split, OPEN), part.fixed[len(given) :]]).astype(np.int64)


def _by_date(part: KeptArticles, old: int, cuts: Mapping[str, str]) -> tuple[Ints, int]:
    """The given splits, and the splits of the other new articles by their dates; how many fall into the embargo."""
    wish = part.fixed.copy()
    new = old + np.flatnonzero(wish[old:] == OPEN)
    shares = {"train": 0.0, **dict.fromkeys(cuts, 0.0)}
    dates = dates_of(part, new)
    wish[new] = renumbered(temporal(dates, shares, list(cuts.values()))[0], shares)
    early = embargoed(dates, cuts.values(), part.split.embargo)
    wish[new[early]] = LEFT_OUT
    return wish, int(early.sum())


def _home(earlier: OlderAssignment, ways: Ints | None) -> Ints:
    """A number for each way in which earlier articles are placed: their split, or their row of splits in the folds."""
    if ways is None:
        return earlier.split
    return np.unique(ways, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)


def _whole_rows(folds: Ints, groups: Sequence[Ints]) -> Ints:
    """The splits of each article's group in the folds; an article may be left out of one where its group is not."""
    unit = join_units(len(folds), groups)
    rows = np.full((int(unit.max(initial=-1)) + 1, folds.shape[1]), LEFT_OUT)
    np.maximum.at(rows, unit, folds)
    return np.asarray(rows[unit])


def _share_new(part: KeptArticles, free: Ints, earlier: OlderAssignment) -> Assignment | None:
    if not len(free):
        return None
    labels, units = take(part.labels, free), part.units(free)
    if earlier.folds is not None:
        folds = fold_splits(labels, units, earlier.folds.shape[1], part.split.validation_size, part.split.seed)
        return Assignment(np.zeros(len(free), dtype=np.int64), units, {}, (), folds)
    shares = part.shares()
    return Assignment(renumbered(stratify(labels, units, shares, part.split.seed), shares), units, shares)


def _places(
    earlier: OlderAssignment, ways: Ints | None, place: Ints, free: Ints, cut: Assignment | None
) -> tuple[Ints, Ints | None]:
    """Splits (and folds) of all articles: their places, and for the free new ones the split in ``cut``."""
    if ways is None or earlier.folds is None:
        split = place.copy()
        split[free] = cut.split if cut is not None else split[free]
        return split, None
    folds = np.full((len(place), ways.shape[1]), LEFT_OUT)
    folds[place >= 0] = np.unique(ways, axis=0)[place[place >= 0]]
    folds[: len(earlier.folds)] = earlier.folds
    if cut is not None and cut.folds is not None:
        folds[free] = cut.folds
    return np.where((folds < 0).all(axis=1), LEFT_OUT, 0), folds
