"""What is searched: settings that the encoder can read, and the user's own values among them."""

from pathlib import Path

import pytest

from classifier.config import Config, ModelConfig, TrainConfig
from classifier.errors import InputError
from classifier.jobs.tune.space import READING, SearchSpace, search_space


def space_of(checkpoint: Path, *fixed: str, pair: bool = False, **model: object) -> SearchSpace:
    config = Config(model=ModelConfig(name=str(checkpoint), **{"max_length": 64, "windows": 2, **model}))  # type: ignore[arg-type]
    return search_space(config, fixed, pair=pair)


def test_only_what_the_encoder_can_read_is_searched(checkpoint: Path) -> None:
    space = space_of(checkpoint)  # it reads at most 130 tokens
    assert set(space.choices[READING]) == {"1 × 128", "2 × 128", "4 × 128", "2 × 64"}
    assert set(space.names) == {
        "train.learning_rate",
        "train.num_train_epochs",
        "train.label_smoothing",
        "train.batch_size",
        "train.class_weight",
        "model.window_choice",
        READING,
    }
    assert space.start[READING] == "2 × 64"
    assert space.config(space.settings({READING: "4 × 128"})).model.windows == 4
    assert set(space_of(checkpoint, "model.windows").choices[READING]) == {"2 × 128", "2 × 64"}
    assert set(space_of(checkpoint, "model.max_length").choices[READING]) == {"1 × 64", "2 × 64", "4 × 64"}
    assert READING not in space_of(checkpoint, "model.max_length", "model.windows").names
    assert set(space_of(checkpoint, max_length=128, stride=50).choices[READING]) == {"1 × 128", "2 × 128", "4 × 128"}
    assert "sentences" in space_of(checkpoint, pair=True).choices["model.window_choice"]
    assert "sentences" not in space.choices["model.window_choice"]
    assert "model.window_choice" not in space_of(checkpoint, "model.windows", windows="all").names
    with pytest.raises(InputError, match="at most 130"):
        space_of(checkpoint, max_length=256)


def test_the_users_own_values_are_in_the_space(checkpoint: Path) -> None:
    train = TrainConfig(learning_rate=2e-3, num_train_epochs=12, batch_size=5)
    model = ModelConfig(name=str(checkpoint), max_length=100, windows="all", window_choice="spread")
    space = search_space(Config(train=train, model=model), [], pair=False)
    assert space.start == {
        "train.learning_rate": 2e-3,
        "train.num_train_epochs": 12,
        "train.label_smoothing": 0.0,
        "train.batch_size": "5",
        "train.class_weight": "balanced",
        "model.window_choice": "spread",
        READING: "all × 100",
    }
    for name, distribution in space.distributions().items():
        assert distribution._contains(distribution.to_internal_repr(space.start[name])), name
    assert space.config(space.settings(space.start)) == space.base


@pytest.mark.filterwarnings("ignore:Pydantic serializer")
def test_a_setting_that_is_chosen_by_itself_is_searched_from_a_start(checkpoint: Path) -> None:
    train = TrainConfig.model_construct(**{**TrainConfig().model_dump(), "learning_rate": "auto", "batch_size": "auto"})
    config = Config.model_construct(
        **{**dict(Config()), "train": train, "model": ModelConfig(name=str(checkpoint), max_length=64)}
    )
    space = search_space(config, ["model.windows", "model.max_length"], pair=False)
    assert (space.start["train.learning_rate"], space.start["train.batch_size"]) == (1e-4, "auto")
    found = space.config({"train.learning_rate": 3e-5, "train.batch_size": 8})
    assert (found.train.learning_rate, found.train.batch_size) == (3e-5, 8)
