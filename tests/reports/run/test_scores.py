"""What scores mean, in words."""

from __future__ import annotations

import pytest

from classifier.reports.run.scores import abstention_lines, covered_words, scores_sentence
from classifier.stats.abstention import ClassOutcome, Outcome
from tests.makers.runs import make_reliability


@pytest.mark.parametrize(("calibrated", "before"), [(True, ".084 before calibration"), (False, "not calibrated")])
def test_scores_in_a_sentence(calibrated: bool, before: str) -> None:
    assert scores_sentence(make_reliability(0.031, (0.02, 0.05), calibrated=calibrated)) == (
        "Of the 10 labels given with a score around .90, 95% are right; calibration error (ECE) .031 (95% interval "
        f".020 to .050), {before}; chance alone would make it .020."
    )


def test_what_is_left_where_it_abstains() -> None:
    classes = {
        "opinion": ClassOutcome(0.71, 9, 6, 0.83, (0.5, 0.99)),
        "satire": ClassOutcome(None, 4, 0, None, (0.0, 1.0)),
    }
    found = Outcome("test", 0.9, 0.95, 0.61, (0.5, 0.7), 0.93, (0.85, 0.97), classes)
    assert covered_words(found) == ("61% (50% – 70%) of the labels are still given, 93% (85% – 97%) of them right")
    lines = list(abstention_lines(found))
    assert lines[2] == "By class: opinion from 0.71 on (6 of 9 given, 83% (50% – 99%) right)."
    assert lines[3].startswith("Never given: satire.")
