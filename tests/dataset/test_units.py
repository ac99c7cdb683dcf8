import numpy as np
import pytest

from classifier.dataset.units import (
    LEFT_OUT,
    OPEN,
    bridges,
    check_apart,
    encode,
    homes,
    join_units,
    overlapping,
    spanning,
    spanning_groups,
    whole_units,
)
from classifier.errors import InputError


def connected(n: int, shared: list[list[int]], pairs: list[tuple[int, int]]) -> list[int]:
    """The smallest row that each row is connected with, found by walking."""
    links = [*pairs]
    for codes in shared:
        links += [(a, b) for a in range(n) for b in range(a) if codes[a] == codes[b] >= 0]
    lowest = list(range(n))
    for _ in range(n):
        for a, b in links:
            lowest[a] = lowest[b] = min(lowest[a], lowest[b])
    return lowest


def test_values_that_differ_in_case_or_space_are_one_group_and_blank_ones_are_none() -> None:
    assert encode(["BBC", " bbc  ", "b b c", None, "", "  ", 7, "7", 0]).tolist() == [0, 0, 1, -1, -1, -1, 2, 2, 3]


def test_values_that_look_the_same_are_one_group_and_so_are_the_addresses_of_a_site() -> None:
    assert encode(["Caf\u00e9", "Cafe\u0301", "CAF\u00c9\u200b", "\u200b"]).tolist() == [0, 0, 0, -1]
    assert encode(["www.a.example", "https://a.example/", "A.example", "b.example"]).tolist() == [0, 0, 0, 1]


def test_units_are_joined_transitively() -> None:
    source, author = encode(["s1", "s1", None, None, None]), encode([None, "p", "p", None, None])
    assert join_units(5, [source, author], np.array([[0, 3]])).tolist() == [0, 0, 0, 0, 1]
    assert join_units(3, []).tolist() == [0, 1, 2]
    assert join_units(0, [np.zeros(0, dtype=np.int64)]).tolist() == []


@pytest.mark.parametrize("seed", range(20))
def test_units_are_those_that_walking_from_article_to_article_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 40
    shared = [rng.integers(-1, 30, size=n) for _ in range(2)]
    pairs = rng.integers(0, n, size=(8, 2))
    units = join_units(n, shared, pairs)
    expected = connected(n, [codes.tolist() for codes in shared], [(int(a), int(b)) for a, b in pairs])
    assert all((units[a] == units[b]) == (expected[a] == expected[b]) for a in range(n) for b in range(a))
    assert list(dict.fromkeys(units.tolist())) == list(range(units.max() + 1))


def test_a_few_reprints_do_not_join_groups_into_one() -> None:
    rng = np.random.default_rng(0)
    source, cluster = np.repeat(np.arange(20), 50), np.arange(1000)
    copies = rng.permutation(1000)[:40].reshape(20, 2)
    cluster[copies[:, 1]] = copies[:, 0]
    joined = join_units(1000, [cluster, source])
    assert np.bincount(joined).max() > 300
    assert whole_units(cluster, [source]).tolist() == source.tolist()
    assert whole_units(cluster, []).tolist() == join_units(1000, [cluster]).tolist()


def test_reprints_join_groups_where_hardly_any_is_lost_by_it() -> None:
    source, cluster = np.repeat(np.arange(100), 5), np.arange(500)
    cluster[7] = cluster[2]
    assert whole_units(cluster, [source]).tolist() == join_units(500, [cluster, source]).tolist()


def test_where_groups_stay_apart_articles_without_one_stay_with_their_copies() -> None:
    source = np.array([0, 0, 1, 1, -1, -1, -1, 2, -1])
    cluster = np.array([0, 1, 0, 2, 0, 0, 3, 4, 4])  # 0: two sources and two without; 4: one source and one without
    assert whole_units(cluster, [source]).tolist() == [0, 0, 1, 1, 2, 2, 3, 4, 4]


def test_overlapping_names_the_copies_in_earlier_splits() -> None:
    split, cluster = np.array([0, 2, 1, 2, LEFT_OUT, 0, 0]), np.array([0, 0, 1, 1, 2, 2, 3])
    assert overlapping(split, cluster).tolist() == [True, False, True, False, False, False, False]


def test_homes_say_where_a_unit_is_and_whether_in_two_places() -> None:
    unit, before = np.array([0, 0, 1, 1, 1, 2, 3]), np.array([2, OPEN, 0, 1, OPEN, OPEN, LEFT_OUT])
    home, torn = homes(unit, before)
    assert home[[0, 1, 5, 6]].tolist() == [2, 2, OPEN, OPEN]
    assert torn.tolist() == [False, False, True, True, True, False, False]


def test_bridges_are_new_articles_that_share_something_with_two_places() -> None:
    before = np.array([0, 2, 0, 2, OPEN, OPEN, OPEN, OPEN, OPEN])
    source, author = np.array([0, 1, 2, 2, 0, 0, 0, 2, 3]), np.array([-1, 4, -1, -1, 4, -1, 5, -1, 5])
    assert np.flatnonzero(bridges([source, author], before)).tolist() == [4, 7]
    assert not bridges([], before).any()
    assert not bridges([np.full(9, -1)], before).any()


def test_a_group_in_two_splits_is_never_let_through() -> None:
    groups = np.array([0, 0, 1, 1, -1, -1])
    check_apart(np.array([0, 0, 2, LEFT_OUT, 0, 2]), groups, "a source")
    assert spanning(np.array([0, 2, 2, 1, 0, 2]), groups) == 2
    assert spanning_groups(np.array([0, 0, 2, 1, 0, 2]), groups).tolist() == [1]
    with pytest.raises(InputError, match="a source would be in two splits"):
        check_apart(np.array([0, 0, 2, 1, 0, 2]), groups, "a source")
