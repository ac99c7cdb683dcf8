import json
from pathlib import Path

import pytest

from classifier.cli.app import run as cli

pytestmark = pytest.mark.usefixtures("in_examples")
Capture = pytest.CaptureFixture[str]


def test_json_is_what_was_written(capsys: Capture) -> None:
    assert cli(["evaluate", "runs/first", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    written = json.loads(Path("runs/first/evaluation/test/metrics.json").read_text())
    assert printed["figures"] == written["figures"]
    assert printed["slices"]["split"] == "test"


def test_another_split_and_other_articles(capsys: Capture) -> None:
    assert cli(["evaluate", "runs/first", "--split", "validation"]) == 0
    assert "these figures do not show how it does on new ones" in " ".join(capsys.readouterr().out.split())
    assert cli(["evaluate", "runs/first", "--data", "articles.csv", "--out", "all", "--quiet"]) == 0
    assert json.loads(Path("all/metrics.json").read_text())["articles"] == 120
    assert cli(["evaluate", "runs/first", "--set", "train.seed=1"]) == 2
    assert "has no effect here" in capsys.readouterr().err
