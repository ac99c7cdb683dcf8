from pathlib import Path

import pytest

from classifier.cli.app import run as cli

pytestmark = pytest.mark.usefixtures("in_examples")
Capture = pytest.CaptureFixture[str]


def test_shares_are_numbers_and_each_has_its_row(capsys: Capture) -> None:
    command = ["learning-curve", "articles.csv", "--out", "curve", "--model", "tfidf", "--repeats", "1", "--quiet"]
    assert cli([*command, "--shares", "0.5;1"]) == 2
    assert "--shares takes numbers" in capsys.readouterr().err
    assert not Path("curve").exists()
    assert cli([*command, "--shares", "0.5,1"]) == 0
    printed = capsys.readouterr().out
    assert "validation articles" in printed
    assert {line.split()[1] for line in printed.splitlines() if line.startswith("│")} == {"0.5", "1"}
