import csv
import json
from pathlib import Path

import pytest

from classifier.cli.app import run as cli

pytestmark = pytest.mark.usefixtures("in_examples")
Capture = pytest.CaptureFixture[str]


def test_each_article_has_a_label_and_a_score() -> None:
    assert cli(["predict", "runs/first", "archive.jsonl", "--out", "labels.csv", "--quiet"]) == 0
    with Path("labels.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == [f"new{i}" for i in range(40)]
    assert all(0 <= float(row["score"]) <= 1 for row in rows)
    assert {row["label"] for row in rows} <= {"opinion", "reporting", "satire"}


def test_a_dash_is_standard_output_and_nothing_else_is_printed_there(capsys: Capture) -> None:
    assert cli(["predict", "runs/first", "archive.jsonl", "--out", "-"]) == 0
    assert [json.loads(line)["id"] for line in capsys.readouterr().out.splitlines()][:2] == ["new0", "new1"]


def test_thresholds_must_be_there_before_it_abstains(capsys: Capture) -> None:
    assert cli(["predict", "runs/first", "archive.jsonl", "--out", "labels.csv", "--abstain"]) == 2
    assert "--min-precision" in capsys.readouterr().err
    assert not Path("labels.csv").exists()


def test_label_sets_are_found_on_validation_and_then_given(capsys: Capture) -> None:
    assert cli(["evaluate", "runs/first", "--sets", "0.75"]) == 0
    assert "Label sets that hold the true label in 75%" in " ".join(capsys.readouterr().out.split())
    assert cli(["predict", "runs/first", "archive.jsonl", "--out", "sets.jsonl", "--sets", "0.75"]) == 0
    rows = [json.loads(line) for line in Path("sets.jsonl").read_text().splitlines()]
    assert all(row["label"] in row["label_set"] for row in rows)
