"""Settings under which a training takes a second or two."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from classifier.config_file import setting_text


def tiny(checkpoint: Path, **more: object) -> dict[str, object]:
    """Settings under which a training takes a second or two."""
    return {
        "model.name": str(checkpoint),
        "model.max_length": 48,
        "train.num_train_epochs": 2,
        "train.batch_size": 8,
        "train.most_frequent_share": 1.0,
        "train.learning_rate": 0.01,
        "train.token_budget": 512,
        "train.device": "cpu",
        "train.bf16": False,
        "train.freeze_layers": 0,
        "train.freeze_embeddings": "train.freeze_layers" in more,
        "train.blend": "none",
        "train.calibration": "none",
        "train.refit": False,
        "model.windows": 2,
        "evaluate.bootstrap_samples": 100,
        **more,
    }


def options(settings: Mapping[str, object]) -> list[str]:
    """Settings as the command line takes them."""
    return [word for name, value in settings.items() for word in ("--set", setting_text(name, value))]
