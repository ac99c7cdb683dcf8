import numpy as np
import pytest

from classifier.stats.sample_plan import LEAST, allocate, half_widths, label_chances, plan_group

SIZES = np.array([900, 80, 20])
CHANCES = np.array([[0.02, 0.98], [0.5, 0.5], [0.1, 0.9]])


def test_chances_follow_the_shares_of_the_corpus() -> None:
    counts = np.array([[90.0, 10.0], [10.0, 90.0]])
    rare = label_chances(counts, np.array([0.99, 0.01]))
    assert rare[1, 1] == pytest.approx(0.01 * 0.9 / (0.01 * 0.9 + 0.99 * 0.1), rel=0.1)
    assert rare.sum(axis=1) == pytest.approx([1, 1])


@pytest.mark.parametrize("total", [40, 120, 300, 1000])
def test_a_division_adds_up_and_leaves_no_stratum_out(total: int) -> None:
    given = allocate(SIZES, CHANCES, total)
    assert abs(given.sum() - total) <= len(SIZES)
    assert (given >= np.minimum(SIZES, LEAST)).all() and (given <= SIZES).all()
    assert (given >= np.floor(0.5 * total * SIZES / SIZES.sum())).all()


def test_where_labels_are_uncertain_more_are_labelled() -> None:
    given = allocate(SIZES, CHANCES, 200)
    assert given[1] / SIZES[1] > 2 * given[0] / SIZES[0]


def test_a_plan_is_the_smallest_that_does() -> None:
    wide, narrow = (plan_group(SIZES, CHANCES, width, 30) for width in (0.05, 0.04))
    assert narrow.sum() > wide.sum() >= 30
    assert half_widths(SIZES, CHANCES, narrow).max() <= 0.04
    fewer = allocate(SIZES, CHANCES, int(narrow.sum()) - 8)
    assert half_widths(SIZES, CHANCES, fewer).max() > 0.04


def test_what_cannot_be_reached_labels_all() -> None:
    assert (plan_group(SIZES, CHANCES, 0.001, 30) == SIZES).all()


def test_a_small_corpus_needs_no_more_than_it_has() -> None:
    assert plan_group(np.array([12, 3]), np.array([[0.1], [0.9]]), 0.4, 30).tolist() == [12, 3]


def test_where_all_are_labelled_the_interval_is_that_of_their_labels() -> None:
    share = SIZES @ CHANCES / SIZES.sum()
    assert half_widths(SIZES, CHANCES, SIZES) == pytest.approx(1.96 * np.sqrt(share * (1 - share) / 1000), rel=0.02)
    assert (half_widths(SIZES, CHANCES, SIZES - 1) > 1.05 * half_widths(SIZES, CHANCES, SIZES)).all()
