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


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--minutes", "0"], "--minutes must be more than 0. Got 0 instead."),
        (["--max-params", "3"], "no encoder at hand has so few parameters"),
        (["--max-params", "small"], "--max-params must be a number of parameters. Got 'small' instead."),
    ],
)
def test_nonsense_is_one_clear_error(options: list[str], said: str, capsys: Capture) -> None:
    assert cli(["tune", "genre.toml", "--out", "studies/mine", *options]) == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert not Path("studies").exists()


def test_a_search_within_a_size_names_the_encoders(capsys: Capture) -> None:
    options = ["--trials", "1", "--max-params", "1M", "--set", "model.windows=1", "--quiet"]
    assert cli(["tune", "genre.toml", "--out", "studies/mine", *options]) == 0
    assert "parameters): macro F1" in " ".join(capsys.readouterr().out.split())
