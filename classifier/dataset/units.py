"""Joins groups and near-duplicates into units that stay together, and checks that no unit is in two splits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.arrays import Ints
from classifier.articles.arrow import json_text
from classifier.articles.source_names import source_key
from classifier.errors import InputError
from classifier.stats.few_groups import effective_groups

LEFT_OUT = -1
OPEN = -2  # not assigned to a split yet
HARMLESS = 0.9  # of the effective groups that must be left where near-duplicates join groups


def encode(values: Sequence[object]) -> Ints:
    """Values as codes, shape (n,): one code for all spellings of a name (`source_key`), -1 for an empty value.

    Example:
        >>> encode(["www.bbc.example", "BBC.example ", None, "CNN"])
        array([ 0,  0, -1,  1])
    """
    codes: dict[str, int] = {}
    known: dict[str, str] = {}
    found = np.full(len(values), -1, dtype=np.int64)
    for row, value in enumerate(values):
        name = as_name(value)
        key = known[name] if name in known else known.setdefault(name, source_key(name))
        if key:
            found[row] = codes.setdefault(key, len(codes))
    return found


def as_name(value: object) -> str:
    """A value as text, the same before it is written to a dataset and after it is read from there; empty for None."""
    if value is None:
        return ""
    if isinstance(value, (list, dict)):
        return str(json_text(value))
    if isinstance(value, float):
        return "" if value != value else f"{value:.0f}" if value.is_integer() else str(value)
    return str(value)


def join_units(n: int, shared: Sequence[Ints], pairs: Ints | None = None) -> Ints:
    """The number of each article's unit, numbered in the order of their first articles: shape (n,).

    Args:
        n: how many articles there are.
        shared: arrays of codes of shape (n,); articles with the same code are joined, -1 joins nothing.
        pairs: rows that are joined too, shape (pairs, 2).

    Example:
        >>> join_units(4, [np.array([0, 0, -1, -1])], np.array([[1, 3]]))
        array([0, 0, 1, 0])
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ends = [np.zeros((0, 2), dtype=np.int64) if pairs is None else np.asarray(pairs, dtype=np.int64).reshape(-1, 2)]
    nodes = n
    for codes in shared:
        joined = np.flatnonzero(codes >= 0)
        ends.append(np.stack([joined, nodes + codes[joined]], axis=1))
        nodes += int(codes.max(initial=-1)) + 1
    edges = np.concatenate(ends)
    graph = coo_array((np.ones(len(edges), dtype=np.int8), (edges[:, 0], edges[:, 1])), shape=(nodes, nodes))
    return numbered_by_appearance(connected_components(graph, directed=False)[1][:n])


def whole_units(cluster: Ints, groups: Sequence[Ints]) -> Ints:
    """The unit of each article, shape (n,): groups, and near-duplicates as far as they do little harm to the groups.

    A text that several groups reprint would join them, and a few such texts join all groups into one. So where joined
    groups would count for less than nine tenths of what they count for apart (`effective_number`), they stay apart;
    then near-duplicates can come to stand in several splits, and `overlapping` tells which of them to leave out.

    Args:
        cluster: code of the cluster of (nearly) equal texts of each article, shape (n,).
        groups: arrays of codes of shape (n,); articles with the same code are joined, -1 joins nothing.

    Example:
        >>> source = np.repeat(np.arange(20), 50)
        >>> reprint = np.arange(1000)
        >>> reprint[[0, 50, 100, 150, 200]] = 0
        >>> len(np.unique(whole_units(reprint, [source])))
        20
    """
    joined = join_units(len(cluster), [cluster, *groups])
    within = _within(cluster, groups) if groups else cluster
    if (within == cluster).all():
        return joined
    apart = join_units(len(cluster), [*groups, within])
    if effective_groups(joined) >= HARMLESS * effective_groups(apart):
        return joined
    return apart


def _within(cluster: Ints, groups: Sequence[Ints]) -> Ints:
    """The clusters, where those that several groups have hold only their articles that are in no group; -1 for none."""
    grouped = np.any([codes >= 0 for codes in groups], axis=0)
    several = spanning_groups(np.where(grouped, join_units(len(cluster), groups), -1), cluster)
    return np.where(grouped & np.isin(cluster, several), -1, cluster)


def overlapping(split: Ints, cluster: Ints) -> npt.NDArray[np.bool_]:
    """Which articles have a near-duplicate in a later split (train < validation < test), shape (n,)."""
    latest = np.full(int(cluster.max(initial=-1)) + 1, LEFT_OUT)
    np.maximum.at(latest, cluster, split)
    return np.asarray((split >= 0) & (split < latest[cluster]))


def homes(unit: Ints, before: Ints) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """The split in which each article's unit already is (`OPEN` = none), and whether it is in several.

    Args:
        unit: of each article, shape (n,).
        before: the split of each article, `OPEN` if it has none; shape (n,).
    """
    known = np.flatnonzero(before >= 0)
    low = np.full(int(unit.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    high = np.full(int(unit.max(initial=-1)) + 1, OPEN)
    np.minimum.at(low, unit[known], before[known])
    np.maximum.at(high, unit[known], before[known])
    return high[unit], np.asarray((high > low)[unit])


def bridges(shared: Sequence[Ints], before: Ints) -> npt.NDArray[np.bool_]:
    """Which articles without a split share a code with articles in several splits, shape (n,).

    Args:
        shared: arrays of codes of shape (n,), as in `join_units`.
        before: as in `homes`.
    """
    low, high = np.full(len(before), np.iinfo(np.int64).max), np.full(len(before), OPEN)
    torn = np.zeros(len(before), dtype=bool)
    for codes in shared:
        tied = np.flatnonzero(codes >= 0)
        home, several = homes(codes[tied], before[tied])
        known = home != OPEN
        torn[tied] |= several
        low[tied[known]] = np.minimum(low[tied[known]], home[known])
        high[tied[known]] = np.maximum(high[tied[known]], home[known])
    return np.asarray((before == OPEN) & (torn | (high > low)))


def spanning(split: Ints, groups: Ints) -> int:
    """How many groups (codes; -1 is none) have articles in more than one split."""
    return len(spanning_groups(split, groups))


def spanning_groups(split: Ints, groups: Ints) -> Ints:
    """The groups (codes; -1 is none) that have articles in more than one split."""
    kept = (split >= 0) & (groups >= 0)
    low = np.full(int(groups.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    high = np.full(len(low), OPEN)
    np.minimum.at(low, groups[kept], split[kept])
    np.maximum.at(high, groups[kept], split[kept])
    return np.flatnonzero(high > low)


def check_apart(split: Ints, groups: Ints, what: str) -> None:
    """Raise `InputError` if a group spans two splits: the last check before anything is written."""
    if spanning(split, groups):
        raise InputError(
            f"{what} would be in two splits.",
            fix="This is a fault of classifier: please report it with the settings.",
        )


def numbered_by_appearance(numbers: npt.NDArray[Any]) -> Ints:
    """The numbers renamed 0, 1, 2, … in the order of their first appearance."""
    _, first, inverse = np.unique(numbers, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return np.asarray(rank[inverse], dtype=np.int64)
