import json
import subprocess
import sys
from pathlib import Path

import pytest

from classifier._version import __version__
from classifier.cli.app import COMMANDS as COMMAND_MODULES
from classifier.cli.app import run as cli
from classifier.dataset import writer
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.light_process import LightProcess
from tests.makers.settings import options, tiny

COMMANDS = tuple(module.__name__.rpartition(".")[2].replace("_", "-") for module in COMMAND_MODULES)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli([command, "--help"]) == 0
    assert f"Example: classifier {command}" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], *([command, "--help"] for command in COMMANDS)])
def test_help_and_version_import_nothing_heavy(arguments: list[str], light: LightProcess) -> None:
    heavy = ("torch", "transformers", "datasets", "sklearn", "pyarrow", "numpy", "optuna")
    found = light.run(arguments, heavy)
    assert (found.code, found.loaded) == (0, set()), found.said


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli(["--version"]) == 0
    assert capsys.readouterr().out.strip() == f"classifier {__version__}"


def test_an_unknown_option_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli(["train", "--nonsense"]) == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("task", ["genre", "stance"])
def test_init_writes_a_config_that_loads(task: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from classifier.config_file import load_config

    out = tmp_path / "my.toml"
    assert cli(["init", task, "--out", str(out)]) == 0
    assert load_config(out).data.path is not None
    assert cli(["init", task, "--out", str(out)]) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert cli(["init", "genres", "--out", str(tmp_path / "x.toml")]) == 2


def test_the_four_commands(tmp_path: Path, checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(90))
    data, run, labels = (str(tmp_path / name) for name in ("data", "run", "labels.csv"))
    settings = options(tiny(checkpoint))
    assert cli(["build", str(source), "--out", data, *settings]) == 0
    printed = capsys.readouterr()
    assert "Read in at most" in printed.out
    assert cli(["train", data, "--out", run, "--seed", "5", *settings]) == 0
    printed = capsys.readouterr()
    for words in ("macro F1", "TF-IDF + linear", "majority", "On 18 test articles from 5 sources", "With 18 articles"):
        assert words in printed.out.replace("\n", " ")
    assert "tokens are dropped" in printed.err
    assert cli(["evaluate", run, "--json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["articles"] == 18
    assert printed.err == ""
    assert cli(["predict", run, str(source), "--out", labels]) == 0
    assert "train.seed" not in (tmp_path / "run" / "config.toml").read_text()
    assert "seed = 5" in (tmp_path / "run" / "config.toml").read_text()


def test_quiet_train_prints_the_result_alone(
    tmp_path: Path, checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(60))
    settings = options(tiny(checkpoint))
    assert cli(["train", str(source), "--out", str(tmp_path / "run"), "--quiet", *settings]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert "macro F1" in printed.out


def test_a_fault_of_ours_exits_with_1(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from classifier.jobs.building import build

    monkeypatch.setattr(build, "build", lambda *_, **__: 1 / 0)
    assert cli(["build", "a.csv", "--out", "x"]) == 1
    assert "fault of classifier" in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
def test_a_full_disk_under_standard_output_is_no_fault_of_ours() -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "classifier", "--help"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error: What was to be written has no room: No space left on device.")
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr


def test_ctrl_c_during_a_build_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(30))

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(writer, "_write_splits", interrupt)
    assert cli(["build", str(source), "--out", str(tmp_path / "data")]) == 130
    assert "nothing half-written" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]
