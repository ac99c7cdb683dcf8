"""The run folder on disk: every path of a run, and what `model/` says about itself.

RUN/  config.toml  dataset.json  dataset/ (unless trained from a dataset folder)  metrics.jsonl
checkpoints/step-000200/   until the run is complete
baseline/                  TF-IDF + linear
model/                     weights, tokenizer, config.json, classifier.json: alone enough to predict
evaluation/SPLIT/          metrics.json, predictions.parquet
trackers.json  tensorboard/  mlflow/  wandb/   with train.report_to
README.md                  the model card; model/ has a copy
report.html                how good it is, for people
manifest.json              written last: it exists = the run is complete
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from classifier.abstention import Abstention, read_abstention
from classifier.calibration import Calibration, read_calibration
from classifier.config import LabelBy
from classifier.dataset_folder import DatasetFolder, is_dataset, open_dataset
from classifier.encoding import TextEncoder
from classifier.errors import InputError
from classifier.folders import read_json, write_json
from classifier.labels import LabelSet

FORMAT_VERSION = 1
NEEDED = {"config.toml", "dataset.json"}
ALLOWED = {
    "dataset", "metrics.jsonl", "checkpoints", "baseline", "model", "evaluation", "manifest.json", "trackers.json",
    "tensorboard", "mlflow", "wandb", "README.md", "report.html",
}  # fmt: skip
MODEL_FILE = "classifier.json"
TFIDF_FOLDER = "tfidf"  # in model/, where TF-IDF is blended in
PLAN = "plan.json"  # where a folder holds several runs, it stands beside them
DATASET = "dataset"


@dataclass(frozen=True)
class RunFolder:
    """The paths of a run."""

    path: Path

    @property
    def config(self) -> Path:
        """Every setting, as TOML."""
        return self.path / "config.toml"

    @property
    def dataset_info(self) -> Path:
        """A copy of the dataset's ``dataset.json``."""
        return self.path / "dataset.json"

    @property
    def dataset(self) -> Path:
        """The dataset that was built for this run, where it was not built before."""
        return self.path / DATASET

    @property
    def metrics(self) -> Path:
        """One JSON line per optimizer step and per evaluation."""
        return self.path / "metrics.jsonl"

    @property
    def checkpoints(self) -> Path:
        """Checkpoints to resume from, and the best weights so far."""
        return self.path / "checkpoints"

    @property
    def baseline(self) -> Path:
        """The TF-IDF baseline."""
        return self.path / "baseline"

    @property
    def model(self) -> Path:
        """What predicts, alone."""
        return self.path / "model"

    @property
    def trackers(self) -> Path:
        """What each tracker has got, to go on with."""
        return self.path / "trackers.json"

    @property
    def card(self) -> Path:
        """The model card."""
        return self.path / "README.md"

    @property
    def manifest(self) -> Path:
        """Written last."""
        return self.path / "manifest.json"

    def evaluation(self, split: str) -> Path:
        """The evaluation of a split."""
        return self.path / "evaluation" / split


@dataclass(frozen=True)
class ModelInfo:
    """What ``model/classifier.json`` holds: all that prediction needs beside weights and tokenizer.

    Attributes:
        labels: names in the order of the logits.
        multi_label, pair, pooling, max_length, windows, stride, window_choice: as in training.
        thresholds: per class, for multi-label; fitted on validation.
        label_separator: divided several labels in one cell in training, and does so in predictions.
        columns: the user's names of the columns in training, tried first in prediction.
        strip: boilerplate that is removed from every text first.
        bf16: the ``train.bf16`` of training, obeyed by prediction unless it is told otherwise.
        base_model: the encoder that training started from.
        version: of this package.
        blend: weights of the model's logits and of the scores of ``tfidf/`` beside it; None = the model alone.
        dropped: share of the training articles' tokens beyond its windows, which it does not read; None = not known.
        calibration: what makes its scores probabilities of being right, fitted on validation; None = nothing does.
        abstention: from which scores on labels are given where ``abstain`` is asked for, fitted on validation.
        label_by: what decides about the label of an article: how well it fits, with classes weighed as in training, or
            the calibrated score.
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
    format_version: int = FORMAT_VERSION

    @property
    def label_set(self) -> LabelSet:
        """The labels as a `LabelSet`."""
        return LabelSet(self.labels, self.multi_label)

    def encoder(self, tokenizer: Any) -> TextEncoder:
        """The text encoder of training."""
        return TextEncoder(
            tokenizer, self.max_length, self.windows, self.stride, self.window_choice, self.pair, self.strip
        )


def open_run(path: Path) -> RunFolder:
    """Open a complete run.

    Raises:
        InputError: there is none, or it is incomplete.
    """
    run = RunFolder(path)
    if not path.is_dir():
        raise InputError(f"There is no run folder '{path}'.", fix="Train one: classifier train my.csv --out RUN")
    if not run.config.exists():
        fix = (
            f"Give the run that it is the model of: {path.parent}"
            if (path / MODEL_FILE).exists()
            else "Give the --out of a training."
        )
        raise InputError(f"'{path}' is not a run folder: it has no config.toml.", fix=fix)
    if not run.manifest.exists():
        raise InputError(
            f"The run '{path}' is incomplete: its training has not ended.",
            fix=f"Go on with it: classifier train --resume --out {path}",
        )
    check_version(run.manifest, read_json(run.manifest))
    return run


def run_dataset(run: Path) -> DatasetFolder:
    """The dataset that the run in a folder was trained on.

    Raises:
        InputError: it is gone, or the run does not say where it is.
    """
    info = run / "dataset.json"
    values = read_json(info)
    if not isinstance(values.get("path"), str):
        raise InputError(f"'{info}' is damaged: it has no path.", fix="Train again, or copy the run again.")
    path = run / values["path"]
    if not is_dataset(path):
        raise InputError(f"The dataset of this run, '{path}', is gone.", fix="Put it back, or evaluate with --data.")
    return open_dataset(path).in_fold(values.get("fold"))


def find_model(path: Path) -> Path:
    """The model folder of a run, or the path itself where it is one.

    Raises:
        InputError: there is no model, or its run is incomplete.
    """
    if (path / MODEL_FILE).exists():
        return path
    if path.is_dir() and not (path / "config.toml").exists() and not (path / "manifest.json").exists():
        raise InputError(
            f"'{path}' holds no model: there is no {MODEL_FILE} in it.",
            fix="Give a run folder, or the model folder in it.",
        )
    return open_run(path).model


def write_model_info(folder: Path, info: ModelInfo) -> None:
    """Write ``classifier.json``."""
    write_json(folder / MODEL_FILE, asdict(info))


def read_model_info(folder: Path) -> ModelInfo:
    """Read ``classifier.json``.

    Raises:
        InputError: it is missing, damaged, or of an unknown format version.
    """
    values = read_json(folder / MODEL_FILE)
    check_version(folder / MODEL_FILE, values)
    try:
        return ModelInfo(**from_json(values))
    except (TypeError, KeyError) as error:
        raise InputError(f"'{folder / MODEL_FILE}' is damaged: {error}.", fix="Copy the model folder again.") from None


def from_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """What JSON holds of a model or an ensemble: its lists as tuples, what is fitted on validation as what it was.

    Raises:
        TypeError, KeyError: a part of it is not what it should be.
    """
    plain = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
    return {
        **plain,
        "calibration": read_calibration(values.get("calibration")),
        "abstention": read_abstention(values.get("abstention")),
    }


def check_version(file: Path, values: Mapping[str, Any], known: int = FORMAT_VERSION) -> None:
    """Raise `InputError` unless a file has the format version that is known."""
    version = values.get("format_version")
    if version != known:
        raise InputError(
            f"'{file}' has format version {version!r}; this version of classifier reads {known}.",
            fix="Install the version of classifier that wrote it, or train again.",
        )
