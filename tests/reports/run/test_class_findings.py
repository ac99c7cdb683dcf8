"""What the figures say of each class."""

from __future__ import annotations

from typing import Any

import pytest

from classifier.reports.run.class_findings import class_findings
from classifier.reports.run.findings import run_findings, run_verdict
from tests.makers.runs import LABELS, MadeRecord, make_evaluation


def one_class(**changes: Any) -> dict[str, dict[str, float]]:
    row = {"precision": 0.8, "recall": 0.8, "f1-score": 0.8, "support": 60.0}
    return {"opinion": row | changes, "satire": row}


@pytest.mark.parametrize(
    ("changes", "fact"),
    [
        ({"recall": 0.43}, "it finds only 43% of opinion"),
        ({"precision": 0.3}, "right are only 30% of opinion that it gives"),
    ],
)
def test_a_weak_class_is_in_the_verdict(changes: dict[str, float], fact: str) -> None:
    evaluation = make_evaluation(per_class=one_class(**changes))
    verdict = run_verdict(run_findings(MadeRecord(evaluation)))
    assert verdict == ("care", f"Use these labels with care: {fact}.")
    (good,) = [one for one in class_findings(evaluation) if one.tone == "good"]
    assert good.fact == "most articles of satire are found and rightly named"


def test_a_class_whose_interval_reaches_below_half_is_not_sure() -> None:
    intervals = {name: {"precision": (0.6, 0.9), "recall": (0.6 - 0.2 * (name == "opinion"), 0.9)} for name in LABELS}
    found = list(class_findings(make_evaluation(per_class_intervals=intervals)))
    assert [(one.tone, one.title) for one in found] == [
        ("care", "Not sure of 1 class"),
        ("good", "Most are found and right"),
    ]
    assert found[0].fact == "not sure that most of opinion are found and rightly named"


@pytest.mark.parametrize("changes", [{"effective": 2.0}, {"resampled": "source", "class_effective": {"opinion": 2.9}}])
def test_nothing_is_said_of_classes_that_too_few_groups_have(changes: dict[str, Any]) -> None:
    found = list(class_findings(make_evaluation(per_class=one_class(), **changes)))
    assert all("opinion" not in one.text for one in found)
