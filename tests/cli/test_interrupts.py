import os
import signal
from pathlib import Path

import pytest
import typer

from classifier.cli import interrupts
from classifier.cli.interrupts import interruptible
from classifier.errors import InterruptedTrainingError

Capture = pytest.CaptureFixture[str]


def press() -> None:
    """Ctrl-C in this process."""
    os.kill(os.getpid(), signal.SIGINT)


def test_the_first_one_is_remembered_until_the_step_ends(tmp_path: Path, capsys: Capture) -> None:
    with pytest.raises(typer.Exit) as left, interruptible("classifier train --resume", tmp_path) as should_stop:
        assert not should_stop()
        press()
        assert should_stop()
        raise InterruptedTrainingError("Stopped at step 3.")
    assert left.value.exit_code == 130
    said = capsys.readouterr().err
    assert "Stopping after this step" in said
    assert "Stopped at step 3. Go on with: classifier train --resume" in said


def test_the_second_one_stops_at_once(tmp_path: Path, capsys: Capture) -> None:
    reached = False
    with pytest.raises(typer.Exit) as left, interruptible("…", tmp_path) as should_stop:
        should_stop()
        press()
        press()
        reached = True
    assert (left.value.exit_code, reached) == (130, False)
    assert "Interrupted. Nothing was written." in capsys.readouterr().err


def test_one_outside_the_steps_stops_at_once(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(typer.Exit), interruptible("…", tmp_path):
        press()  # before any step
    monkeypatch.setattr(interrupts, "LONGEST_STEP", -1.0)
    with pytest.raises(typer.Exit), interruptible("…", tmp_path) as should_stop:
        should_stop()
        press()  # long after the last step
    assert "Stopping after" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("files", "go_on"), [(["config.toml"], True), (["plan.json"], True), (["config.toml", "manifest.json"], False)]
)
def test_it_says_how_to_go_on_where_something_was_begun(
    files: list[str], go_on: bool, tmp_path: Path, capsys: Capture
) -> None:
    for name in files:
        (tmp_path / name).touch()
    with pytest.raises(typer.Exit), interruptible("classifier train --resume", tmp_path):
        raise KeyboardInterrupt
    assert ("Go on with: classifier train --resume" in capsys.readouterr().err.replace("\n", " ")) == go_on


def test_the_handler_before_it_is_put_back(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    with interruptible("…", tmp_path):
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before
