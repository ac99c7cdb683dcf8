"""Assigns each article of a corpus to a split: by given splits, by method, or to none."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from classifier.arrays import Ints
from classifier.articles.folding import visible
from classifier.articles.source_names import several_spellings
from classifier.config import SplitConfig
from classifier.dataset.by_time import assign_by_time
from classifier.dataset.consistency import ConsistentCorpus
from classifier.dataset.crossed import assign_crossed, crossing_columns
from classifier.dataset.digests import without_digests
from classifier.dataset.extension import extend, fixed_before
from classifier.dataset.given_splits import given_splits
from classifier.dataset.split_checks import (
    CROSSED,
    check_folds,
    check_not_empty,
    giant_note,
    left_out_notes,
    lost_label_notes,
    reprint_notes,
    small_class_notes,
    unused_note,
)
from classifier.dataset.split_input import KeptArticles, OlderAssignment, intended_shares, take
from classifier.dataset.splits import TEST, Assignment, fold_splits, renumbered, without_copies
from classifier.dataset.stratification import stratify, units_per_label
from classifier.dataset.units import LEFT_OUT, OPEN, as_name, check_apart, encode, join_units, overlapping, spanning
from classifier.errors import InputError, counted, did_you_mean, names

logger = logging.getLogger(__name__)

LIKE_TEST = ("target", "author", "source")  # validation is cut by the first of which a given test has new values alone
FEWEST_GROUPS = 10  # of training articles, below which validation could not be cut by them
SPELLINGS = 3  # of a group that are shown


def index_columns(
    split: SplitConfig, parts: Collection[str] = (), earlier: OlderAssignment | None = None
) -> tuple[str, ...]:
    """The columns that `assign` needs in the index.

    Args:
        split: the settings.
        parts: parts of the source, such as train and test.
        earlier: the assignment of a dataset that is extended.
    """
    more = earlier.validation_by if earlier else LIKE_TEST if _may_resemble_test(split, parts) else ()
    return tuple(dict.fromkeys(("source", "date", "split", *more, *split.groups, *crossing_columns(split))))


def assign(
    consistent: ConsistentCorpus,
    split: SplitConfig,
    earlier: OlderAssignment | None = None,
    *,
    date_format: str | None = None,
) -> tuple[str, Assignment]:
    """Assign every article to a split, or leave it out.

    Articles of one cluster, such as (nearly) equal texts, are never in two splits. With given splits, and in a
    temporal split, the copy in the earlier split is left out, so that test stays complete.

    Returns:
        The method (``given`` if any split was given), and the assignment.

    Raises:
        InputError: a column, a date or a split name is missing or unknown; too few texts or groups.
    """
    rows = np.flatnonzero(consistent.kept)
    columns = {name: take(values, rows) for name, values in consistent.corpus.index.columns.items()}
    method, fixed = given_splits(consistent, split, rows, columns)
    _check_groups(consistent, split.groups, columns)
    _say_spellings(split.groups, columns)
    part = KeptArticles(consistent, split, rows, columns, fixed, date_format=date_format)
    part = replace(part, validation_by=earlier.validation_by if earlier else _validation_by(part))
    kind = "given" if part.given else method
    validation_given = earlier.validation_given if earlier else "validation" in part.given
    if earlier:
        part = replace(part, fixed=fixed_before(part, earlier))
    made = extend(part, method, earlier) if earlier else _assign(part, method)
    old = 0 if earlier is None else len(earlier.split)
    made = without_digests(made, part.cluster, consistent.digests, part.fixed >= 0, old)
    _check(part, made, old)
    made = _whole(made, rows, len(consistent.corpus))
    cluster = consistent.cluster if spanning(made.unit, consistent.cluster) else None
    return kind, replace(made, validation_by=part.validation_by, validation_given=validation_given, cluster=cluster)


def _say_spellings(group_by: Sequence[str], columns: Mapping[str, Sequence[object]]) -> None:
    """Say how many groups have several spellings; each stays in one split, whatever its spelling.

    Names that may mean one group, though that is not sure, stay groups of their own, and are listed.
    """
    for column in group_by:
        given = [name for value in columns[column] if (name := as_name(value)).strip()]
        found = several_spellings(given)
        if found:
            logger.info(
                "%s: %s spelt in several ways and kept together, such as %s",
                column,
                counted(len(found), "group is", "groups are"),
                names(visible(name) for name in max(found, key=len)[:SPELLINGS]),
            )


def _may_resemble_test(split: SplitConfig, parts: Collection[str]) -> bool:
    """Whether test is given in a file, validation is not, and no setting tells how to split validation off."""
    open_ = split.method in (None, "given") and not split.groups and not split.file and split.validation_size > 0
    return open_ and "test" in parts and "validation" not in parts


def _validation_by(part: KeptArticles) -> tuple[str, ...]:
    """The column to split validation off by, so that it resembles a given test; empty if there is no such column."""
    if _may_resemble_test(part.split, part.consistent.corpus.parts):
        for column in LIKE_TEST:
            codes = encode(part.columns[column])
            if new_in_test(codes, part.fixed) and _can_be_cut_by(part, codes):
                logger.info("validation is split off by %s, as test is: no %s of test occurs in train", column, column)
                return (column,)
    return ()


def _can_be_cut_by(part: KeptArticles, codes: Ints) -> bool:
    """Whether grouping leaves enough units of moderate size, and two units for each label with two texts."""
    among = np.flatnonzero(part.fixed == OPEN)
    labels, cluster = take(part.labels, among), part.cluster[among]
    units = join_units(len(among), [cluster, codes[among]])
    sizes = np.bincount(units)
    texts = units_per_label(labels, join_units(len(among), [cluster]))
    alone = (units_per_label(labels, units) == 1) & (texts > 1)
    return len(sizes) >= FEWEST_GROUPS and sizes.max() <= len(among) / 2 and not alone.any()


def new_in_test(groups: Ints, fixed: Ints) -> bool:
    """Whether each test article has a group, and one that no training article has, though many of those share theirs.

    Args:
        groups: code of each article's group, -1 for none, shape (n,).
        fixed: given split of each article, `OPEN` for those that train and validation are cut from, shape (n,).

    Example:
        >>> fixed = np.array([*[OPEN] * 20, TEST])
        >>> new_in_test(np.array([*range(10), *range(10), 99]), fixed), new_in_test(np.array([*range(20), 3]), fixed)
        (True, False)
    """
    test, train = groups[fixed == TEST], groups[(fixed == OPEN) & (groups >= 0)]
    shared = FEWEST_GROUPS <= len(np.unique(train)) < len(train)
    return shared and bool((test >= 0).all()) and not np.isin(test, train).any()


def _check_groups(
    consistent: ConsistentCorpus, group_by: Sequence[str], columns: Mapping[str, Sequence[str | None]]
) -> None:
    """Raise `InputError` for a ``group_by`` column without any value."""
    for column in group_by:
        if not any(value not in (None, "") for value in columns[column]):
            known = sorted({*consistent.corpus.used, *consistent.corpus.kinds})
            raise InputError(
                f"split.group_by names '{column}', but no article has a value there.{did_you_mean(column, known)}",
                fix=f"Add that column, or group by one that has values: {names(known) or 'there is none'}.",
            )


def _assign(part: KeptArticles, method: str) -> Assignment:
    """Split the open articles; leave out those whose text is in a later given split too."""
    split = np.where(part.fixed == OPEN, 0, part.fixed)
    left_out = overlapping(split, part.cluster)
    split[left_out] = LEFT_OUT
    shares = part.shares()
    among = np.flatnonzero((part.fixed == OPEN) & ~left_out)
    if (part.fixed == OPEN).any() and not len(among):
        raise InputError(
            "No article is left to train on: the texts of all are in validation or test too.",
            fix="Give training articles with other texts.",
        )
    unit = join_units(len(split), [part.cluster])
    notes = [*left_out_notes(int(left_out.sum()), int((part.fixed == LEFT_OUT).sum())), *_shared_notes(part, split)]
    if not len(among) or (len(shares) == 1 and part.split.folds is None):
        if len(among) and method == "grouped":  # nothing is divided, but what belongs together is to be known
            unit[among] = unit.max() + 1 + part.units(among)
        return Assignment(split, unit, {}, tuple(notes))
    cut = _cut(part, among, method, shares)
    split[among] = cut.split
    unit[among] = unit.max() + 1 + cut.unit if (part.fixed >= 0).any() else cut.unit
    folds = None
    if cut.folds is not None:
        folds = np.full((len(split), cut.folds.shape[1]), LEFT_OUT)
        folds[among] = cut.folds
    asked = {} if (part.fixed >= 0).any() else cut.asked
    if folds is not None:
        split = np.where((folds < 0).all(axis=1), LEFT_OUT, split)
    return Assignment(split, unit, asked, (*notes, *cut.notes), folds, cut.cuts, crossed=cut.crossed)


def _cut(part: KeptArticles, among: Ints, method: str, shares: Mapping[str, float]) -> Assignment:
    """Split some articles by the method."""
    if method == "temporal":
        return assign_by_time(part, among, shares)
    if method == "crossed":
        return assign_crossed(part, among, shares)
    labels, units = take(part.labels, among), part.units(among)
    groups = {column: take(part.columns[column], among) for column in part.group_by}
    empty = {column: int((encode(values) < 0).sum()) for column, values in groups.items()}
    notes = [
        f"{counted(n, 'article has', 'articles have')} no {c}: each was treated as a group of its own"
        for c, n in empty.items()
        if n
    ]
    distinct = int(units.max()) + 1
    what = counted(distinct, "text or group", "texts or groups") + (
        f" among {len(units):,} articles" if distinct < len(units) else ""
    )
    if part.split.folds is not None:
        return _folds(part, among, labels, units, groups, notes, what)
    drawn = stratify(labels, units, shares, part.split.seed)
    split = without_copies(drawn[:, None], part.cluster[among])[:, 0]
    crossed = f"{CROSSED[0].upper()}{CROSSED[1:]}." if "target" in groups else ""
    check_not_empty(split, shares, what, fix=crossed)
    notes = [*small_class_notes(labels, units, list(shares)), *giant_note(units, groups, shares), *notes]
    notes += _reprints(part, among, units, drawn[:, None], split[:, None])
    return Assignment(renumbered(split, shares), units, dict(shares), tuple(notes))


def _folds(
    part: KeptArticles,
    among: Ints,
    labels: Sequence[tuple[str, ...]],
    units: Ints,
    groups: Mapping[str, Sequence[object]],
    notes: Sequence[str],
    what: str,
) -> Assignment:
    shares = intended_shares(part)
    drawn = fold_splits(labels, units, len(shares), part.split.validation_size, part.split.seed)
    folds = without_copies(drawn, part.cluster[among])
    check_folds(folds, what, validation=part.split.validation_size > 0)
    notes = [*small_class_notes(labels, units, list(shares)), *giant_note(units, groups, shares), *notes]
    notes += unused_note(part.split)
    notes += _reprints(part, among, units, drawn, folds)
    return Assignment(np.zeros(len(units), dtype=np.int64), units, shares, tuple(notes), folds)


def _reprints(part: KeptArticles, among: Ints, units: Ints, before: Ints, after: Ints) -> list[str]:
    """Notes on copies that were left out, before and after; both of shape (articles, folds)."""
    if (before == after).all():
        return []
    lost = lost_label_notes(take(part.labels, among), before, after)
    return [*reprint_notes(units, part.cluster[among], before, after, " and ".join(part.group_by)), *lost]


def _check(part: KeptArticles, made: Assignment, old: int) -> None:
    """The last check: no text and no group is in two splits, except where the old articles had it in two already."""
    for what, group in {"text": part.cluster, **part.groups()}.items():
        for split in [made.split] if made.folds is None else made.folds.T:
            placed = np.isin(group, group[old:][split[old:] >= 0])
            check_apart(split, np.where(placed, group, -1), f"a {what}")


def _whole(made: Assignment, rows: Ints, n: int) -> Assignment:
    """The assignment of the kept articles, extended to all articles."""
    split = np.full(n, LEFT_OUT, dtype=np.int64)
    split[rows] = made.split
    unit = np.full(n, LEFT_OUT, dtype=np.int64)
    unit[rows] = made.unit
    folds = None
    if made.folds is not None:
        folds = np.full((n, made.folds.shape[1]), LEFT_OUT, dtype=np.int64)
        folds[rows] = made.folds
    crossed = None
    if made.crossed is not None:
        crossed = np.full(n, LEFT_OUT, dtype=np.int64)
        crossed[rows] = made.crossed
    return Assignment(split, unit, made.asked, made.notes, folds, made.cuts, crossed=crossed)


def _shared_notes(part: KeptArticles, split: Ints) -> list[str]:
    """Notes on groups that the given splits divide."""
    if not (part.fixed >= 0).any():
        return []
    counts = {column: spanning(split, encode(part.columns[column])) for column in part.split.groups}
    return [
        f"{counted(n, f'value of {c} occurs', f'values of {c} occur')} in more than one of the given splits"
        for c, n in counts.items()
        if n
    ]
