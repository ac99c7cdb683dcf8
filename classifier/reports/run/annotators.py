"""What the comparison of a model with annotators says in sentences: whether it agrees with them as they do."""

from __future__ import annotations

from classifier.errors import counted
from classifier.evaluation.annotators import AnnotatorAgreement
from classifier.reports.judgement import ALPHA_MARGIN, Finding
from classifier.reports.words import between, figure, interval_words
from classifier.stats.agreement import Alpha
from classifier.stats.equivalence import equivalent

SECTION = "annotators"


def annotator_finding(found: AnnotatorAgreement) -> Finding | None:
    """Whether the model could be one of the annotators; None where their labels do not vary."""
    one = found.found
    if one.difference is None:
        return None
    apart = f"difference {one.difference:+z.2f}, {interval_words(one.interval, '{:+z.2f}'.format)}"
    rest = f" {_figures(found)}"
    if one.interval is None:
        title, text = "Not known whether it agrees as people do", f"The articles are of too few groups ({apart})."
        return Finding("note", title, text + rest, SECTION)
    low, high = one.interval
    if equivalent(one.interval_90, ALPHA_MARGIN):
        text = (
            f"It agrees with the annotators as much as they with each other, within {figure(ALPHA_MARGIN)} ({apart})."
        )
        return Finding("good", "It agrees as people do", text + rest, SECTION)
    if high < 0:
        text = f"It agrees with the annotators surely less than they with each other ({apart})."
        return Finding("care", "It agrees less than people do", text + rest, SECTION)
    if low > 0:
        text = f"It agrees with the annotators surely more than they with each other ({apart})."
        return Finding("good", "It agrees more than people do", text + rest, SECTION)
    text = (
        "No difference was found between how the model agrees with the annotators and how they do with each other; one "
        f"of up to {figure(max(-low, high))} is possible ({apart})."
    )
    return Finding("note", "Not known whether it agrees as people do", text + rest, SECTION)


def _figures(found: AnnotatorAgreement) -> str:
    people, model = (_alpha(one) for one in (found.found.people, found.found.model))
    return (
        f"Krippendorff's alpha is {model} for the model with an annotator, and {people} for two annotators, on "
        f"{counted(found.articles, 'article')} with enough of {counted(found.annotators, 'annotator')}."
    )


def _alpha(one: Alpha) -> str:
    return f"{one.value:.2f} ({between(one.interval, '{:.2f}'.format)})"
