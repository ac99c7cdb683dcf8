"""Findings, their order, and that no other module has thresholds of its own."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import classifier
from classifier.dataset.info import Giveaway
from classifier.reports import judgement
from classifier.reports.judgement import Finding, finding_line, is_strong, worst_first

PACKAGE = Path(classifier.__file__).parent
THRESHOLDS = {name for name, value in vars(judgement).items() if name.isupper() and isinstance(value, (int, float))}


def test_the_worst_comes_first_and_equals_keep_their_order() -> None:
    tones = ["note", "good", "care", "stop", "care"]
    found = worst_first([Finding(tone, str(at), "") for at, tone in enumerate(tones)])  # type: ignore[arg-type]
    assert [(finding.tone, finding.title) for finding in found] == [
        ("stop", "3"),
        ("care", "2"),
        ("care", "4"),
        ("good", "1"),
        ("note", "0"),
    ]


def test_a_line_has_tone_title_and_text() -> None:
    tones = {"care": "Take care", "good": "For"}
    line = finding_line(Finding("care", "Few groups", "So rough."), tones)  # type: ignore[arg-type]
    assert line == "Take care: Few groups. So rough."
    assert Finding("good", "The same with other seeds?", "").heading == "The same with other seeds?"


@pytest.mark.parametrize(
    ("kind", "precision", "recall", "strong"),
    [("line", 0.9, 0.5, True), ("token", 1.0, 1.0, False), ("line", 0.89, 0.9, False), ("host", 1.0, 0.49, False)],
)
def test_a_strong_giveaway(kind: str, precision: float, recall: float, strong: bool) -> None:
    assert is_strong(Giveaway(kind, "x", "satire", 9, precision, recall)) is strong


def test_a_threshold_is_set_in_one_place() -> None:
    """No module of `reports` or `cli` gives one of these names a value, or compares a figure with a bare number."""
    again, bare = [], []
    files = [
        *PACKAGE.glob("reports/**/*findings.py"),
        *PACKAGE.glob("reports/**/card.py"),
        *PACKAGE.glob("cli/**/*.py"),
    ]
    for file in [*files, PACKAGE / "reports" / "comparison.py", PACKAGE / "reports" / "curve_page.py"]:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in THRESHOLDS:
                again.append(f"{file.name}: {node.id}")
            if isinstance(node, ast.Compare):
                numbers = [part.value for part in node.comparators if isinstance(part, ast.Constant)]
                bare += [f"{file.name}:{node.lineno}" for n in numbers if isinstance(n, float) and 0.001 < n < 1]
    assert (again, bare) == ([], [])
    assert len(THRESHOLDS) >= 15
