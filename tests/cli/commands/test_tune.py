from pathlib import Path

import pytest

from classifier.cli.app import run as cli

pytestmark = pytest.mark.usefixtures("in_examples")
Capture = pytest.CaptureFixture[str]


def test_a_study_needs_something_to_search(capsys: Capture) -> None:
    assert cli(["tune", "genre.toml", "--out", "studies/mine", "--trials", "0"]) == 2
    assert "trials" in capsys.readouterr().err
    assert not Path("studies").exists()


def test_the_best_settings_are_a_config(capsys: Capture) -> None:
    options = ["--trials", "1", "--set", "model.windows=1", "--quiet"]
    assert cli(["tune", "genre.toml", "--out", "studies/mine", *options]) == 0
    assert "Next: classifier train studies/mine/best.toml" in " ".join(capsys.readouterr().out.split())
    assert Path("studies/mine/best.toml").exists()
