import csv
from pathlib import Path

import pytest

from classifier.cli.app import run as cli

pytestmark = pytest.mark.usefixtures("in_examples")
Capture = pytest.CaptureFixture[str]


def test_the_wrong_label_comes_first(capsys: Capture) -> None:
    assert cli(["audit", "mislabelled.csv", "--out", "audits/mine", "--no-encoder", "--quiet"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "120 articles:" in printed and "--corrections audits/mine/audit.csv" in printed
    with Path("audits/mine/audit.csv").open() as file:
        assert next(csv.DictReader(file))["id"] == "a17"
