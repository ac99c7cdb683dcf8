"""What could have been found where nothing was found."""

from __future__ import annotations

import pytest

from classifier.dataset.info import LeakageProbe
from classifier.evaluation.slices import Slice, Slices
from classifier.reports.limits import gap_limits, shows_enough, slice_limits

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
    ("probe", "words"),
    [
        (PROBE, "one of up to .06 is possible (200 test articles)."),
        (
            LeakageProbe(
                **{**vars(PROBE), "gap_interval": (-0.04, 0.06), "gap_90": (-0.03, 0.05), "detectable": 0.072}
            ),
            "one of up to .06 is possible (200 test articles), and one of .07 would be found in four of five cases.",
        ),
        (LeakageProbe(**{**vars(PROBE), "gap_interval": (-0.01, 0.02), "gap_90": (-0.01, 0.018)}), "The two are level"),
        (LeakageProbe(**{**vars(PROBE), "chosen_interval": None}), "nothing can be said about a gap"),
    ],
)
def test_the_probe_says_what_gap_is_possible(probe, words):
    assert words in gap_limits(probe)
