"""What could have been found where nothing was found, in sentences: silence alone is no verdict."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from classifier.dataset.info import LeakageProbe, SizeOfTest
from classifier.errors import counted
from classifier.evaluation.result import Evaluation
from classifier.evaluation.slices import Slices
from classifier.reports.judgement import HIDDEN, MARGIN
from classifier.reports.words import figure
from classifier.stats.equivalence import LEVEL, equivalent, smallest_detectable, standard_error_of

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


def size_words(size: SizeOfTest, group_by: Sequence[str]) -> str:
    """What difference between two models the test articles can show, and how many would show a small one.

    Such as "The 129 test articles, in 89 groups (source) that count for 23, can show a difference between two models
    of .12 in accuracy (.13 in macro F1) in four of five cases; .03 would need about 2,100 articles in 1,400 groups
    like these."
    """
    alone = size.groups == size.articles
    of = f" ({', '.join(group_by)})" if group_by else " of like articles"
    what = counted(size.articles, "test article")
    if not alone:
        what += f", in {counted(size.groups, 'group')}{of}"
        if round(size.effective) < size.groups:
            what += f" that {'counts' if size.groups == 1 else 'count'} for {size.effective:,.0f}"
        what += ","
    needed = ""
    if size.articles_needed is not None and (size.detectable is None or size.detectable > size.wanted):
        groups = "" if alone or size.groups_needed is None else f" in {_about(size.groups_needed)} groups"
        needed = f"; {figure(size.wanted)} would need about {_about(size.articles_needed)} articles{groups} like these"
    if size.detectable is None:
        few = "they" if alone else "the groups"
        return f"The {what} can show no difference between two models: {few} are too few{needed}."
    f1 = "" if size.detectable_f1 is None else f" ({figure(size.detectable_f1)} in macro F1)"
    return (
        f"The {what} can show a difference between two models of {figure(size.detectable)} in accuracy{f1} in four of "
        f"five cases{needed}."
    )


def _about(count: int) -> str:
    """A count with two figures that are not 0."""
    step = 10 ** max(0, len(str(count)) - 2)
    return f"{round(count / step) * step:,}"


def gain_limits(evaluation: Evaluation) -> str:
    """What difference to TF-IDF these articles can show, from the interval of the one that was found; or nothing."""
    bounds = evaluation.gain["f1_macro"].interval_90
    df = (evaluation.folds or evaluation.effective) - 1
    if bounds is None or bounds[0] == bounds[1] or df <= 0:
        return ""
    few = evaluation.resampled != "article" and 2 * 0.5**evaluation.groups >= LEVEL  # the least p of swapping groups
    if few and not evaluation.folds:
        return "No difference between two models can be sure on these articles: the groups are too few."
    shown = smallest_detectable(standard_error_of(bounds, df, level=0.9), df)
    return (
        f"A model whose macro F1 differs from that of TF-IDF + linear by {figure(shown)} would be found surely better, "
        "or worse, on these articles in four of five cases; a smaller difference, more rarely."
    )


def gap_limits(probe: LeakageProbe) -> str:
    """What the probe could have found, where it is not sure of a gap."""
    gap, articles = probe.gap, counted(probe.test, "test article")
    if gap is None:
        return "With fewer than three groups of like test articles, nothing can be said about a gap."
    if probe.gap_90 is not None and equivalent(probe.gap_90, MARGIN):
        return f"The two are level: {articles} show that they differ by less than {figure(MARGIN)}."
    found = ""
    if probe.detectable is not None:
        found = f", and one of {figure(probe.detectable)} would be found in four of five cases"
    return f"No gap was found; one of up to {figure(gap[1])} is possible (95%, {articles}){found}."
