"""The settings of a run as others may see them."""

from __future__ import annotations

import tomllib
from pathlib import Path

from classifier.config import Config, ModelConfig
from classifier.reports.run.settings import encoder_name, settings_toml


def test_no_path_of_a_machine_is_shown(tmp_path: Path) -> None:
    config = Config(model=ModelConfig(name=str(tmp_path / "encoder")))
    assert encoder_name(config) == "encoder"
    assert encoder_name(Config(model=ModelConfig(name="owner/encoder"))) == "owner/encoder"
    assert str(tmp_path) not in settings_toml(config)
    assert tomllib.loads(settings_toml(config))["model"]["name"] == "encoder"
