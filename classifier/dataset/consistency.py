"""Corrects or reports what is wrong with a corpus as a whole, before it is split.

That is: labels spelt in several ways, equal inputs with different labels, exact and near duplicates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from classifier.arrays import Bools, Ints, Keys
from classifier.articles.label_doubts import say_doubts
from classifier.articles.labels import LabelSet, find_labels, merge_spellings, spelling_error
from classifier.dataset.conflicts import (
    conflict_error,
    conflicting,
    find_conflicts,
    label_codes,
    usual_policy,
    warn_of_conflicts,
)
from classifier.dataset.copies import find_copies
from classifier.dataset.corpus import OLD, Corpus, Index
from classifier.dataset.duplicates import DuplicateCounts, Fingerprints, first_of_each
from classifier.dataset.rare_labels import LabelLimits, check_repeated, rare_label_error
from classifier.dataset.spellings import even_spellings
from classifier.errors import InputError, counted, together

ANY = LabelLimits()
LEFT_OUT = " Copies, or texts with several labels, were left out (data.duplicates, data.conflicts)."
MANY = 10  # articles that do not all have one text by chance


@dataclass(frozen=True)
class ConsistentCorpus:
    """A corpus with consistent labels and known duplicates.

    Attributes:
        corpus: the articles.
        labels: their labels.
        kept: which of them stay, shape (n,).
        cluster: number of the cluster that each belongs to, shape (n,): texts that are (nearly) equal, or of which one
            stands within another.
        digests: (cluster, cluster of a digest that holds its text), shape (pairs, 2); these are not joined.
        duplicates: counts of the duplicates.
        conflicts: (row, row of another article of its cluster, whether the inputs are exactly equal), for articles
            whose label differs from that other article's.
    """

    corpus: Corpus
    labels: LabelSet
    kept: Bools
    cluster: Ints
    digests: Ints
    duplicates: DuplicateCounts
    conflicts: tuple[tuple[int, int, bool], ...]


def make_consistent(
    corpus: Corpus,
    kept: Bools,
    *,
    multi_label: bool,
    merge_labels: bool,
    conflicts: str | None,
    duplicates: str,
    near: float | None,
    contained: float | None = None,
    limits: LabelLimits = ANY,
) -> ConsistentCorpus:
    """Make the labels consistent, find duplicates, and decide which articles stay.

    Args:
        corpus: as it was read, with distinct ids.
        kept: articles that may stay, shape (n,); one without a label does not, unless several are allowed.
        multi_label: whether an article may have none or several labels.
        merge_labels: whether labels that differ only in what `name_key` evens out become one.
        conflicts: ``error`` | ``drop`` | ``keep``: equal inputs with different labels; None as `usual_policy` has it.
        duplicates: ``keep`` | ``drop`` (keep the first of equal inputs with equal labels in one part) | ``drop_near``
            (the first of nearly equal ones).
        near: similarity from which texts are near-duplicates; None = only equal texts are.
        contained: share of a text that a longer one has, from which both belong to one cluster; None = none do. Such
            texts are no conflict, whatever their labels, and none of them is dropped.
        limits: how many articles a label needs.

    Raises:
        InputError: labels that cannot be used, or conflicts where the policy is ``error``: all of them.
    """
    corpus, kept = _with_even_labels(corpus, kept, multi_label=multi_label, merge_labels=merge_labels)
    asked = kept
    exact = find_conflicts(corpus.index, corpus.index.input, kept)
    policy = conflicts or usual_policy(corpus.index, exact, kept)
    errors = _errors(corpus, kept, exact if policy == "error" else (), limits, multi_label=multi_label)
    if errors:
        raise together("The source", errors)
    labels = corpus.index.labels
    find_labels(_chosen(labels, kept), multi_label=multi_label, place=_place(corpus, kept))
    say_doubts(_chosen(labels, kept), multi_label=multi_label)
    prints = Fingerprints(corpus.index.text, corpus.index.signature, corpus.index.passages)
    found = find_copies(prints, near, contained, corpus.texts)
    if exact and policy == "drop":
        kept = kept & ~conflicting(corpus.index, exact)
    warn_of_conflicts(corpus, exact, conflicts, policy)
    everything = kept
    copies = {"drop": corpus.index.input, "drop_near": _cluster_keys(corpus.index, found.alike)}.get(duplicates)
    dropped = np.zeros(len(corpus), dtype=bool) if copies is None else _repeated(corpus.index, copies, kept)
    kept = kept & ~dropped
    if not kept.any():
        raise InputError("No article is left: the texts of all occur with different labels.", fix="Correct the labels.")
    known = find_labels(_chosen(labels, kept), multi_label=multi_label, place=_place(corpus, kept))
    rare = None if kept.sum() == asked.sum() else _rare_label_error(corpus, kept, limits, multi_label=multi_label)
    if rare is not None:
        rare.message += LEFT_OUT
        raise rare
    counts = _count(corpus.index, everything, found.alike, int(dropped.sum()), near)
    counts = replace(counts, contained=int(np.count_nonzero(found.contained & everything)), containment=contained)
    listed = _listed(corpus.index, kept, found.alike, exact)
    return ConsistentCorpus(corpus, known, kept, found.cluster, found.digests, counts, listed)


def label_errors(
    corpus: Corpus,
    kept: Bools,
    *,
    multi_label: bool,
    merge_labels: bool,
    conflicts: str | None,
    limits: LabelLimits = ANY,
) -> list[InputError]:
    """What `make_consistent` would find wrong with the labels, where something else is wrong with the source already.

    Args:
        corpus, kept, multi_label, merge_labels, conflicts, limits: as there.
    """
    corpus, kept = _with_even_labels(corpus, kept, multi_label=multi_label, merge_labels=merge_labels)
    exact = find_conflicts(corpus.index, corpus.index.input, kept)
    policy = conflicts or usual_policy(corpus.index, exact, kept)
    return _errors(corpus, kept, exact if policy == "error" else (), limits, multi_label=multi_label)


def _with_even_labels(corpus: Corpus, kept: Bools, *, multi_label: bool, merge_labels: bool) -> tuple[Corpus, Bools]:
    """The corpus with labels spelt alike, and which articles may stay: those with a label, or all."""
    if not multi_label:
        kept = kept & np.array([bool(names) for names in corpus.index.labels], dtype=bool)
    labels = even_spellings(corpus.index)
    labels = merge_spellings(labels) if merge_labels else labels
    return replace(corpus, index=replace(corpus.index, labels=labels)), kept


def _errors(
    corpus: Corpus, kept: Bools, conflicts: Sequence[tuple[int, int]], limits: LabelLimits, *, multi_label: bool
) -> list[InputError]:
    """What is wrong with the labels: their spellings, rare ones, and conflicts that are not allowed.

    Where all texts are the same, that alone is said: their conflicts come of it.
    """
    try:
        _check_distinct(corpus.index, kept)
    except InputError as error:
        return [error]
    labels, rows = _chosen(corpus.index.labels, kept), np.flatnonzero(kept)
    found = [spelling_error(labels, _place(corpus, kept), lambda row: corpus.given_id(int(rows[row])))]
    try:
        check_repeated(labels, multi_label=multi_label)
    except InputError as error:
        found.append(error)
    else:
        found.append(_rare_label_error(corpus, kept, limits, multi_label=multi_label))
    if conflicts:
        found.append(conflict_error(corpus, conflicts))
    return [error for error in found if error is not None]


def _rare_label_error(corpus: Corpus, kept: Bools, limits: LabelLimits, *, multi_label: bool) -> InputError | None:
    """The error for rare labels that no article of an older dataset has, other spellings counted together."""
    rows = np.flatnonzero(kept)
    old = {
        name
        for part, names in zip(corpus.index.parts, corpus.index.labels, strict=True)
        if part == OLD
        for name in names
    }
    known = replace(limits, declared=limits.declared | old)
    labels = merge_spellings(_chosen(corpus.index.labels, kept))

    def places(wanted: Sequence[int]) -> dict[int, tuple[str, str]]:
        where = corpus.places(int(rows[row]) for row in wanted)
        return {row: (where[int(rows[row])], corpus.given_id(int(rows[row]))) for row in wanted}

    return rare_label_error(labels, known, places, multi_label=multi_label)


def _check_distinct(index: Index, kept: Bools) -> None:
    """Refuse many articles that all have the same text: it is no text of theirs, and nothing can be learnt from it."""
    articles = int(kept.sum())
    if articles >= MANY and len(np.unique(index.input[kept])) == 1:
        labels = {name for row in np.flatnonzero(kept) for name in index.labels[row]}
        raise InputError(
            f"All {articles:,} articles have the same text, under {counted(len(labels), 'label')}.",
            fix="Look at the column of texts: is it the right one (--set data.columns.text=NAME), or a notice such as "
            '"Please sign in"?',
        )


def _chosen(labels: Sequence[tuple[str, ...]], kept: Bools) -> Sequence[tuple[str, ...]]:
    return labels if kept.all() else [labels[int(row)] for row in np.flatnonzero(kept)]


def _place(corpus: Corpus, kept: Bools) -> Callable[[int], str]:
    rows = np.flatnonzero(kept)
    return lambda row: corpus.place(int(rows[row]))


def _repeated(index: Index, same: Keys, kept: Bools) -> Bools:
    """Articles with the same key and labels as an earlier one of their part or of the old ones, shape (n,)."""
    rows = np.flatnonzero(kept)
    parts = {OLD: 0}
    part = np.array([parts.setdefault(index.parts[row], len(parts)) for row in rows], dtype=np.uint64)
    codes = label_codes([index.labels[row] for row in rows]).astype(np.uint64)
    keys = same[rows] * np.uint64(0xC2B2AE3D27D4EB4F) + codes
    first = first_of_each(keys * np.uint64(0x165667B19E3779F9) + part)[0]
    repeated = np.ones(len(index), dtype=bool)
    repeated[rows[first]] = False
    repeated[rows[(part > 0) & np.isin(keys, keys[part == 0])]] = True
    return np.asarray(repeated & kept)


def _cluster_keys(index: Index, cluster: Ints) -> Keys:
    """A key that articles share whose texts are in one cluster and whose targets are equal."""
    target = index.input ^ index.text
    return cluster.astype(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F) ^ target


def _count(index: Index, kept: Bools, cluster: Ints, dropped: int, near: float | None) -> DuplicateCounts:
    """Counts of the duplicates, before any was dropped."""
    sizes = np.bincount(cluster[kept], minlength=1)
    keys = _cluster_keys(index, cluster)
    differing = [row for row, _ in find_conflicts(index, keys, kept)]
    return DuplicateCounts(
        exact=int(kept.sum()) - len(np.unique(index.input[kept])),
        dropped=dropped,
        clusters=int((sizes > 1).sum()),
        clustered=int(sizes[sizes > 1].sum()),
        largest=int(sizes.max()) if (sizes > 1).any() else 0,
        conflicting=int(np.isin(keys[kept], keys[differing]).sum()) if differing else 0,
        threshold=1.0 if near is None else near,
    )


def _listed(
    index: Index, kept: Bools, cluster: Ints, exact: Sequence[tuple[int, int]]
) -> tuple[tuple[int, int, bool], ...]:
    """The conflicts among exact and near duplicates, each once."""
    pairs = [*exact, *find_conflicts(index, _cluster_keys(index, cluster), kept)]
    return tuple(dict.fromkeys((row, first, bool(index.input[row] == index.input[first])) for row, first in pairs))


@dataclass(frozen=True)
class Conflict:
    """Two (nearly) equal inputs with different labels."""

    id: str
    label: str
    where: str
    other_id: str
    other_label: str
    other_where: str
    exact: bool


def list_conflicts(consistent: ConsistentCorpus, most: int | None = None) -> tuple[Conflict, ...]:
    """Duplicates whose labels differ: all, or the first ``most``."""
    shown = consistent.conflicts[:most]
    rows = sorted({row for first, second, _ in shown for row in (first, second)})
    articles = dict(zip(rows, consistent.corpus.articles(rows), strict=True))
    return tuple(
        Conflict(
            id=articles[row].id,
            label=", ".join(articles[row].labels) or "none",
            where=articles[row].where,
            other_id=articles[other].id,
            other_label=", ".join(articles[other].labels) or "none",
            other_where=articles[other].where,
            exact=exact,
        )
        for row, other, exact in shown
    )
