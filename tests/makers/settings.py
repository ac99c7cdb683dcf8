"""Settings under which a training takes a second or two."""

from __future__ import annotations

from pathlib import Path


def tiny(checkpoint: Path, **more: object) -> list[str]:
    """Settings under which a training takes a second or two."""
    values = {
        "model.name": str(checkpoint),
        "model.max_length": 48,
        "train.num_train_epochs": 2,
        "train.batch_size": 8,
        "train.learning_rate": 0.01,
        "train.token_budget": 512,
        "train.device": "cpu",
        "train.bf16": "false",
        "train.freeze_layers": 0,
        "train.freeze_embeddings": str("train.freeze_layers" in more).lower(),
        "train.blend": "none",
        "train.calibration": "none",
        "model.windows": 2,
        "evaluate.bootstrap_samples": 100,
        **more,
    }
    return [f"{key}={value}" for key, value in values.items()]
