"""``model/``: what a model says about itself in ``classifier.json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from classifier.articles.labels import LabelSet
from classifier.config import LabelBy
from classifier.files import read_json_as, write_json
from classifier.models.transformer.windows import TextEncoder
from classifier.stats.abstention import Abstention
from classifier.stats.calibration import Calibration

MODEL_FILE = "classifier.json"
TFIDF_FOLDER = "tfidf"  # in model/, where TF-IDF is blended in


@dataclass(frozen=True)
class ModelInfo:
    """What ``model/classifier.json`` holds: all that prediction needs beside weights and tokenizer.

    Attributes:
        labels: names in the order of the logits.
        multi_label, pair, pooling, max_length, windows, stride, window_choice: as in training.
        thresholds: per class, for multi-label; fitted on validation.
        label_separator: what stands between several labels in one cell, in training and in predictions.
        columns: the user's names of the columns in training, tried first in prediction.
        strip: boilerplate that is removed from every text first.
        bf16: the ``train.bf16`` of training, obeyed by prediction unless it is told otherwise.
        base_model: the encoder that training started from.
        version: of this package.
        blend: weights of the model's logits and of the scores of ``tfidf/`` beside it; None = the model alone.
        dropped: share of the training articles' tokens beyond its windows, which it does not read; None = not known.
        calibration: makes its scores probabilities of being right, fitted on validation; None = not calibrated.
        abstention: from which scores on labels are given where ``abstain`` is asked for, fitted on validation.
        label_by: what decides about the label of an article: ``fit``, how well it fits, with classes weighted as in
            training, or ``score``, the calibrated score.
    """

    labels: tuple[str, ...]
    multi_label: bool
    pair: bool
    pooling: str
    max_length: int
    windows: int | Literal["all"]
    stride: int
    window_choice: str
    bf16: bool | Literal["auto"]
    base_model: str
    version: str
    thresholds: tuple[float, ...] | None = None
    label_separator: str | None = None
    columns: Mapping[str, str] | None = None
    strip: tuple[str, ...] = ()
    blend: tuple[float, float] | None = None
    dropped: float | None = None
    calibration: Calibration | None = None
    abstention: Abstention | None = None
    label_by: LabelBy = "fit"
    format_version: int = 1

    @property
    def label_set(self) -> LabelSet:
        """The labels as a `LabelSet`."""
        return LabelSet(self.labels, self.multi_label)

    def encoder(self, tokenizer: Any) -> TextEncoder:
        """The text encoder of training."""
        return TextEncoder(
            tokenizer, self.max_length, self.windows, self.stride, self.window_choice, self.pair, self.strip
        )


def write_model_info(folder: Path, info: ModelInfo) -> None:
    """Write ``classifier.json``."""
    write_json(folder / MODEL_FILE, asdict(info))


def read_model_info(folder: Path) -> ModelInfo:
    """Read ``classifier.json``.

    Raises:
        InputError: it is missing, damaged, or of an unknown format version.
    """
    return read_json_as(folder / MODEL_FILE, ModelInfo, fix="Copy the model folder again, or train again.")
