"""Every setting with its limits: frozen models, which `config_file` reads from TOML.

Configuration stops at the builders and the jobs; every function below them takes plain values. Each setting carries its
description and its tier (`EVERYDAY`, `WHEN_NEEDED` or `EXPERT`); `make docs` writes `docs/settings.md` from them.
"""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from classifier.config.data import NEAR, Columns, DataConfig, TaskName
from classifier.config.distil import DistilConfig
from classifier.config.evaluate import EvaluateConfig
from classifier.config.fields import Section
from classifier.config.model import AUTO_LENGTH, AUTO_WINDOWS, DEFAULT_MODEL, Layers, ModelConfig, Pairs, WindowChoice
from classifier.config.split import SplitConfig
from classifier.config.train import LabelBy, TrainConfig

__all__ = [
    "AUTO_LENGTH",
    "AUTO_WINDOWS",
    "DEFAULT_MODEL",
    "NEAR",
    "Columns",
    "Config",
    "DataConfig",
    "DistilConfig",
    "EvaluateConfig",
    "LabelBy",
    "Layers",
    "ModelConfig",
    "Pairs",
    "SplitConfig",
    "TaskName",
    "TrainConfig",
    "WindowChoice",
]


class Config(Section):
    """All settings of a run. Every setting but the source has a default, so ``Config()`` lacks only the source."""

    data: DataConfig = DataConfig()
    split: SplitConfig = SplitConfig()
    model: ModelConfig = ModelConfig()
    train: TrainConfig = TrainConfig()
    distil: DistilConfig = DistilConfig()
    evaluate: EvaluateConfig = EvaluateConfig()

    @property
    def teaches_itself(self) -> bool:
        """Whether a first training scores the unlabelled articles that the second learns from."""
        return bool(self.data.unlabelled) and self.distil.teacher is None

    @property
    def has_teacher(self) -> bool:
        """Whether it learns from the scores of a teacher: a trained model that is named, or its own first training."""
        return self.distil.teacher is not None or self.teaches_itself

    @model_validator(mode="after")
    def _steps_for_a_random_head(self) -> Self:
        if self.model.pooling == "cls" and (self.train.preset == "probe" or self.train.num_train_epochs == 0):
            raise ValueError('model.pooling = "cls" starts from a random head: num_train_epochs must be 1 or more')
        return self

    @model_validator(mode="after")
    def _layers_of_a_mean(self) -> Self:
        if self.model.pooling == "cls" and self.model.layers == "all":
            raise ValueError('model.layers = "all" is for model.pooling = "mean"')
        return self

    @model_validator(mode="after")
    def _apart_by_a_head(self) -> Self:
        if self.model.pairs == "apart":
            wrong = {
                'model.pooling = "cls"': self.model.pooling == "cls",
                'model.layers = "all"': self.model.layers == "all",
                "train.num_train_epochs above 0": self.train.num_train_epochs not in ("auto", 0),
            }
            if found := [name for name, given in wrong.items() if given]:
                raise ValueError(
                    f'model.pairs = "apart" is for a head on the last layer of the frozen encoder: leave out {found[0]}'
                )
        return self

    @model_validator(mode="after")
    def _metric_fits_task(self) -> Self:
        if self.data.task == "multi_label" and self.train.metric_for_best_model == "matthews_correlation":
            raise ValueError("train.metric_for_best_model: there is no matthews_correlation for multi_label")
        if self.data.task == "multi_label" and self.train.most_frequent_share not in ("auto", 1):
            raise ValueError("train.most_frequent_share: leave it out for multi_label")
        if self.data.task == "multi_label" and self.train.label_by == "score":
            raise ValueError(
                'train.label_by = "score": leave it out for multi_label, where each label has its own threshold'
            )
        return self
