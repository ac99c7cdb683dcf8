import json
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from classifier.errors import InputError
from classifier.files import write_json
from classifier.jobs.stopwatch import Spent, Stopwatch, timed
from classifier.models.run_folder import RunFolder


def test_the_time_of_every_session_counts(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    for session in (1, 2):
        with pytest.raises(KeyboardInterrupt), timed(run, time.monotonic() - 100) as watch:
            assert watch.spent.sessions == session
            raise KeyboardInterrupt
    assert json.loads(run.seconds.read_text())["seconds"] == pytest.approx(200, abs=5)
    with timed(run, time.monotonic() - 50) as watch:
        spent = watch.spent
    assert spent == Spent(pytest.approx(250, abs=5), 3)  # type: ignore[arg-type]
    assert not run.seconds.exists()


def test_a_killed_session_loses_some_seconds_at_most(tmp_path: Path) -> None:
    watch = Stopwatch(tmp_path / "seconds.json", time.monotonic() - 100)
    watch.note()
    written = watch.file.read_bytes()
    watch.started -= 500
    watch.note()
    assert watch.file.read_bytes() == written, "it was written a moment ago"
    watch.started += 500
    assert json.loads(watch.file.read_text())["seconds"] == pytest.approx(100, abs=5)


def test_one_of_several_processes_keeps_the_time(tmp_path: Path) -> None:
    with timed(RunFolder(tmp_path), time.monotonic(), writes=False) as watch:
        watch.note(every=0)
    assert not list(tmp_path.iterdir())


def test_damage_is_named(tmp_path: Path) -> None:
    (tmp_path / "seconds.json").write_text("[]")
    with pytest.raises(InputError, match=r"seconds\.json' is damaged(.|\n)*Fix: Remove "):
        Stopwatch(tmp_path / "seconds.json", 0.0)


def test_the_time_is_over_when_only_what_comes_after_the_steps_fits_in(tmp_path: Path) -> None:
    write_json(tmp_path / "seconds.json", asdict(Spent(100.0, 1, reserve=50.0)))
    watch = Stopwatch(tmp_path / "seconds.json", time.monotonic())
    assert watch.is_over(149) and not watch.is_over(160)
    assert watch.spent.reserve == 50
