"""What could have been found where nothing was found, in sentences: silence alone is no verdict."""

from __future__ import annotations

from statistics import median

from classifier.dataset.info import LeakageProbe
from classifier.evaluation.slices import Slices
from classifier.reports.judgement import HIDDEN, MARGIN
from classifier.reports.words import figure, many
from classifier.stats.equivalence import equivalent

NEVER = 1.0  # a difference that cannot be: none could have been found


def shows_enough(found: Slices) -> bool:
    """Whether a difference that matters would have been found in the typical slice."""
    return bool(found.detectable) and median(found.detectable) <= HIDDEN


def slice_limits(found: Slices) -> str:
    """Which differences between slices could have been found, in a sentence or two.

    Such as "A group whose accuracy is .15 lower than that of the rest would be found in four of five cases (in the
    typical group; from .08 to .31, depending on the group); a smaller difference, more rarely."
    """
    known = [one for one in found.detectable if one < NEVER]
    if not found.detectable:
        return "How large a difference could have been found is not stored: classifier evaluate RUN measures it."
    if not known:
        return "No difference of any size could have been found: the groups are too few, or too small."
    typical, low, high = (figure(one) for one in (median(known), known[0], known[-1]))
    spread = f" (the typical group; from {low} to {high}, depending on the group)" if low != high else ""
    none = len(found.detectable) - len(known)
    hopeless = f" In {none:,} of the groups none of any size could have been found." if none else ""
    return (
        f"A group whose accuracy is {typical} lower than that of the rest would be found in four of five "
        f"cases{spread}; a smaller difference, more rarely.{hopeless}"
    )


def gap_limits(probe: LeakageProbe) -> str:
    """What the probe could have found, where it is not sure of a gap."""
    gap, articles = probe.gap, many(probe.test, "test article")
    if gap is None:
        return "With fewer than three groups of like test articles, nothing can be said about a gap."
    if probe.gap_90 is not None and equivalent(probe.gap_90, MARGIN):
        return f"The two are level: {articles} show that they differ by less than {figure(MARGIN)}."
    found = ""
    if probe.detectable is not None:
        found = f", and one of {figure(probe.detectable)} would be found in four of five cases"
    return f"No gap was found; one of up to {figure(gap[1])} is possible ({articles}){found}."
