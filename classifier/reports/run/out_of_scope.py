"""What a model does with articles that belong to none of its labels, in sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from classifier.errors import counted
from classifier.evaluation.out_of_scope import OutOfScope
from classifier.reports.judgement import HELD_BACK, LET_THROUGH, Finding, Tone
from classifier.reports.words import between, cut, down, figure, percent
from classifier.stats.out_of_scope import HIGH, REACHED, Estimate, ScopeFigures

SECTION = "out_of_scope"
CHANCE = 0.5  # the AUROC of a score that tells nothing
NAMED = 5  # labels that are given most
THRESHOLDS = "classifier evaluate RUN --min-precision 0.9 --out-of-scope FILE"


def scope_finding(found: OutOfScope) -> Finding:
    """Whether abstention sends articles that belong to no label to a person."""
    figures = found.figures
    tone, title = _judged(figures)
    first = next(scope_lines(found))
    return Finding(tone, title, f"{first} {_abstention(found)}", SECTION)


def _judged(found: ScopeFigures) -> tuple[Tone, str]:
    if found.auroc.interval is not None and found.auroc.interval[1] < CHANCE:
        return "care", "Articles out of scope have higher scores than those in scope"
    if found.kept is None or found.kept_in_scope is None:
        return "note", "Articles out of scope are given labels"
    if found.kept_in_scope.value == 0:
        return "note", "Abstention leaves no labels at all"
    out, inside = found.kept.interval, found.kept_in_scope.interval
    if out is not None and out[0] > LET_THROUGH:
        return "care", "Abstention does not hold articles out of scope back"
    if out is not None and inside is not None and out[1] < min(HELD_BACK, inside[0]):
        return "good", "Abstention holds articles out of scope back"
    return "note", "Articles out of scope"


def scope_lines(found: OutOfScope) -> Iterator[str]:
    """How many are given a label, how far scores tell them apart, and what abstention does, a line each."""
    one = found.figures
    all_given = one.labelled.value == 1
    labelled = "all are given one" if all_given else f"{share_words(one.labelled)} are given one"
    yield (
        f"Of {counted(one.out_of_scope, 'article')} of {cut(found.name)}, which belong to no label, {labelled}, "
        f"{share_words(one.surely)} with a score of {figure(HIGH)} or more (in scope: "
        f"{share_words(one.surely_in_scope)})."
    )
    yield (
        f"AUROC of the score: {precise_words(one.auroc)}. So often one of the {one.in_scope:,} {found.split} articles, "
        f"which have a label, has a higher score than one out of scope; {figure(CHANCE)} is chance."
    )
    yield (
        f"At the score that {REACHED:.0%} of the articles in scope reach, {share_words(one.passed)} of those out of "
        "scope would still be given a label."
    )
    yield _abstention(found)
    if one.given:
        kept = f" Still given by --abstain: {most_given(one.kept_labels)}." if one.kept_labels else ""
        yield f"Labels that they are given most: {most_given(one.given)}.{kept}"
    if one.labelled.interval is None:
        yield (
            f"There is no interval: the articles out of scope count for {down(one.groups)} groups ({found.resampled}), "
            "and it takes three."
        )


def _abstention(found: OutOfScope) -> str:
    one = found.figures
    if one.kept is None or one.kept_in_scope is None:
        return f"No thresholds are stored by which predict --abstain could send them to a person: {THRESHOLDS}"
    if one.kept_in_scope.value == 0:
        return (
            f"With --abstain for a precision of {found.min_precision:g} no article is given a label, in scope or not: "
            "all are sent to a person. A lower --min-precision, or --folds, finds thresholds that give some."
        )
    return (
        f"With --abstain for a precision of {found.min_precision:g}, {share_words(sent(one.kept))} of them are sent to "
        f"a person and {share_words(one.kept)} still given a label; of the articles in scope "
        f"{share_words(sent(one.kept_in_scope))} are sent to a person."
    )


def sent(kept: Estimate) -> Estimate:
    """The share of articles that are given no label, from that of those which are.

    Example:
        >>> sent(Estimate(0.25, (0.125, 0.5)))
        Estimate(value=0.75, interval=(0.5, 0.875))
    """
    bounds = None if kept.interval is None else (1 - kept.interval[1], 1 - kept.interval[0])
    return Estimate(1 - kept.value, bounds)


def share_words(one: Estimate) -> str:
    """A share with its interval.

    Example:
        >>> share_words(Estimate(0.254, (0.2, 0.31))), share_words(Estimate(0.25, None))
        ('25% (20% – 31%)', '25%')
    """
    return f"{percent(one.value)}{_bounds(one, percent)}"


def precise_words(one: Estimate) -> str:
    """A figure with its interval.

    Example:
        >>> precise_words(Estimate(0.934, (0.91, 0.95)))
        '.93 (.91 – .95)'
    """
    return f"{figure(one.value)}{_bounds(one, figure)}"


def _bounds(one: Estimate, form: Callable[[float], str]) -> str:
    return "" if one.interval is None else f" ({between(one.interval, form, ' – ')})"


def most_given(given: Mapping[str, int]) -> str:
    """The labels that are given most, with how often.

    Example:
        >>> most_given({"satire": 1200, "opinion": 3})
        'satire 1,200, opinion 3'
    """
    first = list(given.items())[:NAMED]
    more = f" and {len(given) - NAMED} more" if len(given) > NAMED else ""
    return f"{', '.join(f'{cut(label)} {count:,}' for label, count in first)}{more}"
