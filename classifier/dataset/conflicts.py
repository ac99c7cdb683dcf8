"""Finds equal or nearly equal inputs with different labels, and reports them as an error or a warning."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np

from classifier.arrays import Bools, Ints, Keys
from classifier.dataset.corpus import Corpus, Index
from classifier.dataset.duplicates import first_of_each
from classifier.errors import Fault, InputError, counted

logger = logging.getLogger(__name__)
NAMED = 3  # conflicts that a warning names
FEW = 0.05  # share of the articles up to which conflicts are left out where no setting says what becomes of them


def label_codes(labels: Sequence[tuple[str, ...]]) -> Ints:
    """A code for each set of labels, shape (n,)."""
    codes: dict[frozenset[str], int] = {}
    sets = {names: codes.setdefault(frozenset(names), len(codes)) for names in dict.fromkeys(labels)}
    return np.array([sets[names] for names in labels], dtype=np.int64)


def find_conflicts(index: Index, keys: Keys, kept: Bools) -> list[tuple[int, int]]:
    """(row, first row with the same key) for articles whose labels differ from that first one's."""
    rows = np.flatnonzero(kept)
    if not len(rows):
        return []
    first, inverse = first_of_each(keys[rows])
    codes = label_codes([index.labels[row] for row in rows])
    differ = np.flatnonzero(codes != codes[first[inverse]])
    return [(int(rows[row]), int(rows[first[inverse[row]]])) for row in differ]


def usual_policy(index: Index, conflicts: Sequence[tuple[int, int]], kept: Bools) -> str:
    """What becomes of conflicts where no setting says it: ``drop`` if they are few, else ``error``.

    Such a text teaches nothing and measures nothing, as one of its labels is wrong and nobody knows which. Every large
    corpus has a few (two of the 49,972 pairs of FNC-1). Many of them mean that a column is not the right one or that
    each row is one annotator's, and where a label would lose all its articles, the labels themselves are in doubt.

    Args:
        index: of all articles.
        conflicts: from `find_conflicts`.
        kept: the articles among which they were found, shape (n,).
    """
    left = kept & ~conflicting(index, conflicts)
    lost = {name for row in np.flatnonzero(kept) for name in index.labels[row]} - {
        name for row in np.flatnonzero(left) for name in index.labels[row]
    }
    few = int(kept.sum()) - int(left.sum()) <= FEW * int(kept.sum())
    return "drop" if few and not lost else "error"


def conflicting(index: Index, conflicts: Sequence[tuple[int, int]]) -> Bools:
    """Which articles have the text (and target) of a conflict, shape (n,)."""
    return np.asarray(np.isin(index.input, index.input[[row for row, _ in conflicts]]))


def conflict_error(corpus: Corpus, conflicts: Sequence[tuple[int, int]]) -> InputError:
    """The error that lists every conflict: (row, row with the same text), as `find_conflicts` gives them."""
    where = corpus.places(row for pair in conflicts for row in pair)
    labels = corpus.index.labels
    faults = [
        Fault(
            where[row],
            f"labelled '{_shown(labels[row])}', the same text as {where[first]}, labelled '{_shown(labels[first])}'",
            "conflicting label",
            id=corpus.given_id(row),
        )
        for row, first in conflicts
    ]
    return InputError(
        f"{counted(len({first for _, first in conflicts}), 'text occurs', 'texts occur')} with different labels.",
        faults=faults,
        fix="Correct the labels. Or leave these articles out: --set data.conflicts=drop. "
        "Or keep them: --set data.conflicts=keep",
    )


def _shown(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "none"


def warn_of_conflicts(corpus: Corpus, conflicts: Sequence[tuple[int, int]], policy: str | None, done: str) -> None:
    """Warn of conflicts that were left out or kept.

    Args:
        corpus: the articles.
        conflicts: from `find_conflicts`.
        policy: the setting; None where there is none, so that it is named.
        done: ``drop`` or ``keep``.
    """
    if not conflicts:
        return
    involved = int(conflicting(corpus.index, conflicts).sum())
    named = conflicts[:NAMED]
    where, labels = corpus.places(row for pair in named for row in pair), corpus.index.labels
    pairs = [f"{where[a]} ('{_shown(labels[a])}') and {where[b]} ('{_shown(labels[b])}')" for b, a in named]
    logger.warning(
        "%s articles have a text that occurs with different labels; %s: %s%s%s",
        f"{involved:,}",
        "left out" if done == "drop" else "kept",
        "; ".join(pairs),
        "" if len(conflicts) <= NAMED else f"; and {len(conflicts) - NAMED:,} more",
        "" if policy else " (data.conflicts: keep or error instead)",
    )
