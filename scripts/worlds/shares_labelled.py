"""Shares and differences of shares, where label shift holds or does not, with and without articles labelled by hand.

Three labels and corpora of 2,000 articles. Error rates come from test articles without sources, a third of each label;
labelled articles are a random sample of the corpus. Of two groups with different error rates, the test articles are of
both. Nearly singular: the model hardly tells the second label from the third. Which label is looked at changes from
world to world.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from classifier.stats.prevalence import Estimate, adjusted_count, error_rates, prediction_powered
from worlds.shares import MEAN, Counting, naive
from worlds.tally import Part, Row

CORPUS, DRAWS = 2000, 400
MIXES = ((0.5, 0.3, 0.2), (0.9, 0.08, 0.02), (1.0, 0.0, 0.0))
LABELLED = (50, 100, 300, 600)
OTHER = np.array([[0.90, 0.06, 0.04], [0.30, 0.60, 0.10], [0.35, 0.15, 0.50]])  # much is taken for the first label
Ids = npt.NDArray[np.int64]
Array = npt.NDArray[np.float64]
Guess = Callable[[Ids, np.random.Generator], Ids]  # true ids -> predicted ids


def from_matrix(matrix: Array) -> Guess:
    """Predictions drawn from a confusion matrix."""
    bounds = matrix.cumsum(axis=1)
    bounds[:, -1] = 1
    return lambda truth, rng: np.asarray((rng.random(len(truth))[:, None] > bounds[truth]).sum(axis=1), dtype=np.int64)


def powered(truth: Ids, guess: Ids, label: int, labelled: int) -> Estimate:
    """One label's share from the first articles, labelled by hand, and the predictions for the rest."""
    true, said = (np.asarray(of == label, dtype=np.int64) for of in (truth, guess))
    return prediction_powered(true[:labelled], said[:labelled], int(said[labelled:].sum()), len(truth) - labelled)


def rows(worlds: int, seed: int) -> Iterator[Row]:
    """Labelled articles, two groups, and labels that the model hardly tells apart."""
    for mix, test in ((MIXES[0], 300), (MIXES[0], 1000), (MIXES[1], 300), (MIXES[2], 300)):
        yield from corpora(f"{test:,} test articles", from_matrix(MEAN), mix, test, worlds, seed)
    yield from _difference(worlds, seed)
    for apart in (0.02, 0.1, 0.2):
        yield from _singular(apart, worlds, seed)


def corpora(
    name: str,
    guess: Guess,
    mix: tuple[float, ...],
    test: int,
    worlds: int,
    seed: int,
    labelled: Sequence[int] = LABELLED,
) -> Iterator[Row]:
    """Corpora of known shares; error rates from so many test articles, or so many labelled ones."""
    rng = np.random.default_rng(seed)
    shares, classes = np.array(mix), len(mix)
    count = Counting(f"shares {' / '.join(f'{share:.2f}' for share in mix)}; {name}")
    for world in range(worlds):
        label = world % classes
        truth = np.asarray(rng.choice(classes, size=CORPUS, p=shares), dtype=np.int64)
        found = guess(truth, rng)
        predicted = np.bincount(found, minlength=classes)
        tested = np.arange(test) % classes
        count.label("naive", naive(predicted), label, shares)
        rates = error_rates(tested, guess(tested, rng), classes, draws=DRAWS, seed=world)
        count.label("adjusted count", adjusted_count(rates, predicted, seed=world), label, shares)
        for number in labelled:
            sampled = powered(truth, found, label, number)
            count.add(
                f"prediction-powered, {number} labelled", float(sampled.low[0]), float(sampled.high[0]), mix[label]
            )
    yield from count.rows()


def _difference(worlds: int, seed: int) -> Iterator[Row]:
    """Equal shares in two groups of different error rates; each method's intervals of both, subtracted."""
    rng = np.random.default_rng(seed)
    count = Counting("equal shares in two groups of different error rates, the difference")
    shares, groups = np.array(MIXES[0]), (from_matrix(MEAN), from_matrix(OTHER))
    for world in range(worlds):
        label = world % 3
        tested = np.arange(600) % 3
        of_both = np.concatenate([guess(tested, rng) for guess in groups])
        rates = error_rates(np.tile(tested, 2), of_both, 3, draws=DRAWS, seed=world)
        found: dict[str, list[tuple[float, float, float]]] = {}
        for guess in groups:
            truth = np.asarray(rng.choice(3, size=CORPUS, p=shares), dtype=np.int64)
            given = guess(truth, rng)
            predicted = np.bincount(given, minlength=3)
            for name, estimate, place in (
                ("naive", naive(predicted), label),
                ("adjusted count (not to be compared)", adjusted_count(rates, predicted, seed=world), label),
                ("prediction-powered, 200 labelled in each", powered(truth, given, label, 200), 0),
            ):
                values = (float(part[place]) for part in (estimate.share, estimate.low, estimate.high))
                found.setdefault(name, []).append(tuple(values))  # type: ignore[arg-type]
        for name, ((one, low1, high1), (two, low2, high2)) in found.items():
            below = np.hypot(one - low1, high2 - two)
            above = np.hypot(high1 - one, two - low2)
            count.add(name, one - two - below, one - two + above, 0.0)
    yield from count.rows()


def _singular(apart: float, worlds: int, seed: int) -> Iterator[Row]:
    """The rows of the second and third label differ by so much in two cells."""
    rng = np.random.default_rng(seed)
    matrix = np.array(
        [[0.8, 0.1, 0.1], [0.1, 0.45 + apart / 2, 0.45 - apart / 2], [0.1, 0.45 - apart / 2, 0.45 + apart / 2]]
    )
    shares = np.array([0.5, 0.4, 0.1])
    count = Counting(f"second and third label {apart:g} apart")
    for world in range(worlds):
        label = 1 + world % 2
        tested = np.arange(300) % 3
        rates = error_rates(tested, from_matrix(matrix)(tested, rng), 3, draws=DRAWS, seed=world)
        predicted = rng.multinomial(CORPUS, shares @ matrix)
        found = adjusted_count(rates, predicted, seed=world)
        count.label("always corrected (before)", found, label, shares)
        if rates.solvable:
            count.label("not where it could be singular", found, label, shares)
        else:
            count.refuse("not where it could be singular")
    yield from count.rows()


PART = Part("shares with articles labelled by hand: 95% intervals that hold the truth", "held the truth", rows)
