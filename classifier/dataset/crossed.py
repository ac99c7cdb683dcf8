"""Splits pairs so that both their texts and their targets are new in test.

Texts are divided into train, validation and test, and targets are, independently. A pair is in a split if its text and
its target both are; the others are in none. Texts and targets that hang together in few pairs are placed whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from classifier.arrays import Floats, Ints
from classifier.articles.split_names import SPLITS
from classifier.config import SplitConfig
from classifier.dataset.consistency import ConsistentCorpus
from classifier.dataset.duplicates import near_pairs, signatures, text_key
from classifier.dataset.split_checks import check_not_empty, small_class_notes
from classifier.dataset.split_input import KeptArticles, take
from classifier.dataset.splits import Assignment, renumbered
from classifier.dataset.stratification import label_counts, stratify
from classifier.dataset.units import LEFT_OUT, check_apart, encode, join_units, numbered_by_appearance
from classifier.errors import InputError, counted, did_you_mean, names

TRIES = 10  # divisions of which the one that best reaches the wanted sizes and labels is taken
NEAR_ENOUGH = 0.02  # mean distance from the wanted shares that is as good as none


def crossing_columns(split: SplitConfig) -> tuple[str, ...]:
    """The columns of the targets' side: the target, and those of ``split.crossed_by``; none for other methods.

    Example:
        >>> crossing_columns(SplitConfig(method="crossed", crossed_by="topic"))
        ('target', 'topic')
    """
    return tuple(dict.fromkeys(("target", *(split.crossed_by or ())))) if split.method == "crossed" else ()


def assign_crossed(part: KeptArticles, among: Ints, shares: Mapping[str, float]) -> Assignment:
    """Split some of the kept articles, and leave out those whose two sides are in different splits.

    The unit of an article is that of its text.

    Args:
        part: the kept articles.
        among: positions of those that are split.
        shares: split -> share of those that are in any split.

    Raises:
        InputError: the articles have no targets, or too few texts or targets for so many splits.
    """
    crossing = {column: take(part.columns[column], among) for column in crossing_columns(part.split)}
    _check_columns(part, crossing)
    crossing = {column: values for column, values in crossing.items() if any(values)}
    own = {column: take(part.columns[column], among) for column in part.split.groups if column not in crossing}
    texts = join_units(len(among), [part.cluster[among], *map(encode, own.values())])
    targets = crossing_units(crossing, _near(part))
    labels, what = take(part.labels, among), _sides(texts, targets, own, crossing)
    if min(texts.max(), targets.max()) + 1 < len(shares):
        raise InputError(
            f"{what[0].upper()}{what[1:]} cannot be divided among {names(shares)}, so that each has some of either.",
            fix="Add articles, or set split.validation_size = 0, or take another split.method.",
        )
    found = crossed_split(labels, texts, targets, shares, part.split.seed)
    left_out = found == LEFT_OUT
    check_not_empty(found, shares, f"{what}, and too few articles have both in one split")
    split = np.where(left_out, LEFT_OUT, renumbered(np.maximum(found, 0), shares))
    check_apart(split, texts, "a text")
    check_apart(split, targets, "a target")
    kept = np.flatnonzero(~left_out)
    notes = [
        *_lost_notes(len(among), int(left_out.sum())),
        *small_class_notes(take(labels, kept), numbered_by_appearance(texts[kept]), list(shares)),
        *_empty_notes({**own, **crossing}),
    ]
    return Assignment(split, texts, dict(shares), tuple(notes), crossed=targets)


def _check_columns(part: KeptArticles, crossing: Mapping[str, Sequence[str | None]]) -> None:
    """Raise `InputError` where a column of the targets' side has no value, or there is none."""
    corpus, asked = part.consistent.corpus, part.split.crossed_by or ()
    known = sorted({*corpus.used, *corpus.kinds})
    for column in asked:
        if not any(value not in (None, "") for value in crossing[column]):
            raise InputError(
                f"split.crossed_by names '{column}', but no article has a value there.{did_you_mean(column, known)}",
                fix=f"Name a column that has values: {names(known) or 'there is none'}.",
            )
    if not asked and not any(crossing["target"]):
        raise InputError(
            'split.method = "crossed" is for pairs of a text and a target, and no article has a target.',
            fix="Name the column of the targets (--set data.columns.target=NAME), or the columns that are to be new "
            "beside the texts (--set split.crossed_by=NAME), or take another method.",
        )


def _near(part: KeptArticles) -> float | None:
    """The similarity from which texts, and so targets too, are near-duplicates."""
    threshold = part.consistent.duplicates.threshold
    return threshold if threshold < 1 else None


def _sides(texts: Ints, targets: Ints, own: Mapping[str, object], crossing: Mapping[str, object]) -> str:
    """How many units there are on either side, in words."""
    one, other = (" and ".join(side) for side in (("text", *own), crossing))
    return f"{counted(int(texts.max()) + 1, 'group')} by {one} and {int(targets.max()) + 1:,} by {other}"


def _lost_notes(articles: int, left_out: int) -> list[str]:
    """A note on the articles that are in no split."""
    if not left_out:
        return []
    return [
        f"{left_out:,} of {counted(articles, 'article')} ({left_out / articles:.0%}) left out: their text belongs to "
        "one split and their target to another (both are new in test)"
    ]


def _empty_notes(columns: Mapping[str, Sequence[str | None]]) -> list[str]:
    """A note for each column that some articles have no value in."""
    empty = {column: int((encode(values) < 0).sum()) for column, values in columns.items()}
    return [
        f"{counted(n, 'article has', 'articles have')} no {c}: each was treated as a group of its own"
        for c, n in empty.items()
        if n
    ]


def same_targets(targets: Sequence[str | None], near: float | None = None) -> Ints:
    """Codes of targets, shape (n,): one for all that differ at most in case, spacing and the like; -1 for none.

    Args:
        targets: of each pair.
        near: similarity of word shingles from which two targets are the same too; None = they are not.

    Example:
        >>> same_targets(["The storm hit", "the  storm hit", None, "No storm hit"])
        array([ 0,  0, -1,  1])
    """
    distinct = {target: text_key(target) for target in dict.fromkeys(targets) if target}
    first = {key: target for target, key in reversed(distinct.items())}
    keys = {key: row for row, key in enumerate(dict.fromkeys(distinct.values()))}
    pairs = None if near is None else near_pairs(signatures([first[key] for key in keys]), near)
    unit = join_units(len(keys), [], pairs)
    return np.array([unit[keys[distinct[target]]] if target else -1 for target in targets], dtype=np.int64)


def known_targets(consistent: ConsistentCorpus, assignment: Assignment) -> float | None:
    """The share of the test articles with a target whose target stands in train too; None where there are none.

    Over all folds, where there are folds. Spellings of a target are one.
    """
    target = consistent.corpus.index.input ^ consistent.corpus.index.text
    codes = assignment.split[:, None] if assignment.folds is None else assignment.folds
    known = pairs = 0
    for split in codes.T:
        train, test = (target[(split == code) & (target > 0)] for code in (SPLITS.index("train"), SPLITS.index("test")))
        known, pairs = known + int(np.isin(test, train).sum()), pairs + len(test)
    return known / pairs if pairs else None


def crossing_units(columns: Mapping[str, Sequence[str | None]], near: float | None = None) -> Ints:
    """The unit of each article on the side of the targets, shape (n,); without a value it is one of its own.

    Args:
        columns: ``target``, or other columns, or both: column -> value of each article.
        near: as in `same_targets`, for the targets.
    """
    codes = [same_targets(side, near) if name == "target" else encode(side) for name, side in columns.items()]
    return join_units(len(codes[0]), codes)


def crossed_split(
    labels: Sequence[tuple[str, ...]], texts: Ints, targets: Ints, shares: Mapping[str, float], seed: int
) -> Ints:
    """A split for each pair: index into the names of ``shares``, or `LEFT_OUT`; shape (n,).

    Where a side's share is a, a pair is in that split with a². So the sides have shares in proportion to the root of
    the wanted ones, and the pairs that are left have the wanted ones.

    Args:
        labels: of each pair.
        texts, targets: the unit of each pair on either side, shape (n,).
        shares: split -> share of the pairs that are in any split.
        seed: of the divisions.
    """
    together = join_units(len(texts), [texts, targets])
    sizes = np.bincount(together)
    large = (sizes > min(shares.values()) * len(texts))[together]
    split = np.full(len(texts), LEFT_OUT, dtype=np.int64)
    for rows, divide in ((np.flatnonzero(~large), _whole), (np.flatnonzero(large), _across)):
        if len(rows):
            chosen = [labels[int(row)] for row in rows]
            split[rows] = divide(chosen, texts[rows], targets[rows], shares, seed)
    return split


def _whole(
    labels: Sequence[tuple[str, ...]], texts: Ints, targets: Ints, shares: Mapping[str, float], seed: int
) -> Ints:
    """Texts and targets that hang together are in one split; no pair is lost."""
    return stratify(labels, join_units(len(texts), [texts, targets]), shares, seed)


def _across(
    labels: Sequence[tuple[str, ...]], texts: Ints, targets: Ints, shares: Mapping[str, float], seed: int
) -> Ints:
    """Texts and targets divided independently; of several divisions, the one that comes nearest to what is wanted."""
    roots = np.sqrt(list(shares.values()))
    of_a_side = dict(zip(shares, (roots / roots.sum()).tolist(), strict=True))
    sides = [numbered_by_appearance(side) for side in (texts, targets)]
    wanted = np.array(list(shares.values()))
    counts = label_counts(labels, np.arange(len(labels)))
    best, least = np.full(len(texts), LEFT_OUT, dtype=np.int64), np.inf
    for attempt in range(TRIES):
        one, other = (
            stratify(labels, side, of_a_side, seed + 2 * attempt + number) for number, side in enumerate(sides)
        )
        split = np.where(one == other, one, LEFT_OUT)
        missed = _missed(split, counts, wanted)
        if missed < least:
            best, least = split, missed
        if least < NEAR_ENOUGH:
            break
    return best


def _missed(split: Ints, counts: Floats, wanted: Floats) -> float:
    """How far all pairs and those of each label are from the wanted shares, on average; 1 more for what a split lacks.

    Args:
        split: of each pair, `LEFT_OUT` for none; shape (n,).
        counts: whether each pair has each label, shape (n, labels).
        wanted: share of each split.
    """
    every = np.column_stack([counts, np.ones(len(counts))])
    have = np.stack([every[split == code].sum(axis=0) for code in range(len(wanted))])
    found = have / np.maximum(have.sum(axis=0), 1)
    return float(np.abs(found - wanted[:, None]).mean() + (have == 0).sum())
