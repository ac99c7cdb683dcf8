"""Whether a model agrees with annotators as they do, in words."""

from __future__ import annotations

import pytest

from classifier.evaluation.annotators import AnnotatorAgreement
from classifier.reports.run.annotators import annotator_finding
from classifier.stats.agreement import Alpha, BesidePeople

PEOPLE, NOTHING = Alpha(0.7, (0.6, 0.8)), Alpha(None, None)


def made(gap: float, interval: tuple[float, float] | None, inner: tuple[float, float] | None) -> AnnotatorAgreement:
    found = BesidePeople(PEOPLE, Alpha(0.7 + gap, None), gap, interval, inner)
    return AnnotatorAgreement("test", 90, 3, 90, 90.0, found, ())


@pytest.mark.parametrize(
    ("found", "tone", "words"),
    [
        (made(0.01, (-0.03, 0.05), (-0.02, 0.04)), "good", "as much as they with each other, within .05"),
        (made(-0.02, (-0.04, -0.01), (-0.035, -0.015)), "good", "as much as they"),  # surely less, and surely by little
        (made(-0.3, (-0.4, -0.2), (-0.38, -0.22)), "care", "surely less than they"),
        (made(0.2, (0.1, 0.3), (0.12, 0.28)), "good", "surely more than they"),
        (made(0.01, (-0.2, 0.1), (-0.15, 0.08)), "note", "one of up to .20 is possible (difference +0.01"),
        (made(0.01, None, None), "note", "of too few groups"),
    ],
)
def test_nothing_found_is_never_called_level(found: AnnotatorAgreement, tone: str, words: str) -> None:
    finding = annotator_finding(found)
    assert finding is not None and finding.tone == tone
    assert words in finding.text
    assert "0.70 (0.60 to 0.80) for two annotators, on 90 articles with enough of 3 annotators." in finding.text


def test_labels_that_do_not_vary_say_nothing() -> None:
    nothing = BesidePeople(NOTHING, NOTHING, None, None, None)
    assert annotator_finding(AnnotatorAgreement("test", 90, 3, 90, 90.0, nothing, ())) is None
