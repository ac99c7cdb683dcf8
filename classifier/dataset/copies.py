"""Which texts are copies: (nearly) equal ones, and such as stand within longer ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from classifier.arrays import Bools, Ints
from classifier.config import NEAR
from classifier.dataset.containment import find_contained
from classifier.dataset.duplicates import Fingerprints, Passages, fingerprints, first_of_each, near_pairs
from classifier.dataset.units import join_units


@dataclass(frozen=True)
class Copies:
    """Which texts belong together.

    Attributes:
        alike: number of the cluster of (nearly) equal texts that each belongs to, shape (n,).
        cluster: number of the cluster that each belongs to, shape (n,): also where one stands within another.
        digests: (cluster, cluster of a digest that holds its text), shape (pairs, 2); these are not joined.
        contained: whether each stands within one that is no near-duplicate of it, shape (n,).
    """

    alike: Ints
    cluster: Ints
    digests: Ints
    contained: Bools


def find_copies(
    prints: Fingerprints, near: float | None, contained: float | None, texts: Callable[[Ints], Iterable[str]]
) -> Copies:
    """Find what belongs together; each distinct text is compared once.

    Args:
        prints: of each text; one whose text an earlier one has may lack passages.
        near: similarity from which texts are near-duplicates; None = only equal texts belong together.
        contained: share of a text that a longer one has, from which both belong together; None = none do.
        texts: rows in ascending order -> their texts.
    """
    first, text = first_of_each(prints.keys)
    n = len(text)
    alike = join_units(n, [text], None if near is None else first[near_pairs(prints.signature[first], near)])
    if near is None or contained is None:
        return Copies(alike, alike, np.zeros((0, 2), dtype=np.int64), np.zeros(n, dtype=bool))
    first = np.sort(first)
    earliest = np.isin(np.arange(n), first)
    values = prints.passages.values[np.repeat(earliest, prints.passages.counts)]
    passages = Passages(values, prints.passages.counts[first])
    found = find_contained(passages, alike[first], contained, lambda rows: texts(first[rows]))
    cluster = join_units(n, [alike], first[found.joined])
    held = np.unique(np.concatenate([found.joined, found.digests])[:, 0])
    digests = np.unique(cluster[first[found.digests]], axis=0)
    return Copies(alike, cluster, digests, np.isin(text, text[first[held]]))


def copy_clusters(texts: Sequence[str]) -> Ints:
    """The cluster of copies that each text belongs to, by the default thresholds, shape (texts,).

    Example:
        >>> copy_clusters(["A storm hit.", "Rain fell.", "a  storm hit."])
        array([0, 1, 0])
    """
    return find_copies(fingerprints(texts), NEAR, NEAR, lambda rows: [texts[row] for row in rows]).cluster
