import csv
from pathlib import Path

import pytest

from classifier.cli.app import run as cli

pytestmark = pytest.mark.usefixtures("in_examples")
Capture = pytest.CaptureFixture[str]


def test_as_many_as_asked_in_their_order(capsys: Capture) -> None:
    assert cli(["next", "runs/first", "--pool", "archive.jsonl", "--out", "next.csv", "--n", "5"]) == 0
    assert "Chose 5 of 40 articles" in capsys.readouterr().err
    with Path("next.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["rank"] for row in rows] == ["1", "2", "3", "4", "5"]
    assert len({row["id"] for row in rows}) == 5
