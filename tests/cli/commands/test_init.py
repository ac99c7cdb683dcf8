from pathlib import Path

import pytest

from classifier.cli.app import run as cli

pytestmark = pytest.mark.usefixtures("in_examples")
Capture = pytest.CaptureFixture[str]


def test_an_older_file_stays_unless_told_otherwise(capsys: Capture) -> None:
    assert cli(["init", "stance", "--out", "my.toml"]) == 0
    assert "Set data.path in it, then: classifier train my.toml" in " ".join(capsys.readouterr().out.split())
    stance = Path("my.toml").read_text()
    assert cli(["init", "genre", "--out", "my.toml"]) == 2
    assert Path("my.toml").read_text() == stance
    assert cli(["init", "genre", "--out", "my.toml", "--overwrite"]) == 0
    assert Path("my.toml").read_text() != stance
