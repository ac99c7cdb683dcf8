"""The look through the frozen encoder that decides whether it is trained."""

from pathlib import Path
from typing import Any

import pytest

from classifier.config import Config, Layers
from classifier.config_file import make_config
from classifier.dataset.folder import DatasetFolder
from classifier.jobs.scikit_learn.article_classifier import ArticleClassifier
from classifier.jobs.train import train
from classifier.models.model_folder import read_model_info
from classifier.models.run_folder import RunFolder
from classifier.progress import SILENT
from classifier.training import auto, head
from classifier.training.auto import ChosenConfig, as_head, choose_settings
from classifier.training.baselines import fit_run_baselines
from classifier.training.first_look import look_at_layers
from classifier.training.fit import fit
from classifier.training.vector_memory import VectorMemory
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.settings import tiny

OPEN = {"train.num_train_epochs": "auto", "model.windows": 1}
LOSSES: dict[str, dict[Layers, float]] = {"all": {"last": 0.9, "all": 0.5}, "last": {"last": 0.5, "all": 0.9}}


def settings(checkpoint: Path, **more: object) -> Config:
    return make_config({}, tiny(checkpoint, **{**OPEN, **more}))


class Looker:
    """Finds these losses, and remembers how it was asked."""

    def __init__(self, losses: dict[Layers, float]) -> None:
        self.losses, self.asked = losses, list[ChosenConfig]()

    def __call__(self, config: ChosenConfig, dataset: DatasetFolder) -> dict[Layers, float]:
        self.asked.append(config)
        return self.losses


@pytest.mark.parametrize("better", ["last", "all"])
def test_where_all_layers_tell_more_a_head_alone_is_trained(
    better: str, dataset: DatasetFolder, checkpoint: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    look = Looker(LOSSES[better])
    chosen = choose_settings(settings(checkpoint), dataset, look=look)
    assert [config.train.num_train_epochs for config in look.asked] == [0]
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
def test_what_is_given_needs_no_look(more: dict[str, object], dataset: DatasetFolder, checkpoint: Path) -> None:
    look = Looker(LOSSES["all"])
    chosen = choose_settings(settings(checkpoint, **more), dataset, look=look)
    assert not look.asked
    assert (chosen.train.num_train_epochs == 0) is (more in ({"train.preset": "probe"}, {"model.layers": "all"}))


@pytest.mark.parametrize(("few", "enough"), [(200, 1_000), (10, 50)])
def test_few_articles_need_no_look_and_many_are_not_looked_at(
    few: int, enough: int, dataset: DatasetFolder, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = Looker(LOSSES["all"])
    monkeypatch.setattr(auto, "FEW", few)
    monkeypatch.setattr(auto, "FEW_TO_LOOK", enough)
    chosen = choose_settings(settings(checkpoint), dataset, look=look)
    assert not look.asked
    assert (chosen.train.num_train_epochs == 0) is (few == 200)


def test_without_a_look_the_encoder_is_trained(dataset: DatasetFolder, checkpoint: Path) -> None:
    assert choose_settings(settings(checkpoint), dataset).train.num_train_epochs > 0


@pytest.mark.parametrize("job", ["train", "estimator"])
def test_a_training_looks(job: str, checkpoint: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    articles = make_articles(150)
    given = tiny(checkpoint, **OPEN)
    if job == "train":
        train(str(write_jsonl(tmp_path / "a.jsonl", articles)), tmp_path / "run", settings=given)
    else:
        own = ("model.name", "model.max_length", "train.num_train_epochs", "train.learning_rate", "train.device")
        others = {name: value for name, value in given.items() if name not in (*own, "evaluate.bootstrap_samples")}
        estimator = ArticleClassifier(str(checkpoint), max_length=48, device="cpu", settings=others)
        estimator.fit([article.text for article in articles], [article.labels[0] for article in articles])
    assert "all layers of the frozen encoder tell the labels better than its last one" in caplog.text


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
