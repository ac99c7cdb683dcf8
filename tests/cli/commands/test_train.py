from pathlib import Path

import pytest

from classifier.cli.app import run as cli

pytestmark = pytest.mark.usefixtures("in_examples")
Capture = pytest.CaptureFixture[str]


def test_a_run_is_trained_and_measured(capsys: Capture) -> None:
    assert cli(["train", "datasets/mine", "--out", "runs/new", "--seed", "3"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "macro F1" in printed and "majority" in printed
    assert "seed = 3" in Path("runs/new/config.toml").read_text()
    assert cli(["train", "datasets/mine", "--out", "runs/new"]) == 2
    assert "--overwrite" in capsys.readouterr().err


def test_options_that_do_not_go_together_are_refused(capsys: Capture) -> None:
    for options in (["--seeds", "2", "--all-folds"], ["--resume"], ["--fold", "1"]):
        assert cli(["train", "datasets/mine", "--out", "runs/new", *options]) == 2, options
        assert "Fix: " in capsys.readouterr().err
    assert not Path("runs/new").exists()
