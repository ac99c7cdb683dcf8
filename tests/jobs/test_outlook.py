"""What will be done is said before it is done, with the time where it was measured."""

from pathlib import Path

import pytest

from classifier.config_file import make_config
from classifier.dataset.folder import DatasetFolder
from classifier.jobs import outlook
from classifier.jobs.building.build import build
from classifier.jobs.outlook import say_outlook
from classifier.models.run_folder import RunFolder
from classifier.progress import SILENT
from classifier.training.auto import ChosenConfig, choose_settings
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.settings import tiny


@pytest.fixture
def planned(tmp_path: Path, checkpoint: Path) -> tuple[ChosenConfig, DatasetFolder]:
    path, settings = write_jsonl(tmp_path / "a.jsonl", make_articles(60)), tiny(checkpoint)
    dataset = build(str(path), tmp_path / "mine", settings=settings).dataset
    assert dataset is not None
    return choose_settings(make_config({}, settings), dataset), dataset


@pytest.mark.parametrize(
    ("seconds", "trainings", "said"),
    [
        (None, 1, "training: 42 articles, 2 windows of 48 tokens, 2 epochs"),
        (540.0, 1, "training: 42 articles, 2 windows of 48 tokens, 2 epochs: about 9 minutes on this machine"),
        (
            540.0,
            5,
            "5 trainings, each of 42 articles, 2 windows of 48 tokens, 2 epochs: about 9 minutes each on this machine, "
            "45 minutes in all",
        ),
        (540.0, 0, ""),
    ],
)
def test_the_plan_and_the_time_are_one_sentence(
    planned: tuple[ChosenConfig, DatasetFolder],
    seconds: float | None,
    trainings: int,
    said: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outlook, "about_seconds", lambda *_: seconds)
    caplog.clear()
    with caplog.at_level("INFO", logger="classifier"):
        say_outlook(RunFolder(Path("run")), *planned, SILENT, trainings=trainings)
    assert caplog.messages == ([said] if said else [])
