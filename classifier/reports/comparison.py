"""A comparison of two runs in sentences: which is better, by how much, how surely, and what that rests on."""

from __future__ import annotations

from collections.abc import Iterator

from classifier.evaluation.comparison import Comparison
from classifier.reports.judgement import FEW_GROUPS
from classifier.reports.words import metric_name


def comparison_verdict(found: Comparison) -> str:
    """Which is better, by how much and how surely, in one sentence.

    Such as "runs/a is better than runs/b by 0.031 macro F1 (95% interval 0.010 to 0.052, p = 0.004)."
    """
    one, name = found.main, metric_name(found.metric)
    low, high = one.interval
    if not one.sure:
        way = "above" if one.difference > 0 else "below"
        level = round(one.difference, 3) == 0
        way = f"level with {found.b}" if level else f"{way} {found.b}, but not surely so"
        interval = f"95% interval {low:+z.3f} to {high:+z.3f}"
        return f"{found.a} is {way}: {one.difference:+z.3f} {name} ({interval}, {_p(one.p)})."
    if one.difference < 0:
        low, high = -high, -low
    better = "better" if one.difference > 0 else "worse"
    return (
        f"{found.a} is {better} than {found.b} by {abs(one.difference):.3f} {name} (95% interval {low:.3f} to "
        f"{high:.3f}, {_p(one.p)})."
    )


def comparison_remarks(found: Comparison) -> Iterator[str]:
    """What the figures rest on, and what they leave open."""
    yield from found.notes
    together = "" if found.resampled == "article" else f" in {found.groups:,} groups ({found.resampled})"
    yield f"Test: {found.test}, on {found.articles:,} articles{together}."
    if found.pooled:
        one = next(one for one in found.pooled if one.name == found.metric)
        yield (
            f"All out-of-fold predictions together: {one.difference:+z.3f} {metric_name(one.name)} (95% interval "
            f"{one.interval[0]:+z.3f} to {one.interval[1]:+z.3f}, {_p(one.p)} by randomisation)."
        )
    if found.mcnemar is not None:
        yield (
            f"McNemar: only A is right on {found.mcnemar.only_a:,} articles, only B on {found.mcnemar.only_b:,} "
            f"({_p(found.mcnemar.p)}{', treating every article as independent' if together else ''})."
        )
    yield f"They give different labels to {found.differing:,} of {found.articles:,} articles."
    if together and found.groups < FEW_GROUPS:
        yield f"Intervals and p-values rest on only {found.groups} groups, so they are rough."
    if 1 in found.trainings:
        yield (
            "Each side is one training: another seed could change the difference (--seeds 5 accounts for that)."
            if found.trainings == (1, 1)
            else "One side is one training: how much another seed would change it is not known."
        )


def p_number(p: float) -> str:
    """A p-value with three decimals.

    Example:
        >>> p_number(0.0321), p_number(0.00004)
        ('0.032', '< 0.001')
    """
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _p(p: float) -> str:
    return f"p {p_number(p)}" if p < 0.001 else f"p = {p:.3f}"
