import json
from pathlib import Path

import pytest

from classifier.cli.app import run as cli

pytestmark = pytest.mark.usefixtures("in_examples")
Capture = pytest.CaptureFixture[str]


def test_one_split_in_another_format(capsys: Capture) -> None:
    assert cli(["export", "datasets/mine", "--to", "jsonl", "--out", "test.jsonl", "--split", "test"]) == 0
    assert "test.jsonl" in capsys.readouterr().err
    assert len([json.loads(line) for line in Path("test.jsonl").read_text().splitlines()]) == 24
    assert cli(["export", "datasets/mine", "--to", "jsnl", "--out", "x.jsonl"]) == 2
    assert "Did you mean 'jsonl'?" in capsys.readouterr().err
