"""What is cut for a time, in which order, and what never is."""

from pathlib import Path

import numpy as np
import pytest

from classifier.config import Config
from classifier.config_file import make_config
from classifier.dataset.folder import DatasetFolder
from classifier.errors import InputError
from classifier.jobs.building.build import build
from classifier.models.run_folder import RunFolder
from classifier.training import budget
from classifier.training.auto import ChosenConfig, CorpusFacts, choose
from classifier.training.budget import MARGIN, Budget, cheaper, keep_to_budget
from classifier.training.outlook import Measured, Pace, Sizes
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.settings import tiny

ARTICLES = Sizes(800, validation=100, test=200, frequent=200, pair=False)
PAIRS = Sizes(3_000, validation=500, test=1_000, frequent=2_200, pair=True)


def chosen_of(given: Config, sizes: Sizes) -> ChosenConfig:
    return choose(given, CorpusFacts(np.full(500, 900), sizes.train, sizes.frequent, sizes.pair, 6, 384))[0]


def shown(config: ChosenConfig) -> tuple[object, ...]:
    model, train = config.model, config.train
    return model.windows, train.most_frequent_share, train.num_train_epochs, model.max_length, train.freeze_layers


def test_of_single_texts_the_windows_go_first_and_the_head_is_last() -> None:
    chosen = chosen_of(Config(), ARTICLES)
    assert shown(chosen) == (4, 1.0, 4, 256, 3)
    assert [shown(one) for one in cheaper(Config(), chosen, ARTICLES, 6)] == [
        *((windows, 1.0, 4, 256, 3) for windows in (3, 2, 1)),
        *((1, 1.0, epochs, 256, 3) for epochs in (3, 2)),
        (1, 1.0, 2, 128, 3),
        (1, 1.0, 2, 128, 5),
        (1, 1.0, 1, 128, 5),
        (1, 1.0, 0, 128, 5),
    ]


def test_of_pairs_a_part_of_the_most_frequent_label_goes_first() -> None:
    chosen = chosen_of(Config(), PAIRS)
    assert [shown(one) for one in cheaper(Config(), chosen, PAIRS, 6)] == [
        (1, 0.5, 6, 256, 0),
        *((1, 0.5, epochs, 256, 0) for epochs in (5, 4, 3)),
        (1, 0.5, 3, 128, 0),
        *((1, 0.5, 3, 128, frozen) for frozen in (3, 5)),
        *((1, 0.5, epochs, 128, 5) for epochs in (2, 1, 0)),
    ]


@pytest.mark.parametrize(
    ("settings", "kept"),
    [
        ({"model.windows": 2, "train.num_train_epochs": 6}, {(2, 6)}),
        ({"train.preset": "probe"}, {(3, 0), (2, 0), (1, 0)}),
        ({"model.pooling": "cls"}, {(3, 4), (2, 4), (1, 4), (1, 3), (1, 2), (1, 1)}),
    ],
)
def test_what_is_given_stays(settings: dict[str, object], kept: set[tuple[int, int]]) -> None:
    given = make_config({}, settings)
    found = [
        (one.model.windows, one.train.num_train_epochs)
        for one in cheaper(given, chosen_of(given, ARTICLES), ARTICLES, 6)
    ]
    assert set(found) == kept


def test_trained_embeddings_freeze_no_layers_and_shared_tokens_keep_their_windows() -> None:
    given = make_config({}, {"train.freeze_embeddings": False, "model.stride": 100})
    found = list(cheaper(given, chosen_of(given, ARTICLES), ARTICLES, 6))
    assert {(one.train.freeze_layers, one.model.max_length) for one in found} == {(0, 256)}


@pytest.fixture
def dataset(tmp_path: Path, checkpoint: Path) -> DatasetFolder:
    path = write_jsonl(tmp_path / "a.jsonl", make_articles(60))
    found = build(str(path), tmp_path / "mine", settings=tiny(checkpoint)).dataset
    assert found is not None
    return found


class Machine:
    """Says how fast it is, by what it reads; every time that it is asked it is slower by a factor."""

    def __init__(self, step: float, slower: float = 1.0) -> None:
        self.step, self.slower, self.asked = step, slower, 0

    def __call__(self, run: RunFolder, config: ChosenConfig, dataset: DatasetFolder) -> Measured:
        read = int(config.model.windows) * config.model.max_length / 1024
        step = self.step * self.slower**self.asked * read * (6 - config.train.freeze_layers) / 3
        self.asked += 1
        return Measured(config, ARTICLES, 6, np.full(100, 2_000), Pace(step, 0.001 * read, 0.0, 0.0, 0.0))


def kept(
    monkeypatch: pytest.MonkeyPatch, machine: Machine, dataset: DatasetFolder, given: Config, seconds: float
) -> ChosenConfig:
    monkeypatch.setattr(budget, "measure", machine)
    settings, outlook = keep_to_budget(
        RunFolder(Path("no")), given, chosen_of(given, ARTICLES), dataset, Budget(seconds, lambda: 20.0)
    )
    assert outlook.seconds <= MARGIN * (seconds - 20)
    return settings


def test_no_more_is_cut_than_must_be_and_it_is_said(
    dataset: DatasetFolder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    given = make_config({}, {"train.budget": "10m"})
    with caplog.at_level("INFO", logger="classifier"):
        assert shown(kept(monkeypatch, Machine(0.15), dataset, given, 600)) == (4, 1.0, 4, 256, 3)
        assert not [line for line in caplog.messages if line.startswith("cut for")]
        assert shown(kept(monkeypatch, Machine(0.3), dataset, given, 600)) == (2, 1.0, 4, 256, 3)
    (said,) = [line for line in caplog.messages if line.startswith("cut for")]
    assert said.startswith("cut for train.budget = 10m: model.windows = 2 instead of 4 (16 minutes would be needed")


def test_it_is_measured_again_after_a_cut_that_changes_what_is_read(
    dataset: DatasetFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    same, slower = Machine(0.3), Machine(0.3, slower=1.3)
    assert shown(kept(monkeypatch, same, dataset, Config(), 600))[0] == 2
    assert same.asked == 2
    assert shown(kept(monkeypatch, slower, dataset, Config(), 600))[0] == 1
    assert slower.asked == 3


def test_what_was_cut_for_a_moment_of_other_work_comes_back(
    dataset: DatasetFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    faster = Machine(2.0, slower=0.1)
    assert shown(kept(monkeypatch, faster, dataset, Config(), 600))[0] == 4
    assert faster.asked == 3


def test_a_time_that_is_too_short_names_the_least(dataset: DatasetFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    given = make_config({}, {"train.budget": "23s"})
    with pytest.raises(InputError) as caught:
        kept(monkeypatch, Machine(0.2), dataset, given, 23)
    said = "train.budget = 23s is too short: even a head on the frozen encoder takes about 10 seconds"
    assert said in caught.value.message
    assert caught.value.fix == "--set train.budget=25s"
    fixed = make_config({}, {"train.budget": "1m", "train.num_train_epochs": 6})
    with pytest.raises(InputError) as caught:
        kept(monkeypatch, Machine(0.2), dataset, fixed, 60)
    assert "even training with 'train.num_train_epochs' as given takes about" in caught.value.message
    assert str(caught.value.fix).endswith(", or leave out 'train.num_train_epochs'")


def test_settings_that_were_planned_before_stay_whatever_they_cost(
    dataset: DatasetFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "measure", Machine(9.0))
    chosen = chosen_of(Config(), ARTICLES)
    found, outlook = keep_to_budget(RunFolder(Path("no")), chosen, chosen, dataset, Budget(60, lambda: 0.0))
    assert found == chosen and outlook.seconds > 60
