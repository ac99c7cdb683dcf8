import numpy as np
import pytest

from classifier.dataset.digests import without_digests
from classifier.dataset.splits import Assignment
from classifier.dataset.units import LEFT_OUT
from classifier.errors import counted

CLUSTER = np.array([0, 1, 2, 3])  # the last one holds the first two
DIGESTS = np.array([[0, 3], [1, 3]])


@pytest.mark.parametrize(
    ("split", "given", "old", "left"),
    [
        ([0, 0, 1, 0], [], 0, []),  # all in one split
        ([0, 2, 1, 0], [], 0, [3]),
        ([0, 0, 1, 2], [], 0, [3]),
        ([0, 1, 1, 2], [3], 0, [0, 1]),  # a given test stays whole
        ([2, 0, 1, 0], [0], 0, [3]),
        ([2, 0, 1, 1], [0, 3], 0, [3]),  # of two that are given, the earlier goes
        ([0, LEFT_OUT, 1, 0], [], 0, []),
        ([0, 2, 1, LEFT_OUT], [], 0, []),
        ([0, 0, 1, 2], [], 3, [3]),  # the old ones stay
        ([0, 0, 1, 2], [], 4, []),
    ],
)
def test_what_would_give_away_an_answer_is_left_out(
    split: list[int], given: list[int], old: int, left: list[int]
) -> None:
    fixed = np.isin(np.arange(4), given)
    made = without_digests(Assignment(np.array(split), CLUSTER, {}, ("first",)), CLUSTER, DIGESTS, fixed, old)
    expected = [LEFT_OUT if row in left else code for row, code in enumerate(split)]
    assert made.split.tolist() == expected
    assert made.notes[1:] == (() if not left else (made.notes[-1],))
    assert not left or made.notes[-1].startswith(f"{counted(len(left), 'article')} left out")


def test_new_parts_of_an_old_digest_are_left_out() -> None:
    cluster = np.array([3, 0, 1, 2])
    made = without_digests(Assignment(np.array([0, 2, 0, 1]), cluster, {}), cluster, DIGESTS, cluster < 0, 1)
    assert made.split.tolist() == [0, LEFT_OUT, 0, 1]


def test_a_digest_whose_parts_are_in_several_folds_is_in_none() -> None:
    folds = np.array([[2, 0, 0], [0, 2, 0], [0, 0, 2], [2, 0, 0]])
    start = Assignment(np.zeros(4, dtype=int), CLUSTER, {}, folds=folds)
    made = without_digests(start, CLUSTER, DIGESTS, CLUSTER < 0)
    assert made.folds is not None
    assert made.folds[:3].tolist() == folds[:3].tolist()
    assert made.folds[3].tolist() == [LEFT_OUT] * 3
    assert made.split.tolist() == [0, 0, 0, LEFT_OUT]
    same = np.array([folds[0], folds[0], folds[2], folds[0]])
    assert without_digests(Assignment(start.split, CLUSTER, {}, folds=same), CLUSTER, DIGESTS, CLUSTER < 0).notes == ()


def test_copies_of_a_digest_go_too() -> None:
    cluster = np.array([0, 1, 2, 2, 2])
    digests = np.array([[0, 2], [1, 2]])
    made = without_digests(Assignment(np.array([0, 2, 0, 2, 0]), cluster, {}), cluster, digests, cluster < 0)
    assert made.split.tolist() == [0, 2, LEFT_OUT, LEFT_OUT, LEFT_OUT]
