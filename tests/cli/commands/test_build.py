import json
import shlex
from pathlib import Path

import pytest

from classifier.cli.app import run as cli

pytestmark = pytest.mark.usefixtures("in_examples")
Capture = pytest.CaptureFixture[str]


def test_it_says_what_it_wrote_and_that_nothing_has_changed(capsys: Capture) -> None:
    assert cli(["build", "articles.csv", "--out", "datasets/new", "--quiet"]) == 0
    assert "Wrote datasets/new; look at datasets/new/report.html." in " ".join(capsys.readouterr().out.split())
    assert cli(["build", "articles.csv", "--out", "datasets/new"]) == 0
    assert "datasets/new is up to date" in capsys.readouterr().out


def test_a_dry_run_writes_nothing_and_options_are_settings(capsys: Capture) -> None:
    before = sorted(Path().rglob("*"))
    assert cli(["build", "genre.toml", "--dry-run"]) == 0
    assert "Nothing was written" in capsys.readouterr().out
    assert sorted(Path().rglob("*")) == before
    options = ["--set", "split.test_size=0.5", "--set", "split.folds=3"]
    assert cli(["build", "articles.csv", "--out", "datasets/folds", *options[2:]]) == 0
    assert "--all-folds" in capsys.readouterr().out
    assert cli(["build", "articles.csv", "--out", "datasets/half", *options[:2]]) == 0
    written = json.loads(Path("datasets/half/dataset.json").read_text())
    assert written["settings"]["split"]["test_size"] == 0.5


def test_the_next_command_can_be_typed_where_a_folder_has_a_space_in_its_name(capsys: Capture) -> None:
    assert cli(["build", "articles.csv", "--out", "my datasets/new"]) == 0
    command = " ".join(capsys.readouterr().out.split()).split("Next: ")[1]
    assert shlex.split(command) == ["classifier", "train", "my datasets/new", "--out", "RUN"]
