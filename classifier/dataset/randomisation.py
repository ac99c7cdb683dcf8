"""Draws an assignment of whole units to splits at random, among those that balance sizes and labels well.

This is constrained randomisation (Moulton, "Covariate-based constrained randomization of group-randomized trials",
Clinical Trials 1, 2004; Raab and Butcher, "Balance in cluster randomized trials", Statistics in Medicine 20, 2001): an
assignment is drawn, and drawn again until one balances well (Morgan and Rubin, "Rerandomization to improve covariate
balance in experiments", Annals of Statistics 40, 2012); where none does, one of the better half is taken. Each draw is
mended by switching pairs of units, which keeps it nearly as random as it was (Krieger, Azriel and Kapelner, "Nearly
random designs with greatly improved balance", Biometrika 106, 2019). A greedy rule such as that of Sechidis et al.
("On the stratification of multi-label data", 2011) puts the same large units into test whatever the seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from classifier.arrays import Bools, Floats, Ints
from classifier.dataset.units import OPEN

LARGEST = (1 / 3, 1 / 2, 1.0)  # of validation or test that one unit may be: a third leaves three effective groups
CHOICE = 3  # times as many articles as a split should have must be in units that may go there
SLACK, CHANCE = 1.0, 0.1  # a cell may be off by an article, and by so much of the standard deviation of a random draw
DRAWS, GOOD = 10, 5  # where no draw of so many is as close, one of the best so many is taken,
FARTHEST = 2.0  # if its distance from what is wanted is at most so many times the smallest
POOL = 200  # units among which a pair is looked for
SWITCHES = 200  # in one draw, at most
DIGITS = 9  # to which gains are compared, so that every machine finds the same best pair


@dataclass(frozen=True)
class Request:
    """What an assignment should be like.

    Attributes:
        counts: articles of each unit with each label, and its articles in all as the last column; (units, labels + 1).
        wanted: the same that each split should have, shape (splits, labels + 1).
        allowed: whether a unit may go to a split, shape (units, splits).
        seeding: splits in the order in which a class goes to them.
        first: the units to place; the others fill up, but can be the first of a class in its split; shape (units,).
    """

    counts: Floats
    wanted: Floats
    allowed: Bools
    seeding: Sequence[int]
    first: Bools


def draw(request: Request, rng: np.random.Generator) -> Ints:
    """The split of each unit, `OPEN` for those that fill up; shape (units,)."""
    members = [np.flatnonzero(column > 0) for column in request.counts[:, :-1].T]
    strata = _strata(request)
    slack = SLACK + CHANCE * np.sqrt(request.wanted)
    drawn: list[tuple[int, float, Ints]] = []
    for _ in range(DRAWS):
        chosen = _first_of_each_class(request, members, rng)
        free = np.flatnonzero((chosen == OPEN) & request.first)
        chosen[free] = _at_random(request, free, strata[free], rng)
        off = _mend(request, chosen, free, slack, rng)
        placed = np.flatnonzero(chosen != OPEN)
        barred = int((~request.allowed[placed, chosen[placed]]).sum())
        if not barred and (np.abs(off) <= slack).all():
            return chosen
        drawn.append((barred, round(_distance(off, request.wanted), DIGITS), chosen))
    drawn.sort(key=lambda one: one[:2])
    fewest, nearest, _ = drawn[0]
    good = [chosen for barred, distance, chosen in drawn[:GOOD] if barred == fewest and distance <= FARTHEST * nearest]
    return good[int(rng.integers(len(good)))]


def _strata(request: Request) -> Ints:
    """A number for each unit: units of one stratum have most articles of the same label."""
    return np.asarray(request.counts[:, :-1].argmax(axis=1), dtype=np.int64)


def may_go(sizes: Ints, wanted: Floats, small: Sequence[int]) -> Bools:
    """Whether each unit may go to each split, shape (units, splits).

    A unit may be at most a third of a split that is to be small, so that it has three effective groups or more
    (Σ p² ≤ max p); half of it, or all of it, where too few articles are in units so small.

    Args:
        sizes: articles of each unit.
        wanted: articles that each split should have.
        small: the splits for which this holds.

    Example:
        >>> may_go(np.array([40, 6, *[4] * 14]), np.array([80, 20]), [1])[:3].tolist()
        [[True, False], [True, True], [True, True]]
    """
    allowed = np.ones((len(sizes), len(wanted)), dtype=bool)
    for split in small:
        for largest in LARGEST:
            fits = sizes <= largest * wanted[split]
            if sizes[fits].sum() >= CHOICE * wanted[split]:
                allowed[:, split] = fits
                break
    return allowed


def _first_of_each_class(request: Request, members: Sequence[Ints], rng: np.random.Generator) -> Ints:
    """Give every class one unit in each split, the rarest class first, while it has units left; `OPEN` elsewhere."""
    sizes, room = request.counts[:, -1], request.wanted[:, -1].copy()
    chosen = np.full(len(sizes), OPEN, dtype=np.int64)
    have = np.zeros(request.wanted.shape, dtype=bool)
    for label in np.argsort([len(units) for units in members], kind="stable"):
        for split in request.seeding:
            free = members[label]
            if have[split, label] or not len(free := free[chosen[free] == OPEN]):
                continue
            unit = _one_of(free, split, request.allowed, sizes, room[split], rng)
            chosen[unit] = split
            have[split] |= request.counts[unit] > 0
            room[split] -= sizes[unit]
    return chosen


def _one_of(free: Ints, split: int, allowed: Bools, sizes: Floats, room: float, rng: np.random.Generator) -> int:
    """A unit for a split: one that may go nowhere else, or any that may go there and fits; else the smallest."""
    alone = free[allowed[free, split] & (allowed[free].sum(axis=1) == 1)]
    fitting = alone if len(alone) else free[allowed[free, split] & (sizes[free] <= room)]
    return int(rng.choice(fitting) if len(fitting) else free[sizes[free].argmin()])


def _at_random(request: Request, free: Ints, strata: Ints, rng: np.random.Generator) -> Ints:
    """A split for each free unit, with its share as probability.

    The units of a stratum are laid out in random order on a circle that is cut by the shares at a random place, so
    that each stratum is shared out evenly.
    """
    sizes = request.counts[free, -1]
    order = np.lexsort([rng.random(len(free)), strata])
    ends = np.cumsum(sizes[order])
    starts = np.searchsorted(strata[order], strata[order])
    base = np.append(0.0, ends)[starts]
    total = np.bincount(strata, sizes)[strata[order]]
    place = np.empty(len(free))
    place[order] = (ends - sizes[order] / 2 - base) / total
    place = (place + rng.random(int(strata.max(initial=0)) + 1)[strata]) % 1
    reach = request.wanted[:, -1] / np.maximum(request.allowed.T @ request.counts[:, -1], 1)
    arcs = np.cumsum(np.where(request.allowed[free, 1:], reach[1:], 0), axis=1)
    inside = np.column_stack([place[:, None] < arcs, np.ones(len(free), dtype=bool)])
    return np.asarray(np.roll(np.arange(len(request.wanted)), -1)[inside.argmax(axis=1)])


def _mend(request: Request, chosen: Ints, free: Ints, slack: Floats, rng: np.random.Generator) -> Floats:
    """Switch pairs of free units, or move one, while it helps; returns what the splits have too much of."""
    have = held(request.counts, chosen, len(request.wanted))
    off = _off(request.wanted, have)
    for _ in range(SWITCHES):
        if (np.abs(off) <= slack).all():
            break
        pool = free if len(free) <= POOL else rng.choice(free, POOL, replace=False)
        found = _best_switch(request, chosen, pool, off)
        if found is None:
            break
        change = np.zeros_like(have)
        for unit, place in found:
            change[place] += request.counts[unit]
            change[chosen[unit]] -= request.counts[unit]
        after = _off(request.wanted, have + change)
        if _distance(after, request.wanted) >= _distance(off, request.wanted) - 10**-DIGITS:
            break
        have, off = have + change, after
        for unit, place in found:
            chosen[unit] = place
    return off


def held(counts: Floats, chosen: Ints, splits: int) -> Floats:
    """What each split has, shape (splits, columns of the counts)."""
    return np.stack([counts[chosen == split].sum(axis=0) for split in range(splits)])


def _best_switch(request: Request, chosen: Ints, pool: Ints, off: Floats) -> list[tuple[int, int]] | None:
    """The units to move, and where to, that lessen the distance most; None if none does.

    An empty unit stands in each split, so that one unit can move alone.
    """
    splits = len(request.wanted)
    counts = np.concatenate([request.counts[pool], np.zeros((splits, request.counts.shape[1]))])
    place = np.concatenate([chosen[pool], np.arange(splits)])
    allowed = np.concatenate([request.allowed[pool], np.ones((splits, splits), dtype=bool)])
    pull = counts @ (2 * off / request.wanted).T
    moved = pull[:, place] - pull[np.arange(len(place)), place][:, None]
    per_label = counts / np.sqrt(request.wanted.sum(axis=0))
    square = (per_label**2).sum(axis=1)
    apart = square[:, None] + square - 2 * per_label @ per_label.T
    inverse = (request.wanted[:, -1].sum() / request.wanted[:, -1])[place]
    gain = moved + moved.T + apart * (inverse[:, None] + inverse)
    fits = allowed[:, place]
    gain = np.where((place[:, None] != place) & fits & fits.T, gain, np.inf).round(DIGITS)
    one, other = divmod(int(gain.argmin()), len(place))
    if not gain[one, other] < 0:
        return None
    return [(int(pool[a]), int(place[b])) for a, b in ((one, other), (other, one)) if a < len(pool)]


def _off(wanted: Floats, have: Floats) -> Floats:
    """What the splits have too much of (negative: too little) once they are filled up, shape (splits, labels + 1)."""
    missing, later = np.maximum(wanted - have, 0)[:, :-1], (wanted - have).sum(axis=0)[:-1]
    total = missing.sum(axis=0)
    filled = missing * (later / np.where(total > 0, total, 1))
    return np.asarray(have + np.column_stack([filled, filled.sum(axis=1)]) - wanted)


def _distance(off: Floats, wanted: Floats) -> float:
    """The chi-square distance of what splits have from what they should have."""
    return float((off**2 / wanted).sum())
