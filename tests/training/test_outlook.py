"""What a training reads, and that measuring it changes nothing."""

from pathlib import Path

import pytest

from classifier.config_file import make_config
from classifier.jobs.building.build import build
from classifier.models.run_folder import RunFolder
from classifier.training import outlook
from classifier.training.auto import choose_settings
from classifier.training.outlook import Amount, about_seconds, amount_of
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.settings import tiny


def test_twice_the_epochs_take_almost_twice_as_long() -> None:
    one, two = (Amount(400, 60, 140, 400, epochs, frozen=False).seconds(1.0, 0.01) for epochs in (3, 6))
    assert 1.9 < two / one < 2


def test_a_head_alone_is_read_once() -> None:
    assert Amount(400, 0, 100, 400, 0, frozen=False).seconds(0.0, 1.0) == pytest.approx(
        outlook.OTHER * (500 + outlook.EXPLAINED)
    )


@pytest.mark.parametrize("epochs", [0, 2])
def test_it_is_measured_on_the_model_itself_and_nothing_is_written(
    epochs: int, tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tiny(checkpoint, **{"train.num_train_epochs": epochs})
    path = write_jsonl(tmp_path / "a.jsonl", make_articles(60))
    dataset = build(str(path), tmp_path / "mine", settings=settings).dataset
    assert dataset is not None
    config, run = choose_settings(make_config({}, settings), dataset), RunFolder(tmp_path / "run")
    assert about_seconds(run, config, dataset) is None  # over before it is measured
    monkeypatch.setattr(outlook, "FEWEST_TOKENS", 0)
    seconds = about_seconds(run, config, dataset)
    assert seconds is not None
    assert 0 < seconds < 600
    assert not run.path.exists()
    assert amount_of(config, dataset).epochs == epochs
