"""Growing parts of the training articles, each within the next; on arrays with one entry per article.

Units (near-duplicates, articles of a group) stay whole, and labels have about the same shares in every part.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from classifier.arrays import Ints


def nested_subsets(labels: Sequence[tuple[str, ...]], units: Ints, shares: Sequence[float], seed: int) -> list[Ints]:
    """For each share the rows of that part of the articles; a smaller part lies within every larger one.

    Units are shuffled within strata and taken in turn from all strata, as systematic sampling does; the part then ends
    where its size is nearest to the one asked for. A class with few units is missing from small parts.

    Args:
        labels: of each article.
        units: of each article, shape (n,).
        shares: rising, from more than 0 to 1.
        seed: of the order.

    Returns:
        Rows, rising, for each share; at least one unit.

    Example:
        >>> parts = nested_subsets([("a",), ("b",)] * 10, np.arange(20), [0.2, 1], seed=0)
        >>> [len(part) for part in parts], sorted(int(row) % 2 for row in parts[0])
        ([4, 20], [0, 0, 1, 1])
    """
    _, unit = np.unique(units, return_inverse=True)
    sizes = np.bincount(unit)
    order = np.argsort(_positions(_strata(labels, unit), sizes, seed), kind="stable")
    ends = np.cumsum(sizes[order])
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return [np.flatnonzero(rank[unit] <= np.abs(ends - share * len(unit)).argmin()) for share in shares]


def _positions(strata: Ints, sizes: Ints, seed: int) -> npt.NDArray[np.float64]:
    """Where each unit stands within its stratum, from 0 to 1, shape (units,); strata begin at random places."""
    rng = np.random.default_rng(seed)
    positions = np.empty(len(sizes))
    for stratum in np.unique(strata):
        members = rng.permutation(np.flatnonzero(strata == stratum))
        before = np.cumsum(sizes[members]) - sizes[members]
        positions[members] = (before + rng.random() * sizes[members]) / sizes[members].sum()
    return positions


def _strata(labels: Sequence[tuple[str, ...]], unit: Ints) -> Ints:
    """The stratum of each unit: its most frequent label, the rarest of all where several are."""
    everywhere = Counter(name for names in labels for name in names)
    counts: list[Counter[str]] = [Counter() for _ in range(int(unit.max(initial=-1)) + 1)]
    for names, index in zip(labels, unit.tolist(), strict=True):
        counts[index].update(names)
    main = [min(found, key=lambda name: (-found[name], everywhere[name], name), default="") for found in counts]
    return np.unique(np.array(main), return_inverse=True)[1].astype(np.int64)
