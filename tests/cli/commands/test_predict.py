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
