"""What label sets hold, in words."""

from __future__ import annotations

from dataclasses import replace

from classifier.reports.run.findings import run_findings
from classifier.reports.run.sets import falls_short, sets_lines, sets_promise, sets_words
from classifier.stats.conformal import ClassSets, SetsOutcome
from tests.makers.runs import MadeRecord, make_evaluation

CLASSES = {
    "opinion": ClassSets(60, 0.95, (0.88, 0.98), 1.2, 20, False),
    "satire": ClassSets(0, None, None, None, 12, True),
}
FOUND = SetsOutcome(
    "test", 0.9, 0.92, (0.88, 0.95), 1.25, 0.75, 0.96, (0.9, 0.98), CLASSES, (), "source", 12.0, "source"
)


def test_what_the_sets_hold_is_told_line_by_line() -> None:
    assert list(sets_lines(FOUND)) == [
        "Label sets that hold the true label in 90%: 92% (88% – 95%) of the sets hold the true label, with 1.25 labels "
        "in a set; 75% are of one label, 96% (90% – 98%) of these right.",
        "They are for articles of new groups (source), each of which counts the same.",
        "By class, sets that hold it: opinion 95% (88% – 98%) of 60.",
    ]
    assert sets_words(replace(FOUND, single=0.0, single_right=None)).endswith("0% are of one label")


def test_the_promise_says_what_it_does_not_hold_for() -> None:
    assert "of other sources, fewer may hold it" in sets_promise(replace(FOUND, validation="near-duplicates"))
    shared = sets_promise(replace(FOUND, together=(("satire", "opinion"),), interval=None, groups=2.0))
    assert "satire and opinion share a promise" in shared
    assert "the articles count for 2.0 groups (source)" in shared


def test_sets_that_hold_less_than_asked_are_a_point_to_mind() -> None:
    cases = {"good": FOUND, "care": replace(FOUND, interval=(0.7, 0.89)), "note": replace(FOUND, interval=None)}
    for tone, found in cases.items():
        (finding,) = [f for f in run_findings(MadeRecord(make_evaluation(sets=found))) if f.section == "sets"]
        assert finding.tone == tone
        assert finding.text.startswith("With --sets 0.9, 92%")
    assert falls_short(cases["care"]) and not falls_short(FOUND)
