"""The settings of a run as others may see them: without the paths of a machine."""

from __future__ import annotations

from pathlib import Path

import tomli_w

from classifier.config import Config
from classifier.config_file import recorded_settings
from classifier.models.model_folder import ModelInfo
from classifier.reports.words import joined


def encoder_name(config: Config, model: ModelInfo | None = None) -> str:
    """The encoder's name; of one in a folder of this machine only the folder's name.

    Args:
        config: the settings.
        model: what the model says about itself: whether it started from another trained model.
    """
    if model is not None and model.started_from is not None:
        return f"{model.base_model}, as a training to tell {joined(model.started_from.labels)} left it"
    return Path(config.model.name).name if Path(config.model.name).is_absolute() else config.model.name


def settings_toml(config: Config) -> str:
    """All settings as TOML."""
    settings = recorded_settings(config)
    settings["model"]["name"] = encoder_name(config)
    return tomli_w.dumps(settings).strip()
