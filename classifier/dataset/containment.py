"""Finds texts that stand within longer ones: agency copy that an outlet cut, or extended by paragraphs of its own.

Such pairs have a low Jaccard similarity, so MinHash misses them. The containment of a text in a longer one is the share
of its shingles that the longer one has (Broder, 1997). Every eighth passage of six words is kept of each text, the same
ones in every text (FracMinHash: Irber et al., "Lightweight compositional analysis of metagenomes with FracMinHash",
2022), and pairs that share many of these are compared shingle by shingle, from the texts themselves. What more than
fifty different texts hold is boilerplate: it brings no pair together.

A text that holds several texts which share less than a quarter is a *digest*, such as a newsletter. It would join all
of them, and theirs in turn, so it joins none: `classifier.dataset.digests` leaves it out where it would leak.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from classifier.arrays import Bools, Ints, Keys
from classifier.articles.bare_text import bare_text
from classifier.dataset.duplicates import LEAST, SHINGLE, Passages
from classifier.dataset.shingles import hash_shingles
from classifier.dataset.units import join_units

BOILERPLATE = 50  # clusters of texts, beyond which what they share is taken for boilerplate
OF_A_CLUSTER = 4  # texts of one cluster that are compared with those of others, for each passage
SHARED = 0.5  # passages that a pair shares at least, as a share of the containment that is asked for
RELATED = 0.25  # of the shorter text: what the texts in one that is no digest share at least, directly or in a chain
BLOCK = 2000  # texts whose shared passages are counted at once
AT_ONCE = 20_000  # texts whose shingles are in memory at once

Texts = Callable[[Ints], Iterable[str]]


@dataclass(frozen=True)
class Containment:
    """Which texts stand within longer ones.

    Attributes:
        joined: (text, longer text) that stay together, shape (pairs, 2).
        digests: (text, digest that holds it), shape (pairs, 2); these join nothing.
    """

    joined: Ints
    digests: Ints


def find_contained(passages: Passages, cluster: Ints, threshold: float, texts: Texts) -> Containment:
    """Texts that stand within longer ones of other clusters.

    Args:
        passages: of each text.
        cluster: the cluster of near-duplicates that each text belongs to, shape (texts,).
        threshold: share of the shorter text's shingles that the longer has, from which it stands within it.
        texts: positions in ascending order -> their texts.
    """
    found = [np.zeros((0, 4), dtype=np.int64)]
    for pairs in _batches(_candidates(passages, cluster, SHARED * threshold)):
        found.append(_contained(pairs, threshold, texts))
    pairs = np.concatenate(found)
    digest = _digests(pairs, cluster, texts)
    return Containment(pairs[~digest, :2], pairs[digest, :2])


def _candidates(passages: Passages, cluster: Ints, least: float) -> Ints:
    """Pairs of texts of different clusters where one shares so many of its passages with the other, in order."""
    text, value, values = _shared(passages, cluster)
    n, found = len(cluster), [np.zeros((0, 2), dtype=np.int64)]
    if values:
        from scipy.sparse import csr_array

        table = csr_array((np.ones(len(text), dtype=np.int32), (text, value)), shape=(n, values))
        turned = table.T.tocsr()
        for start in range(0, n, BLOCK):
            common = (table[start : start + BLOCK] @ turned).tocoo()
            first, second = common.row.astype(np.int64) + start, common.col.astype(np.int64)
            fewer = np.minimum(passages.counts[first], passages.counts[second])
            near = (first < second) & (cluster[first] != cluster[second]) & (common.data >= least * fewer)
            found.append(np.stack([first[near], second[near]], axis=1))
    return np.concatenate(found)


def _shared(passages: Passages, cluster: Ints) -> tuple[Ints, Ints, int]:
    """(text, number of the passage) for passages of two to fifty clusters, each pair once; how many passages."""
    owner = np.repeat(np.arange(len(cluster), dtype=np.uint64), passages.counts)
    entries = np.sort((passages.values.astype(np.uint64) << np.uint64(32)) | owner)
    entries = entries[_begins(entries)]
    value = entries >> np.uint64(32)
    several = np.diff(np.append(np.flatnonzero(_begins(value)), len(value))) > 1
    entries = entries[several[np.cumsum(_begins(value)) - 1]]
    value, text = entries >> np.uint64(32), (entries & np.uint64(0xFFFFFFFF)).astype(np.int64)
    order = np.lexsort((cluster[text], value))
    value, text = value[order], text[order]
    first = _begins(value) | _begins(cluster[text])  # of its cluster among the texts that hold the passage
    run = np.cumsum(_begins(value)) - 1
    clusters = np.bincount(run, first)[run]
    at = np.arange(len(first))
    place = at - np.maximum.accumulate(np.where(first, at, 0))
    kept = (clusters >= 2) & (clusters <= BOILERPLATE) & (place < OF_A_CLUSTER)
    numbers = np.unique(run[kept], return_inverse=True)[1].astype(np.int64)
    return text[kept], numbers, int(numbers.max(initial=-1)) + 1


def _begins(ordered: Keys | Ints) -> Bools:
    """Where another value begins than that before."""
    return np.concatenate([np.ones(min(1, len(ordered)), dtype=bool), ordered[1:] != ordered[:-1]])


def _batches(pairs: Ints) -> Iterator[Ints]:
    """The pairs in batches that name not too many texts."""
    for start in range(0, len(pairs), AT_ONCE // 2):
        yield pairs[start : start + AT_ONCE // 2]


def _contained(pairs: Ints, threshold: float, texts: Texts) -> Ints:
    """(shorter, longer, their shingles) of those pairs in which the longer holds the shorter, shape (found, 4)."""
    named = np.unique(pairs)
    sets = _sets(named, texts)
    found = []
    for pair, places in zip(pairs, np.searchsorted(named, pairs), strict=True):
        (small, short), (large, long) = sorted((len(sets[place]), at) for at, place in enumerate(places))
        if small >= LEAST and _common(sets[places[short]], sets[places[long]]) >= threshold * small:
            found.append((pair[short], pair[long], small, large))
    return np.array(found, dtype=np.int64).reshape(-1, 4)


def _sets(rows: Ints, texts: Texts) -> list[Keys]:
    """The distinct shingles of each of these texts, in order."""
    (shingles,) = hash_shingles([bare_text(text) for text in texts(rows)], SHINGLE)
    return [np.unique(shingles.of(place)) for place in range(len(rows))]


def _common(one: Keys, other: Keys) -> int:
    return len(np.intersect1d(one, other, assume_unique=True))


def _digests(pairs: Ints, cluster: Ints, texts: Texts) -> Bools:
    """Which pairs are those of a digest: its texts are in several groups, by the pairs of all shorter texts.

    Args:
        pairs: (shorter, longer, their shingles), shape (pairs, 4).
        cluster: of each text.
        texts: as in `find_contained`.
    """
    digest = np.zeros(len(pairs), dtype=bool)
    parent: dict[int, int] = {}

    def group(number: int) -> int:
        while number in parent:
            number = parent[number]
        return number

    order = np.lexsort((pairs[:, 1], pairs[:, 3]))
    for places in np.split(order, np.flatnonzero(np.diff(pairs[order, 1])) + 1)[: len(order)]:
        parts, holder = np.unique(pairs[places, 0]), group(int(cluster[pairs[places[0], 1]]))
        held = np.array([group(int(number)) for number in cluster[parts]])
        if len(np.unique(held)) > 1 and not _related(parts, held, texts):
            digest[places] = True
        else:
            parent.update({int(number): holder for number in np.unique(held) if number != holder})
    return digest


def _related(parts: Ints, groups: Ints, texts: Texts) -> bool:
    """Whether texts of several groups share enough, directly or in a chain."""
    sets = _sets(parts, texts)
    alike = [
        (one, other)
        for one, other in combinations(range(len(parts)), 2)
        if _common(sets[one], sets[other]) >= RELATED * min(len(sets[one]), len(sets[other]))
    ]
    return len(np.unique(join_units(len(parts), [groups], np.array(alike, dtype=np.int64).reshape(-1, 2)))) == 1
