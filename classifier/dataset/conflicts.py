"""Finds equal or nearly equal inputs with different labels, and reports them as an error or a warning."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np

from classifier.arrays import Bools, Ints
from classifier.dataset.corpus import Corpus, Index
from classifier.dataset.duplicates import Keys, first_of_each
from classifier.errors import Fault, InputError

logger = logging.getLogger(__name__)


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


def conflict_error(corpus: Corpus, conflicts: Sequence[tuple[int, int]]) -> InputError:
    """The error that lists every conflict: (row, row with the same text), as `find_conflicts` gives them."""
    where = corpus.places(row for pair in conflicts for row in pair)
    labels = corpus.index.labels
    faults = [
        Fault(
            where[row],
            f"labelled '{_shown(labels[row])}', the same text as {where[first]}, labelled '{_shown(labels[first])}'",
            "conflicting label",
        )
        for row, first in conflicts
    ]
    return InputError(
        f"{len({first for _, first in conflicts}):,} text(s) occur with different labels.",
        faults=faults,
        fix="Correct the labels. Or leave these articles out: --set data.conflicts=drop. "
        "Or keep them: --set data.conflicts=keep",
    )


def _shown(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "none"


def warn_of_conflicts(index: Index, conflicts: Sequence[tuple[int, int]], policy: str) -> None:
    """Warn of conflicts that were left out (``drop``) or kept."""
    if conflicts:
        involved = int(np.isin(index.input, index.input[[row for row, _ in conflicts]]).sum())
        done = "left out" if policy == "drop" else "kept"
        logger.warning("%s articles have a text that occurs with different labels; %s", f"{involved:,}", done)
