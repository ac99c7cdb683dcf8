"""What becomes of labels that are held out, in words and rows."""

from __future__ import annotations

from dataclasses import replace

from classifier.evaluation.labels.held_out import HeldOutLabel, HeldOutLabels
from classifier.reports.run.findings import run_findings
from classifier.reports.run.held_out_labels import (
    held_out_finding,
    held_out_lines,
    held_out_notes,
    held_out_rows,
    held_out_words,
)
from classifier.stats.out_of_scope import Estimate, ScopeFigures
from tests.makers.runs import MadeRecord, make_evaluation

SATIRE = ScopeFigures(
    120,
    60,
    60.0,
    Estimate(0.91, (0.86, 0.95)),
    Estimate(0.4, (0.3, 0.5)),
    Estimate(1.0, (0.94, 1.0)),
    Estimate(0.1, (0.05, 0.2)),
    Estimate(0.5, (0.4, 0.6)),
    {"opinion": 50, "reporting": 10},
    Estimate(0.25, (0.2, 0.3)),
    Estimate(0.75, (0.7, 0.8)),
    {"opinion": 15},
)
OPINION = replace(SATIRE, auroc=Estimate(0.6, None), out_of_scope=1200, kept_in_scope=Estimate(0.0, (0.0, 0.02)))
FOUND = HeldOutLabels(
    "a quick one",
    (HeldOutLabel("satire", SATIRE), HeldOutLabel("opinion", OPINION)),
    {"letter": 4},
    1400,
    2000,
    5,
    0.9,
    0.8125,
    "source",
)


def test_each_label_has_a_row_the_worst_first() -> None:
    worst, best = held_out_rows(FOUND)
    assert (worst.label, worst.articles, worst.auroc) == ("opinion", 1200, ".60")
    assert best == (
        "satire",
        60,
        ".91 (.86 – .95)",
        "10% (5% – 20%)",
        "40% (30% – 50%)",
        "75% (70% – 80%)",
        "25% (20% – 30%)",
        "opinion 50, reporting 10",
    )


def test_it_is_told_line_by_line() -> None:
    first, opinion, satire, *notes = held_out_lines(FOUND)
    assert first.startswith("Each label held out in turn, of 1,400 articles (a sample of 2,000): what becomes")
    assert "(a quick one, 5 folds)" in held_out_words(FOUND)
    assert "sample" not in held_out_words(replace(FOUND, of=1400))
    assert opinion.startswith("  opinion (1,200 articles): AUROC .60; 10%")
    assert satire.endswith(
        "75% (70% – 80%) are sent to a person, of the others 25% (20% – 30%). Given: opinion 50, reporting 10."
    )
    assert notes == list(held_out_notes(FOUND))
    text = " ".join(notes)
    for words in (
        "accuracy on the test articles is 0.812",
        "Without opinion, the other articles are too few or too unsure",
        "fewer than 10 articles: letter (4)",
        "fewer than three groups (source)",
    ):
        assert words in text
    sure = replace(FOUND, labels=FOUND.labels[:1], left_out={}, accuracy=None)
    assert list(held_out_notes(sure)) == []


def test_the_finding_names_the_worst_and_the_best() -> None:
    finding = held_out_finding(FOUND)
    assert (finding.tone, finding.section) == ("note", "held_out_labels")
    assert finding.text == (
        "Without opinion, the AUROC of the score is .60: 75% (70% – 80%) are sent to a person. That is the worst of 2 "
        "labels; the best is satire with .91 (.86 – .95): 75% (70% – 80%) are sent to a person."
    )
    assert "worst" not in held_out_finding(replace(FOUND, labels=FOUND.labels[:1])).text
    record = MadeRecord(make_evaluation())
    record.__dict__["held_out_labels"] = FOUND
    assert finding in run_findings(record)
