"""What becomes of articles that belong to no label, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from classifier.evaluation.out_of_scope import OutOfScope
from classifier.reports.run.findings import run_findings
from classifier.reports.run.out_of_scope import scope_finding, scope_lines
from classifier.stats.out_of_scope import Estimate, ScopeFigures
from tests.makers.runs import MadeRecord, make_evaluation

BARE = ScopeFigures(
    120,
    60,
    60.0,
    Estimate(0.91, (0.86, 0.95)),
    Estimate(0.4, (0.3, 0.5)),
    Estimate(1.0, (0.94, 1.0)),
    Estimate(0.1, (0.05, 0.2)),
    Estimate(0.5, (0.4, 0.6)),
    {"satire": 50, "opinion": 10},
)
KEPT = replace(
    BARE, kept=Estimate(0.03, (0.01, 0.08)), kept_in_scope=Estimate(0.7, (0.6, 0.8)), kept_labels={"opinion": 2}
)
FOUND = OutOfScope("test", "other.csv", KEPT, "source", 0.9)


def test_it_is_told_line_by_line() -> None:
    assert list(scope_lines(FOUND)) == [
        "Of 60 articles of other.csv, which belong to no label, all are given one, 10% (5% – 20%) with a score of .90 "
        "or more (in scope: 50% (40% – 60%)).",
        "AUROC of the score: .91 (.86 – .95). So often one of the 120 test articles, which have a label, has a higher "
        "score than one out of scope; .50 is chance.",
        "At the score that 95% of the articles in scope reach, 40% (30% – 50%) of those out of scope would still be "
        "given a label.",
        "With --abstain for a precision of 0.9, 97% (92% – 99%) of them are sent to a person and 3% (1% – 8%) still "
        "given a label; of the articles in scope 30% (20% – 40%) are sent to a person.",
        "Labels that they are given most: satire 50, opinion 10. Still given by --abstain: opinion 2.",
    ]


def test_without_thresholds_it_says_what_to_run_and_without_an_interval_why() -> None:
    text = " ".join(scope_lines(replace(FOUND, figures=BARE, min_precision=None)))
    assert "classifier evaluate RUN --min-precision 0.9 --out-of-scope FILE" in text
    few = replace(KEPT, groups=2.96, labelled=Estimate(1.0, None), auroc=Estimate(0.9, None))
    text = " ".join(scope_lines(replace(FOUND, figures=few)))
    assert "AUROC of the score: .90. " in text
    assert "There is no interval: the articles out of scope count for 2.9 groups (source)" in text
    nothing = replace(KEPT, kept=Estimate(0, (0, 0.05)), kept_in_scope=Estimate(0, (0, 0.02)))
    assert "no article is given a label, in scope or not" in " ".join(scope_lines(replace(FOUND, figures=nothing)))
    several = replace(KEPT, labelled=Estimate(0.4, (0.3, 0.5)))
    assert "40% (30% – 50%) are given one" in next(scope_lines(replace(FOUND, figures=several)))


@pytest.mark.parametrize(
    ("tone", "title", "figures"),
    [
        ("good", "Abstention holds", KEPT),
        ("note", "Articles out of scope are given", BARE),
        ("care", "does not hold", replace(KEPT, kept=Estimate(0.7, (0.6, 0.8)))),
        ("note", "Articles out of scope", replace(KEPT, kept=Estimate(0.3, (0.2, 0.4)))),
        ("note", "Articles out of scope", replace(KEPT, kept=Estimate(0.0, None))),
        ("note", "no labels at all", replace(KEPT, kept=Estimate(0, (0, 0.05)), kept_in_scope=Estimate(0, (0, 0.02)))),
        ("care", "have higher scores", replace(KEPT, auroc=Estimate(0.3, (0.2, 0.4)))),
    ],
)
def test_the_finding(tone: str, title: str, figures: ScopeFigures) -> None:
    finding = scope_finding(replace(FOUND, figures=figures))
    assert finding.tone == tone
    assert title in finding.title
    assert finding.text.startswith("Of 60 articles of other.csv")
    record = MadeRecord(make_evaluation())
    record.__dict__["out_of_scope"] = replace(FOUND, figures=figures)
    assert finding in run_findings(record)
    assert not [one for one in run_findings(MadeRecord(make_evaluation())) if one.section == "out_of_scope"]
