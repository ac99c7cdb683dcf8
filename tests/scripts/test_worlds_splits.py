"""The simulated worlds behind the figures of docs/measured.md on splits of whole sources."""

import numpy as np
from worlds.splits import Splits, greedy, rows, sources, split_often


def test_the_figures_are_counted_as_their_names_say() -> None:
    found = np.array([[True, True, False], [True, False, True]])
    tests = Splits(found, np.array([6, 4, 2]), np.array([0.0, 0.03]))
    assert tests.overlap == (12, 18)
    assert tests.fixed == (1, 3)
    assert tests.ruled == (2, 2)
    assert tests.unlike == (1, 2)


def test_the_greedy_rule_has_the_same_large_source_in_test_whatever_the_seed() -> None:
    labels, units = sources(60, 1.0, np.random.default_rng(0))
    assert split_often(labels, units, greedy, 5).found[:, 1].all()


def test_a_part_gives_its_rows() -> None:
    found = list(rows(3, 0))
    assert len(found) == 24
    assert all(0 <= row.hits <= row.worlds for row in found)
