"""Which labels are confused more often than by chance."""

from __future__ import annotations

import numpy as np
import pytest

from classifier.stats.confusions import LEVEL, confused_pairs

LABELS = ("a", "b", "c", "d")


def worlds(bias: float, count: int, groups: int = 0) -> float:
    """How often "a" → "b" is listed where a share ``bias`` of the errors of "a" goes there beyond chance."""
    found = 0
    for seed in range(count):
        rng = np.random.default_rng(seed)
        true = np.repeat(np.arange(4), 60)
        given = np.where(rng.random(240) < 0.6, true, (true + rng.integers(1, 4, 240)) % 4)
        given[(true == 0) & (given != 0) & (rng.random(240) < bias)] = 1
        together = None
        if groups:  # whole groups err alike
            together = true * groups + np.tile(np.arange(60) * groups // 60, 4)
            given = np.array([given[np.flatnonzero(together == one)[0]] for one in together])
        found += any((pair.true, pair.given) == ("a", "b") for pair in confused_pairs(true, given, LABELS, together))
    return found / count


def test_chance_alone_is_rarely_listed_and_a_habit_mostly_is() -> None:
    assert worlds(0.0, 100) <= LEVEL
    assert worlds(0.8, 40) >= 0.9


def test_groups_that_err_alike_do_not_make_a_habit() -> None:
    assert worlds(0.0, 60, groups=6) <= LEVEL


@pytest.mark.parametrize(
    ("groups", "listed"), [(None, True), (np.tile(np.arange(60), 4), True), (np.arange(240) % 2, False)]
)
def test_fewer_than_three_groups_tell_nothing(groups: np.ndarray | None, listed: bool) -> None:
    true = np.repeat(np.arange(4), 60)
    given = true.copy()
    given[:20] = 1
    found = confused_pairs(true, given, LABELS, groups)
    assert [(pair.true, pair.given, pair.articles) for pair in found] == ([("a", "b", 20)] if listed else [])
    assert all(pair.expected < pair.articles and pair.p <= LEVEL for pair in found)


def test_errors_that_can_only_fall_on_one_label_are_no_habit() -> None:
    true = np.repeat([0, 1], 50)
    assert confused_pairs(true, true * 0, ("a", "b")) == ()
    assert confused_pairs(true, true, ("a", "b")) == ()


def test_the_side_with_fewer_groups_decides_for_crossed_pairs() -> None:
    true = np.repeat(np.arange(4), 60)
    given = true.copy()
    given[:20] = 1
    assert confused_pairs(true, given, LABELS, np.arange(240), np.arange(240))
    assert not confused_pairs(true, given, LABELS, np.arange(240), np.arange(240) % 2)
