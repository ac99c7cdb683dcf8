"""Read what a run left on disk, for its page and its card: figures, predictions, settings, cost.

It reads a run, a folder of several seeds (the ensemble's figures) or of folds (the pooled figures), and computes
nothing. Where a file is missing, what it would hold is None or empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from classifier.articles.article import Article
from classifier.config_file import load_config
from classifier.dataset.folder import DatasetFolder, open_dataset, run_dataset
from classifier.dataset.info import DatasetInfo, read_dataset_info
from classifier.errors import InputError, shell_word
from classifier.evaluation.adaptation import AdaptationOutcome, read_adaptation
from classifier.evaluation.cascade import CascadeOutcome, read_cascade
from classifier.evaluation.controls import Controls
from classifier.evaluation.error_list import ErrorList
from classifier.evaluation.group_errors import FILE as GROUP_ERRORS
from classifier.evaluation.group_errors import GroupErrors, read_group_errors
from classifier.evaluation.labels.held_out import HeldOutLabels, read_held_out
from classifier.evaluation.learning_curve import read_curve
from classifier.evaluation.ledger import Looks, looks_at
from classifier.evaluation.out_of_scope import OutOfScope, read_out_of_scope
from classifier.evaluation.predictions import PREDICTIONS, read_predictions
from classifier.evaluation.result import (
    AGAIN,
    POOLED_SPLIT,
    Evaluation,
    FoldsFigures,
    SeedsFigures,
    read_evaluation,
)
from classifier.evaluation.slices import FILE as SLICES
from classifier.evaluation.slices import Slices, read_slices
from classifier.files import read_json_as
from classifier.models.ensemble import ENSEMBLE_FILE, EnsembleInfo, read_ensemble
from classifier.models.model_folder import MODEL_FILE, Distilled, ModelInfo, StartedFrom, read_model_info
from classifier.models.run_folder import RunFolder, open_run, read_manifest, read_metrics
from classifier.models.trained import FIGURES, Trained, open_trained
from classifier.models.what_predicts import what_predicts
from classifier.one_writer import is_unfinished
from classifier.stats.abstention import Outcome
from classifier.stats.calibration import Calibration
from classifier.stats.conformal import SetsOutcome
from classifier.stats.reliability import Reliability
from classifier.stats.resampling import Interval

AGAIN_WHOLE = "Copy the folder again, whole, or train again."
CURVE = "learning_curve.json"
PARTS: Mapping[str, type[Any]] = {  # what the files beside an evaluation hold
    "calibration": Reliability,
    "abstention": Outcome,
    "sets": SetsOutcome,
    "slices": Slices,
    "group_errors": GroupErrors,
    "label_shift": AdaptationOutcome,
    "out_of_scope": OutOfScope,
    "cascade": CascadeOutcome,
    "held_out_labels": HeldOutLabels,
    "controls": Controls,
    "errors": ErrorList,
}


@dataclass(frozen=True)
class RunRecord:
    """The files of a run.

    Attributes:
        path: the folder.
        kind: ``run``, ``seeds`` or ``folds``.
        run: the run itself, or the first of several.
        evaluation: the one that is judged: of the test articles, unless another was asked for; of the ensemble, or of
            all folds together.
        others: split or data -> its evaluation, such as ``validation``.
        members: ``seed 13`` or ``fold 1`` -> its evaluation; empty for one run.
        mean: ``model``, ``tfidf``, ``majority`` -> metric -> (mean, standard deviation) over the members.
        manifest: versions, seconds, device.
        mean_intervals: metric -> the 95% interval of the model's mean over the members; None where there is none, as
            with two of them.
        curve: what ``learning_curve.json`` holds.
        evaluated: the folder of ``evaluation``; None = that of the test articles.
        runs: the run itself, or those of all seeds or folds.
    """

    path: Path
    kind: str
    run: RunFolder
    evaluation: Evaluation
    others: Mapping[str, Evaluation]
    members: Mapping[str, Evaluation]
    mean: Mapping[str, Mapping[str, tuple[float, float]]]
    manifest: Mapping[str, Any]
    mean_intervals: Mapping[str, Interval | None] = field(default_factory=dict)
    curve: Mapping[str, Any] | None = None
    evaluated: Path | None = None
    runs: tuple[RunFolder, ...] = ()

    @property
    def folder(self) -> Path:
        """Where the evaluation is."""
        if self.evaluated is not None:
            return self.evaluated
        return self.path if self.kind == "folds" else RunFolder(self.path).evaluation("test")

    @cached_property
    def fold_sizes(self) -> tuple[int, ...]:
        """Of folds, how many articles trained each model; empty where that is not known."""
        if self.kind != "folds":
            return ()
        return read_json_as(self.path / FIGURES["folds"], FoldsFigures, fix=AGAIN_WHOLE).trained

    @cached_property
    def without_chance(self) -> bool:
        """Whether seeds change nothing, since a head alone was fitted; False where that is not known."""
        config = self.run.config
        return self.kind == "seeds" and config.exists() and load_config(config).train.num_train_epochs == 0

    @property
    def own_test(self) -> bool:
        """Whether the articles are the test articles of the run's own dataset."""
        return self.evaluation.split in ("test", POOLED_SPLIT)

    @cached_property
    def info(self) -> DatasetInfo:
        """What ``dataset.json`` said about the articles when it was trained; of one fold, with the counts of that."""
        found = read_dataset_info(self.run.dataset_info)
        if self.dataset is None or self.dataset.fold is None:
            return found
        return replace(found, counts=self.dataset.counts(), folds=None)

    @cached_property
    def dataset(self) -> DatasetFolder | None:
        """The dataset that was trained on; None where it is gone."""
        try:
            found = run_dataset(self.run.path)
        except InputError:
            return None
        return open_dataset(found.path) if self.kind == "folds" else found

    @cached_property
    def model(self) -> ModelInfo | None:
        """What the model says about itself; None where it is gone."""
        try:
            return read_model_info(self.run.model)
        except InputError:
            return None

    @cached_property
    def lessons(self) -> tuple[Distilled, ...]:
        """What each of the models learned from a teacher; empty where one learned from none, or is gone."""
        try:
            found = [read_model_info(run.model).distilled for run in self.runs or (self.run,)]
        except InputError:
            return ()
        return tuple(one for one in found if one is not None) if None not in found else ()

    @cached_property
    def heads(self) -> int:
        """Of how many of the trainings only a head was fitted: each fold may have found another answer."""
        return sum(load_config(run.config).train.num_train_epochs == 0 for run in self.runs)

    @cached_property
    def starts(self) -> tuple[StartedFrom, ...]:
        """The trained models that the run, or each of several, started from; empty where none did."""
        found = [read_model_info(run.model) for run in self.runs if (run.model / MODEL_FILE).exists()]
        return tuple(info.started_from for info in found if info.started_from is not None)

    @cached_property
    def ensemble(self) -> EnsembleInfo | None:
        """What is fitted to the ensemble of several seeds; None where there is none (yet)."""
        return read_ensemble(self.path) if (self.path / ENSEMBLE_FILE).exists() else None

    @property
    def blends(self) -> tuple[tuple[float, float], ...]:
        """Of each model that predicts, the weights of its scores and of those of TF-IDF; empty for no blend."""
        known = [self.evaluation.blends, *(one.blends for one in self.members.values() if self.kind == "folds")]
        stored = (self.model.blend,) if self.model is not None and self.model.blend else ()
        return tuple(pair for blends in known for pair in blends) or stored

    @cached_property
    def predictor(self) -> str:
        """What predicts, in words and with the weights."""
        base = self.model.base_model if self.model is not None else load_config(self.run.config).model.name
        words = what_predicts(base, self.blends, models=len(self.members) if self.kind == "seeds" else 1)
        return f"for each article the model of its own fold, {words}" if self.kind == "folds" else words

    @property
    def calibration(self) -> Calibration | None:
        """What makes the scores probabilities of being right; None where nothing does."""
        found = self.ensemble or self.model
        return found.calibration if found else None

    @property
    def can_abstain(self) -> bool:
        """Whether thresholds are stored below which no label is given."""
        found = self.ensemble or self.model
        return found is not None and found.abstention is not None

    @cached_property
    def looks(self) -> Looks | None:
        """How often these articles were looked at, by this run and those beside it; None = it was not recorded."""
        return looks_at(self.path, self.evaluation.split)

    @cached_property
    def slices(self) -> Slices | None:
        """The figures by source, date, length, …, the worst first; None where there are none."""
        return read_slices(self.folder) if (self.folder / SLICES).exists() else None

    @cached_property
    def group_errors(self) -> GroupErrors | None:
        """How errors differ between the groups of the columns that were asked for; None where none was."""
        return read_group_errors(self.folder) if (self.folder / GROUP_ERRORS).exists() else None

    @cached_property
    def label_shift(self) -> AdaptationOutcome | None:
        """What adapting to the articles' shares of labels does; None where that was not asked for."""
        return read_adaptation(self.folder)

    @cached_property
    def out_of_scope(self) -> OutOfScope | None:
        """What becomes of articles that belong to no label; None where that was not asked for."""
        return read_out_of_scope(self.folder)

    @cached_property
    def cascade(self) -> CascadeOutcome | None:
        """What a cascade does to these articles; None where that was not asked for."""
        return read_cascade(self.folder)

    @cached_property
    def held_out_labels(self) -> HeldOutLabels | None:
        """What becomes of the articles of labels that are held out; None where that was not asked for."""
        return read_held_out(self.folder)

    @cached_property
    def steps(self) -> list[dict[str, Any]]:
        """The lines of ``metrics.jsonl``: of the run, or of the first of several."""
        return read_metrics(self.run)

    @cached_property
    def predictions(self) -> list[dict[str, Any]]:
        """A row per test article: id, label, predicted, score, scores, …; empty where they are gone."""
        return read_predictions(self.folder).to_pylist() if (self.folder / PREDICTIONS).exists() else []

    def part(self, name: str) -> dict[str, Any] | None:
        """What ``calibration.json``, ``slices.json``, … beside the evaluation holds; None where there is none.

        Raises:
            InputError: it is damaged or of an unknown version.
        """
        file = self.folder / f"{name}.json"
        if not file.exists():
            return None
        return asdict(read_json_as(file, PARTS[name], fix=AGAIN))

    def articles(self) -> Iterator[Article]:
        """The articles that were tested on; none where the dataset is gone."""
        if self.dataset is not None:
            yield from self.dataset.articles(None if self.kind == "folds" else "test")


def read_run_record(
    path: Path,
    *,
    manifest: Mapping[str, Any] | None = None,
    curve: Path | None = None,
    evaluated: Path | None = None,
) -> RunRecord:
    """Read a run, or a folder of several seeds or folds.

    Args:
        path: the folder.
        manifest: where the run is about to be complete, what its manifest will hold.
        curve: a ``learning_curve.json``, or a folder with one; else that of the run, where it has one.
        evaluated: the folder of another evaluation than that of the test articles.

    Raises:
        InputError: there is no complete run, it has no evaluation on test, or a file is damaged.
    """
    values = _curve(path, curve)
    trained = open_trained(path, command="report", takes=("run", "seeds", "folds"), whole=False)
    if manifest is None:
        trained.check_ended()
    if trained.kind != "run":
        return _several(trained, values, evaluated)
    run = trained.runs[0]
    others = _evaluations(path)
    if evaluated is None and "test" not in others:
        raise InputError(f"'{path}' has no evaluation on test.", fix=f"classifier evaluate {shell_word(path)}")
    judged = others.pop("test") if evaluated is None else read_evaluation(evaluated)
    known = manifest or read_manifest(run)
    return RunRecord(path, "run", run, judged, others, {}, {}, known, {}, values, evaluated, (run,))


def _several(trained: Trained, curve: Mapping[str, Any] | None, evaluated: Path | None) -> RunRecord:
    """The record of several seeds or folds; the settings and the steps are those of the first."""
    path, kind = trained.path, trained.kind
    members: dict[str, Evaluation]
    if kind == "seeds":
        seeds = read_json_as(path / FIGURES["seeds"], SeedsFigures, fix=AGAIN_WHOLE)
        folders = {f"seed {seed}": path / f"seed-{seed}" for seed in seeds.seeds}
        members, mean = dict(zip(folders, seeds.seeds.values(), strict=True)), seeds.mean
        intervals = seeds.mean_intervals
        others = _evaluations(path)
        test = others.pop("test") if "test" in others else read_evaluation(RunFolder(path).evaluation("test"))
        whole = test if evaluated is None else read_evaluation(evaluated)
    else:
        folds = read_json_as(path / FIGURES["folds"], FoldsFigures, fix=AGAIN_WHOLE)
        folders = {f"fold {k}": path / f"fold-{k:02d}" for k in range(1, len(folds.folds) + 1)}
        members, mean = dict(zip(folders, folds.folds, strict=True)), folds.mean
        intervals = folds.mean_intervals
        others, whole = {}, folds.pooled
    runs = [open_run(folder) for folder in folders.values()]
    manifests = [read_manifest(run) for run in runs]
    manifest = {
        **manifests[0],
        "seconds": sum(one["seconds"] for one in manifests),
        "sessions": sum(one.get("sessions", 1) for one in manifests),
    }
    return RunRecord(
        path, kind, runs[0], whole, others, members, mean, manifest, intervals, curve, evaluated, tuple(runs)
    )


def _evaluations(path: Path) -> dict[str, Evaluation]:
    files = sorted(RunFolder(path).evaluation("x").parent.glob("*/metrics.json"))
    whole = [file.parent for file in files if not is_unfinished(file.parent.name)]
    return {folder.name: read_evaluation(folder) for folder in whole}


def _curve(path: Path, given: Path | None) -> dict[str, Any] | None:
    file = path / CURVE if given is None else given / CURVE if given.is_dir() else given
    return read_curve(file) if given is not None or file.exists() else None
