import numpy as np

from classifier.models.held_out import LEARNT, HeldOut


def test_a_label_that_stands_in_one_fold_only_cannot_be_learnt() -> None:
    held_out = HeldOut(np.array([0, 0, 1, 1, LEARNT]), balanced=True)
    assert held_out.usable(np.array([0, 1, 0, 2, 3])).tolist() == [True, False, True, False, False]
    assert held_out.usable(np.array([0, 1, 0, 2, 1])).tolist() == [True, True, True, False, False]
    twice = HeldOut(np.array([0, 1, 0, 0]), balanced=False)
    assert twice.usable(np.array([0, 0, 1, 1])).tolist() == [True, True, False, False]
    many = np.array([[1, 0], [1, 1], [1, 0], [0, 0], [0, 0]])
    assert held_out.usable(many).tolist() == [True, False, True, True, False]


def test_some_of_the_articles_alone() -> None:
    taken = HeldOut(np.array([0, 1, LEARNT]), balanced=False).take(np.array([2, 0]))
    assert (taken.fold.tolist(), taken.balanced) == ([LEARNT, 0], False)
