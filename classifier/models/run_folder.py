"""The run folder on disk: every path of a run, and its manifest.

RUN/  config.toml  dataset.json  dataset/ (unless trained from a dataset folder)  metrics.jsonl
started_from.json          where model.name is a trained model: which one, and what it was trained on
distil/                    with a teacher: its scores, and the unlabelled articles, until the run is complete; teacher/
                           where the run teaches itself: the first model
checkpoints/step-000200/   until the run is complete
baseline/                  TF-IDF + linear
model/                     weights, tokenizer, config.json, classifier.json: alone enough to predict
before_refit/              model/ and baseline/ that have not learned from validation, with train.refit
refit/                     metrics.jsonl of the second training, with train.refit; checkpoints until the run is complete
evaluation/SPLIT/          metrics.json, predictions.parquet
evaluation/ledger.json     how often held-out articles were looked at, and by which settings
trackers.json  tensorboard/  mlflow/  wandb/   with train.report_to
README.md                  the model card; model/ has a copy
report.html                how good it is, for people
paper/                     methods text, references, tables and figures, where they were asked for
seconds.json               how long it has taken, until the run is complete
manifest.json              written last: it exists = the run is complete
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from classifier.checksums import FileSum, check_files
from classifier.errors import InputError, shell_word
from classifier.files import as_type, damaged, read_json, read_json_lines
from classifier.models.model_folder import MODEL_FILE

NEEDED = {"config.toml", "dataset.json"}
AGAIN = "Copy the run again, or train again."
ALLOWED = {
    "dataset",
    "metrics.jsonl",
    "started_from.json",
    "distil",
    "checkpoints",
    "baseline",
    "model",
    "before_refit",
    "refit",
    "evaluation",
    "manifest.json",
    "trackers.json",
    "seconds.json",
    "tensorboard",
    "mlflow",
    "wandb",
    "README.md",
    "report.html",
    "paper",
}

OVER = "time_over"  # the line of metrics.jsonl that says that the time of train.budget was over
AVERAGED = "averaged"  # in an evaluation's line: over how many steps the weights that it is of were averaged
LINES = {  # kinds of lines, and what each must hold
    "step": ("step", "epoch", "loss", "tokens", "seconds"),
    "evaluation": ("step", "epoch"),
    OVER: ("step", "epoch"),
}
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
    def started_from(self) -> Path:
        """What is known of the trained model that the training starts from, where it starts from one."""
        return self.path / "started_from.json"

    @property
    def distil(self) -> Path:
        """What is learnt from a teacher, until the run is complete."""
        return self.path / "distil"

    @property
    def scores(self) -> Path:
        """The scores that a teacher gave."""
        return self.distil / "scores.parquet"

    @property
    def taught_tfidf(self) -> Path:
        """The TF-IDF that has learned the teacher's labels of unlabelled articles too, until the run is complete."""
        return self.distil / "tfidf"

    @property
    def blended_tfidf(self) -> Path:
        """The TF-IDF that the model is blended with, where it is: the baseline, unless a teacher taught another one."""
        return self.taught_tfidf if self.taught_tfidf.exists() else self.baseline

    @property
    def own_teacher(self) -> RunFolder:
        """The first training of a run that teaches itself, until the run is complete."""
        return RunFolder(self.distil / "teacher")

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
        """The model alone: all that is needed to predict."""
        return self.path / "model"

    @property
    def before_refit(self) -> RunFolder:
        """The model and the baseline that have not learned from validation, with ``train.refit``."""
        return RunFolder(self.path / "before_refit")

    @property
    def refit(self) -> RunFolder:
        """The training on train and validation, with ``train.refit``."""
        return RunFolder(self.path / "refit")

    @property
    def trackers(self) -> Path:
        """How much each tracker has been sent, so that a resumed training goes on from there."""
        return self.path / "trackers.json"

    @property
    def seconds(self) -> Path:
        """How long the training has taken so far, until it ends."""
        return self.path / "seconds.json"

    @property
    def card(self) -> Path:
        """The model card."""
        return self.path / "README.md"

    @property
    def manifest(self) -> Path:
        """Versions, device and duration; written last, so only a complete run has it."""
        return self.path / "manifest.json"

    def evaluation(self, split: str) -> Path:
        """The evaluation of a split."""
        return self.path / "evaluation" / split


@dataclass(frozen=True)
class Manifest:
    """What ``manifest.json`` holds: versions, what the training ran on, when it ended, and how long it took.

    Attributes:
        seconds: of all sessions, where it was interrupted and went on.
        sessions: how many there were; 0 = not counted, by an older version.
        steps: optimizer steps in all; None = not counted, by an older version.
        packages: other packages that figures depend on, with their versions; empty in runs of older versions.
        files: ``config.toml`` and ``dataset.json`` as they were then; None in runs of older versions.
    """

    classifier: str
    python: str
    torch: str
    transformers: str
    ended: str
    seconds: float
    device: str = ""
    platform: str = ""
    sessions: int = 0
    steps: int | None = None
    packages: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, FileSum] | None = None
    format_version: int = 1


@dataclass(frozen=True)
class _Files:
    """The part of ``manifest.json`` that is checked whenever a run is opened."""

    files: Mapping[str, FileSum] | None = None


def read_manifest(run: RunFolder) -> dict[str, Any]:
    """What the manifest of a run holds.

    Raises:
        InputError: it is missing, damaged, or of an unknown format version.
    """
    values = read_json(run.manifest, version=1, fix=AGAIN)
    as_type(values, Manifest, run.manifest, unknown="ignore", fix=AGAIN)
    return values


def read_metrics(run: RunFolder) -> list[dict[str, Any]]:
    """The lines of ``metrics.jsonl``: one per optimizer step and per evaluation, and one where the time was over.

    Raises:
        InputError: a line is damaged.
    """
    found = list(read_json_lines(run.metrics))
    for record in found:
        kind, values = record.get("kind"), {key: value for key, value in record.items() if key not in ("kind", "split")}
        needed = LINES.get(str(kind))
        whole = needed is not None and type(values.get("step")) is int and all(key in values for key in needed)
        if not whole or not all(isinstance(value, (int, float)) for value in values.values()):
            raise damaged(
                run.metrics, f"what it says of step {record.get('step')} is no step or evaluation", "Train again."
            )
    return found


def averaged_steps(lines: Sequence[Mapping[str, Any]]) -> int:
    """Over how many steps the weights of the model were averaged, by the lines of ``metrics.jsonl``; 0: not at all."""
    return next((int(line[AVERAGED]) for line in lines if AVERAGED in line), 0)


def open_run(path: Path) -> RunFolder:
    """Open a complete run.

    Raises:
        InputError: the folder is not a run, the run is incomplete, or its settings are not those of training.
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
            fix=f"Go on with it: classifier train --resume --out {shell_word(path)}",
        )
    values = read_json(run.manifest, version=1, fix=AGAIN)
    known = as_type(values, _Files, run.manifest, unknown="ignore", fix=AGAIN).files or {}
    allow = f"take 'files' out of '{run.manifest}': they are then taken as they are"
    check_files(path, known, fix=AGAIN, allow=allow)
    return run
