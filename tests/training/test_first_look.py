"""The look through the frozen encoder that decides whether it is trained."""

from pathlib import Path
from typing import Any

import pytest

from classifier.config import Config, Layers
from classifier.config_file import make_config
from classifier.dataset.folder import DatasetFolder
from classifier.models.model_folder import read_model_info
from classifier.models.run_folder import RunFolder
from classifier.progress import SILENT
from classifier.training import auto, first_look, head
from classifier.training.auto import ChosenConfig, as_head, choose_settings
from classifier.training.baselines import fit_run_baselines
from classifier.training.first_look import look_at_layers
from classifier.training.fit import fit
from classifier.training.vector_memory import VectorMemory
from tests.makers.settings import tiny

OPEN = {"train.num_train_epochs": "auto", "model.windows": 1}
LOSSES: dict[str, dict[Layers, float]] = {"all": {"last": 0.9, "all": 0.5}, "last": {"last": 0.5, "all": 0.9}}


def settings(checkpoint: Path, **more: object) -> Config:
    return make_config({}, tiny(checkpoint, **{**OPEN, **more}))


def looked(monkeypatch: pytest.MonkeyPatch, losses: dict[Layers, float]) -> list[ChosenConfig]:
    """What is asked for a look, which finds these losses."""
    asked: list[ChosenConfig] = []
    monkeypatch.setattr(first_look, "look_at_layers", lambda config, *_: (asked.append(config), losses)[1])
    return asked


@pytest.mark.parametrize("better", ["last", "all"])
def test_where_all_layers_tell_more_a_head_alone_is_trained(
    better: str, dataset: DatasetFolder, checkpoint: Path, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    caplog.set_level("INFO")
    asked = looked(monkeypatch, LOSSES[better])
    chosen = choose_settings(settings(checkpoint), dataset)
    assert [config.train.num_train_epochs for config in asked] == [0]
    assert (chosen.train.num_train_epochs == 0) is (better == "all")
    assert ("log-loss out of fold 0.500 instead of 0.900" in caplog.text) is (better == "all")
    assert chosen.model.layers == "auto"


@pytest.mark.parametrize(
    "more",
    [
        {"train.num_train_epochs": 2},
        {"train.preset": "probe"},
        {"model.pooling": "cls"},
        {"model.layers": "last"},
        {"model.layers": "all"},
    ],
)
def test_what_is_given_needs_no_look(
    more: dict[str, object], dataset: DatasetFolder, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = looked(monkeypatch, LOSSES["all"])
    chosen = choose_settings(settings(checkpoint, **more), dataset)
    assert not asked
    assert (chosen.train.num_train_epochs == 0) is (more in ({"train.preset": "probe"}, {"model.layers": "all"}))


@pytest.mark.parametrize(("few", "enough"), [(200, 1_000), (10, 50)])
def test_few_articles_need_no_look_and_many_are_not_looked_at(
    few: int, enough: int, dataset: DatasetFolder, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = looked(monkeypatch, LOSSES["all"])
    monkeypatch.setattr(auto, "FEW", few)
    monkeypatch.setattr(auto, "FEW_TO_LOOK", enough)
    chosen = choose_settings(settings(checkpoint), dataset)
    assert not asked
    assert (chosen.train.num_train_epochs == 0) is (few == 200)


def test_who_wants_the_encoder_trained_gets_it(
    dataset: DatasetFolder, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = looked(monkeypatch, LOSSES["all"])
    assert choose_settings(settings(checkpoint), dataset, tuned=True).train.num_train_epochs > 0
    assert not asked


def test_the_head_that_follows_reads_no_article_again(
    dataset: DatasetFolder, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, read = settings(checkpoint, **{"split.validation_size": 0.1}), []
    monkeypatch.setattr(head, "READ", VectorMemory())
    vectors = head.mean_vectors

    def counting(model: Any, encoded: Any, *args: Any, **options: Any) -> Any:
        read.append(len(encoded))
        return vectors(model, encoded, *args, **options)

    monkeypatch.setattr(head, "mean_vectors", counting)
    alone = choose_settings(as_head(config), dataset)
    losses = look_at_layers(alone, dataset, SILENT)
    assert set(losses) == {"last", "all"}
    assert len(read) == 1
    run = RunFolder(tmp_path)
    fit_run_baselines(run, dataset, balanced=True)
    fit(run, alone, dataset)
    assert len(read) == 1
    assert read_model_info(run.model).layers == min(losses, key=lambda layers: losses[layers])
