"""Leaves digests out of the splits where they would give away an answer: texts that hold several other articles.

A newsletter of ten articles would join all ten into one unit, and with them whatever they are joined with. So it joins
none, and where a part of it stands in another split, the digest is in no split.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from classifier.arrays import Bools, Ints
from classifier.dataset.splits import Assignment
from classifier.dataset.units import LEFT_OUT
from classifier.errors import counted


def without_digests(made: Assignment, cluster: Ints, digests: Ints, given: Bools, old: int = 0) -> Assignment:
    """The assignment without the digests of which a part stands in another split (or in another fold).

    Of a digest in a given split, the parts in other splits go instead; of two in given splits, the one in the earlier
    split, as with other copies. Articles of an older dataset stay.

    Args:
        made: the assignment.
        cluster: of each article, shape (n,).
        digests: (cluster, cluster of the digest that holds its text), shape (pairs, 2).
        given: which articles have a given split, shape (n,).
        old: how many articles, the first ones, are those of an older dataset.
    """
    place = made.split[:, None] if made.folds is None else np.where(made.split[:, None] < 0, LEFT_OUT, made.folds)
    out = np.zeros(len(cluster), dtype=bool)
    order = np.argsort(cluster, kind="stable")
    ordered = cluster[order]
    for pair in digests:
        low, high = np.searchsorted(ordered, pair, "left"), np.searchsorted(ordered, pair, "right")
        part, holder = (side.ravel() for side in np.meshgrid(order[low[0] : high[0]], order[low[1] : high[1]]))
        there = (place[part] >= 0) & (place[holder] >= 0)  # an article can be left out of some folds alone
        apart = (there & (place[part] != place[holder])).any(axis=1) & ~out[part] & ~out[holder]
        part, holder = part[apart], holder[apart]
        goes = np.where(place[part, 0] < place[holder, 0], part, holder)  # both are in given splits
        goes = np.where(given[holder], np.where(given[part], goes, part), holder)
        goes = np.where(goes < old, part + holder - goes, goes)
        out[goes[goes >= old]] = True
    if not out.any():
        return made
    folds = None if made.folds is None else np.where(out[:, None], LEFT_OUT, made.folds)
    note = (
        f"{counted(int(out.sum()), 'article')} left out: they hold several other articles, or stand in one that does, "
        "and that is in another split"
    )
    return replace(made, split=np.where(out, LEFT_OUT, made.split), folds=folds, notes=(*made.notes, note))
