"""What could have been found where nothing was found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from classifier.dataset.info import LeakageProbe, SizeOfTest
from classifier.evaluation.slices import Slice, Slices
from classifier.reports.limits import gain_limits, gap_limits, shows_enough, size_words, slice_limits
from classifier.stats.significance import Gain
from tests.makers.runs import make_evaluation

PROBE = LeakageProbe("f1_macro", 0.71, (0.66, 0.76), 0.72, 0.01, 5, 900, 200, False)


def made(*detectable: float | None) -> Slices:
    slices = tuple(
        Slice("source", str(at), 20, 20, "article", 0.5, (0.3, 0.7), 0.5, None, 0.8, -0.3, 0.5, 1.0, one)
        for at, one in enumerate(detectable)
    )
    return Slices("test", 200, 0.8, ("source",), 10, slices)


@pytest.mark.parametrize(
    ("detectable", "enough", "words"),
    [
        ((0.05, 0.08, 0.3), True, "accuracy is .08 lower than that of the rest would be found in four of five cases"),
        ((0.3, 0.2, 0.25), False, "(the typical group; from .20 to .30, depending on the group)"),
        ((0.2,), False, "found in four of five cases; a smaller difference, more rarely."),
        ((0.2, 1.0, 1.0), False, "In 2 of the groups none of any size could have been found."),
        ((1.0, 1.0), False, "No difference of any size could have been found"),
        ((None, None), False, "is not stored"),  # a file of an older version
    ],
)
def test_slices_say_what_could_have_been_found(detectable, enough, words):
    assert words in slice_limits(made(*detectable))
    assert shows_enough(made(*detectable)) is enough


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "one of up to .06 is possible (95%, 200 test articles)."),
        (
            {"gap_interval": (-0.04, 0.06), "gap_90": (-0.03, 0.05), "detectable": 0.072},
            "up to .06 is possible (95%, 200 test articles), and one of .07 would be found in four of five cases.",
        ),
        ({"gap_interval": (-0.01, 0.02), "gap_90": (-0.01, 0.018)}, "The two are level"),
        ({"chosen_interval": None}, "nothing can be said about a gap"),
    ],
)
def test_the_probe_says_what_gap_is_possible(changes, words):
    assert words in gap_limits(replace(PROBE, **changes))


SIZE = SizeOfTest(129, 89, 22.9, 0.77, 0.14, 0.123, 0.131, 0.03, 2055, 1418)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {},
            "The 129 test articles, in 89 groups (source) that count for 23, can show a difference between two models "
            "of .12 in accuracy (.13 in macro F1) in four of five cases; .03 would need about 2,100 articles in 1,400 "
            "groups like these.",
        ),
        (
            {"groups": 129, "effective": 129.0, "groups_needed": 2055},
            "The 129 test articles can show a difference between two models of .12 in accuracy (.13 in macro F1) in "
            "four of five cases; .03 would need about 2,100 articles like these.",
        ),
        ({"detectable": 0.02, "detectable_f1": 0.025}, "of .02 in accuracy (.03 in macro F1) in four of five cases."),
        (
            {"detectable": None, "detectable_f1": None},
            "no difference between two models: the groups are too few;",
        ),
        ({"groups": 23}, "in 23 groups (source), can show"),
    ],
)
def test_what_a_test_set_can_show_is_said_with_what_a_small_difference_would_need(changes, words):
    assert words in size_words(replace(SIZE, **changes), ["source"])


def test_what_an_evaluation_can_show_comes_from_the_interval_of_the_gain():
    made = Gain(0.1, (0.04, 0.16), 0.01, (0.05, 0.15))
    alone = make_evaluation(gain={"f1_macro": made}, effective=200.0)
    assert "by .09 would be found surely better, or worse" in gain_limits(alone)  # .05 / 1.65 * 2.81
    assert gain_limits(replace(alone, gain={"f1_macro": Gain(0.1)})) == ""  # too few groups for any interval


@pytest.mark.parametrize(("groups", "can"), [(5, False), (6, True)])
def test_five_groups_can_show_no_difference(groups: int, can: bool) -> None:
    """Swaps of five groups have p = 2 / 32 at least."""
    made = Gain(0.1, (0.0, 0.2), 0.07, (0.02, 0.18))
    few = make_evaluation(gain={"f1_macro": made}, resampled="source", groups=groups, effective=float(groups))
    assert ("four of five cases" in gain_limits(few)) is can
    assert ("No difference between two models can be sure" in gain_limits(few)) is not can
