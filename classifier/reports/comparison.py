"""A comparison of two runs in sentences: which is better, by how much, how surely, and what that rests on."""

from __future__ import annotations

from collections.abc import Iterator

from classifier.errors import counted
from classifier.evaluation.comparison import OVER_SEEDS, RANDOMISATION, Comparison
from classifier.reports.judgement import FEW_GROUPS, MARGIN, TRAINED
from classifier.reports.words import down, interval_words, metric_name, p_words
from classifier.stats.equivalence import equivalent
from classifier.stats.few_groups import FEWEST_EFFECTIVE
from classifier.stats.seeds import FEWEST_SEEDS
from classifier.stats.significance import LEVEL


def comparison_verdict(found: Comparison) -> str:
    """Which is better, by how much and how surely, in one sentence.

    Such as "runs/a is better than runs/b by 0.031 macro F1 (95% interval 0.010 to 0.052, p = 0.004)."
    """
    one, name = found.main, metric_name(found.metric)
    if max(found.trained_texts) >= TRAINED * found.articles:
        learnt = " and ".join(side for side, _ in _trained_on(found))
        return (
            f"Which of {found.a} and {found.b} is better cannot be said: {learnt} learnt from these articles "
            f"({one.difference:+z.3f} {name})."
        )
    if one.sure and one.interval is not None:
        low, high = one.interval if one.difference > 0 else (-one.interval[1], -one.interval[0])
        better = "better" if one.difference > 0 else "worse"
        return (
            f"{found.a} is {better} than {found.b} by {abs(one.difference):.3f} {name} (95% interval {low:.3f} to "
            f"{high:.3f}, {p_words(one.p)})."
        )
    few = _too_few_seeds(found) and f"no interval: fewer than {FEWEST_SEEDS} seeds"
    sure = few or interval_words(one.interval, "{:+z.3f}".format)
    shown = f"{one.difference:+z.3f} {name} ({sure}{'' if one.p is None else f', {p_words(one.p)}'})"
    if one.interval is None:
        return f"Which of {found.a} and {found.b} is better cannot be said: {shown}."
    if equivalent(one.interval_90, MARGIN):
        return f"{found.a} is level with {found.b} to within {MARGIN:g}: {shown}."
    if round(one.difference, 3) == 0:
        return f"{found.a} and {found.b} do not differ here, but may elsewhere: {shown}."
    way = "above" if one.difference > 0 else "below"
    return f"{found.a} is {way} {found.b}, but not surely so: {shown}."


def _trained_on(found: Comparison) -> list[tuple[str, int]]:
    """The sides that were trained on articles of the comparison, and on how many."""
    sides = zip((found.a, found.b), found.trained_texts, strict=True)
    return [(side, count) for side, count in sides if count]


def _too_few_seeds(found: Comparison) -> bool:
    return found.test == OVER_SEEDS and any(1 < count < FEWEST_SEEDS for count in found.trainings)


def comparison_remarks(found: Comparison) -> Iterator[str]:
    """What the figures rest on, and what they leave open."""
    yield from (
        f"{side} was trained on the texts of {counted(count, 'article')} here, which flatters it: leave those out."
        for side, count in _trained_on(found)
    )
    yield from found.notes
    together = "" if found.resampled == "article" else f" in {found.groups:,} groups ({found.resampled})"
    yield f"Test: {found.test}, on {found.articles:,} articles{together}."
    if found.pooled:
        one = next(one for one in found.pooled if one.name == found.metric)
        bounds = interval_words(one.interval, "{:+z.3f}".format)
        yield (
            f"All out-of-fold predictions together: {one.difference:+z.3f} {metric_name(one.name)} ({bounds}, "
            f"{p_words(one.p)}). That takes these models as given, as the table of classes does: equally good ones are "
            "called surely better so in up to 10%."
        )
    if found.mcnemar is not None:
        yield (
            f"McNemar: only A is right on {found.mcnemar.only_a:,} articles, only B on {found.mcnemar.only_b:,} "
            f"({p_words(found.mcnemar.p)}{', treating every article as independent' if together else ''})."
        )
    if found.per_class:
        yield "The intervals of classes go with their corrected p: they hold 0 wherever it does not rule that out."
    yield f"They give different labels to {found.differing:,} of {found.articles:,} articles."
    if found.effective < FEWEST_EFFECTIVE:
        yield (
            f"The articles count for {down(found.effective)} groups of equal size: fewer than {FEWEST_EFFECTIVE:g} do "
            "not tell how others would do."
        )
    elif found.effective < FEW_GROUPS:
        yield f"Intervals and p-values rest on {found.effective:.1f} groups of equal size, so they are rough."
    if found.effective >= FEWEST_EFFECTIVE and found.test == RANDOMISATION and 2 * 0.5**found.groups >= LEVEL:
        yield (
            f"With {found.groups} groups, swapping them gives no p-value below {2 * 0.5**found.groups:.3f}, so no "
            "difference can be sure on these articles: the intervals are made to hold 0."
        )
    if found.looks is not None and found.looks.settings > 2:
        yield (
            f"These articles were looked at {found.looks.times:,} times, by {found.looks.settings} settings: if one of "
            "the two was chosen by that, the difference is likely too large."
        )
    if 1 in found.trainings:
        yield (
            "Each side is one training, or one of each fold: another seed could change the difference, unless a head "
            "alone was fitted (--seeds 5 accounts for that; with folds nothing does)."
            if found.trainings == (1, 1)
            else "One side is one training: it is taken to vary as the seeds of the other side do."
        )
    if _too_few_seeds(found):
        yield "Two seeds hardly tell how much seeds differ, so there is no verdict: give at least 3 (--seeds 3)."
