import json
from pathlib import Path

import pytest

from classifier.cli.app import run as cli

pytestmark = pytest.mark.usefixtures("in_examples")
Capture = pytest.CaptureFixture[str]


def test_json_and_the_written_comparison_are_the_same(capsys: Capture) -> None:
    assert cli(["compare", "runs/first", "runs/second", "--json", "--out", "compared"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["articles"] == 24
    written = json.loads(Path("compared/comparison.json").read_text())
    assert printed.items() <= written.items()


def test_a_run_is_level_with_itself(capsys: Capture) -> None:
    assert cli(["compare", "runs/first", "runs/first", "--quiet"]) == 0
    assert "runs/first and runs/first do not differ here" in " ".join(capsys.readouterr().out.split())
    assert cli(["compare", "runs/first", "runs/second", "--metric", "f1"]) == 2
    assert "f1_macro" in capsys.readouterr().err
