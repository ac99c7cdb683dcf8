"""The main job from end to end: build, train, predict, each as one function (`assessment` has evaluate).

Every step of a training is whole on disk before the next begins, so a run that was killed goes on where it was.
"""

from __future__ import annotations

import logging
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TextIO

from classifier import dataset_folder, distributed, run_folder
from classifier._version import __version__
from classifier.abstention import check_stored
from classifier.assessment import assess
from classifier.baselines import fit_baselines, save_baselines
from classifier.building import Built, build_dataset, changes, recorded_settings
from classifier.config import Config
from classifier.config_file import dump_config, load_config, make_config, with_absolute_paths
from classifier.controls import MOST_IN_TRAINING
from classifier.dataset_folder import DatasetFolder, DatasetInfo, check_disjoint, is_dataset, open_dataset
from classifier.device import choose_device, environment
from classifier.encoding import TextEncoder
from classifier.errors import InputError
from classifier.evaluation import Evaluation, read_evaluation
from classifier.extending import open_to_extend
from classifier.fitting import choose_settings, fit, text_encoder
from classifier.folders import REPLACE, check_free, whole_folder, write_json, write_text
from classifier.inference import Classifier
from classifier.model import load_tokenizer
from classifier.model_card import write_card
from classifier.prediction import predict
from classifier.progress import SILENT, Progress
from classifier.report import write_report
from classifier.run_folder import MODEL_FILE, RunFolder, run_dataset
from classifier.splits import SPLITS
from classifier.trackers import check_clients, final_figures, tracked
from classifier.weights import find_weights
from classifier.writers import check_writable

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class BuildReport:
    """What a build made.

    Attributes:
        dataset: the folder; None after a dry run.
        info: what ``dataset.json`` holds.
        built: what was found on the way; None where the folder was up to date already.
    """

    dataset: DatasetFolder | None
    info: DatasetInfo
    built: Built | None


@dataclass(frozen=True)
class TrainReport:
    """What a training made; ``validation`` is None when there are no validation articles."""

    run: RunFolder
    dataset: DatasetFolder
    validation: Evaluation | None
    test: Evaluation
    seconds: float


def resolve_source(source: str, overrides: Sequence[str] = ()) -> tuple[Config, DatasetFolder | None]:
    """Settings for a CONFIG (.toml), a DATASET folder, or a SOURCE (file, folder of texts, ``hub:owner/name``).

    Returns:
        The settings, and the dataset where it is built already.

    Raises:
        InputError: there is nothing at that path, or a setting is wrong.
    """
    path = Path(source)
    if path.suffix != ".toml":
        named = tuple(f"data.{key}=" for key in ("path", "train", "validation", "test"))
        _refuse(overrides, named, f"does not go with the source '{source}'", "Name one, or each in a .toml file.")
    if source.startswith("hub:"):
        return make_config({"data": {"builder": "hub", "path": source.removeprefix("hub:")}}, overrides), None
    if path.suffix == ".toml":
        return load_config(path, overrides), None
    if is_dataset(path):
        dataset = open_dataset(path.resolve())
        check_disjoint(dataset)
        _refuse(
            overrides, ("data.", "split."), "cannot change a dataset that is built already", "Build it again with that."
        )
        return make_config(dataset.info.settings, overrides), dataset
    if path.is_dir():
        _refuse_other_folders(path)
    named_builder = any(override.startswith("data.builder=") for override in overrides)
    data = {"path": str(path)} if named_builder else {"builder": _builder(path), **_parts(path)}
    return make_config({"data": data}, overrides), None


def build(
    source: str,
    out: str | Path | None,
    *,
    overrides: Sequence[str] = (),
    skip_bad: bool = False,
    dry_run: bool = False,
    extend: str | Path | None = None,
    overwrite: bool = False,
    progress: Progress = SILENT,
) -> BuildReport:
    """Turn labelled articles into a dataset folder, with a page that says what is in it.

    A folder that was built from the same sources with the same settings is left as it is; one whose sources have
    changed is refused.

    Args:
        source: a config file, or a source as in `resolve_source`.
        out: the folder to write; it must not hold anything else. None in a dry run.
        overrides: settings such as ``split.test_size=0.3``.
        skip_bad: leave bad rows out and list them in ``rejected.jsonl``.
        dry_run: read, validate and report; write nothing.
        extend: an older dataset: its articles keep their splits, and the new ones of the source are added.
        overwrite: replace an older dataset there.
        progress: told of each step.

    Raises:
        InputError: the source, the settings or the folder cannot be used; nothing is written then.

    Example:
        >>> build("articles.csv", "datasets/mine").info.counts["test"]
        Counts(articles=43, labels={'opinion': 11, 'reporting': 11, 'satire': 11, 'press_release': 10})
    """
    if (out is None) != dry_run:
        fix = "classifier build SOURCE --out DATASET"
        raise InputError("Give --out, or --dry-run to write nothing, not both.", fix=fix)
    config, ready = resolve_source(source, overrides)
    if ready is not None:
        raise InputError(f"'{source}' is a dataset already.", fix=f"Train on it: classifier train {source} --out RUN")
    path = Path(out or "dry-run")
    old = None if extend is None else open_to_extend(Path(extend), recorded_settings(config))
    if not dry_run:
        if old is None and not overwrite and is_dataset(path):
            return _reuse(open_dataset(path), config)
        check_free(path, needed=dataset_folder.NEEDED, allowed=dataset_folder.ALLOWED, overwrite=overwrite)
    built = build_dataset(
        config, path, encoder=partial(_length_encoder, config), progress=progress, skip_bad=skip_bad, dry_run=dry_run,
        extend=old,
    )  # fmt: skip
    return BuildReport(None if dry_run else DatasetFolder(path, built.info), built.info, built)


def train(
    source: str | None,
    out: str | Path,
    *,
    overrides: Sequence[str] = (),
    seed: int | None = None,
    fold: int | None = None,
    skip_bad: bool = False,
    resume: bool = False,
    overwrite: bool = False,
    progress: Progress = SILENT,
    should_stop: Callable[[], bool] = lambda: False,
) -> TrainReport:
    """Build (unless the source is a dataset), fine-tune, and evaluate on validation and test.

    Args:
        source: a config file, a dataset folder, or a source as in `resolve_source`; None to resume.
        out: the run folder.
        overrides: settings such as ``train.learning_rate=3e-5``.
        seed: of the training; the split has its own (``split.seed``).
        fold: of a dataset with folds (``split.folds``), the one to test on, from 1.
        skip_bad: leave bad rows out when building, as in `build`.
        resume: go on with the run in ``out`` from its newest checkpoint.
        overwrite: replace an older run there.
        progress: told of each step.
        should_stop: asked after every optimizer step; True saves a checkpoint and ends the training.

    Raises:
        InputError: the source, the settings or the folder cannot be used.
        InterruptedTrainingError: ``should_stop`` said so.
    """
    started = time.monotonic()
    run = RunFolder(Path(out))
    distributed.start()
    if distributed.is_main():
        if resume:
            _check_resumable(run, source, overrides, seed, fold)
        else:
            settings = [*overrides, *([] if seed is None else [f"train.seed={seed}"])]
            _begin(run, source, settings, fold, skip_bad=skip_bad, overwrite=overwrite, progress=progress)
        if not run.baseline.exists():
            _fit_baselines(run, run_dataset(run.path))
    distributed.wait()
    config, dataset = load_config(run.config), run_dataset(run.path)
    with tracked(run, config, dataset) as trackers:
        if not run.model.exists():
            fit(run, config, dataset, progress, should_stop, on_record=trackers.follow)
        if distributed.is_main():
            _evaluate_splits(run, config, dataset, progress)
            trackers.finish(final_figures(read_evaluation(run.evaluation("test"))))
    if distributed.is_main():
        _finish(run, time.monotonic() - started)
    distributed.wait()
    evaluations = {split: read_evaluation(run.evaluation(split)) for split in dataset.splits if split != "train"}
    seconds = time.monotonic() - started
    return TrainReport(run, dataset, evaluations.get("validation"), evaluations["test"], seconds)


def predict_run(
    path: str | Path,
    inputs: Sequence[str],
    out: str | Path,
    *,
    overrides: Sequence[str] = (),
    device: str = "auto",
    bf16: bool | None = None,
    abstain: bool = False,
    stdin: TextIO | None = None,
    explain: bool = False,
    overwrite: bool = False,
    progress: Progress = SILENT,
) -> int:
    """Label new articles with a run (or its ``model/`` folder alone), or with the ensemble of several seeds.

    Args:
        path: the run or model folder, or the folder of several seeds.
        inputs: files, folders of .txt files, or ``-``.
        out: .jsonl, .csv or .parquet, or ``-``.
        overrides: ``data.columns.*`` and ``data.encoding`` for reading the inputs.
        device: ``auto`` | ``cpu`` | ``cuda`` | ``mps``.
        bf16: False for float32, whatever the training used; None = as in training.
        abstain: give no label where the score is below the threshold that ``evaluate --min-precision`` stored.
        stdin: what ``-`` reads; standard input when None.
        explain: add ``evidence``, as in `classifier.prediction.predict`.
        overwrite: replace an older file.
        progress: told of each chunk.

    Returns:
        How many articles were labelled.
    """
    data = make_config({}, overrides).data
    check_writable(Path(out), inputs, overwrite=overwrite)
    classifier = Classifier.load(path, device=device, bf16=bf16)
    if abstain:
        check_stored(classifier.info.abstention, "RUN" if (Path(path) / MODEL_FILE).exists() else path)
    return predict(
        classifier, inputs, Path(out), columns=data.columns.model_dump(), encoding=data.encoding,
        stdin=stdin or sys.stdin, abstain=abstain, explain=explain, progress=progress,
    )  # fmt: skip


def _length_encoder(config: Config, pair: bool) -> TextEncoder | None:
    """What measures lengths in tokens; None where the model is not at hand."""
    try:
        tokenizer = load_tokenizer(find_weights(config.model.name))
    except InputError as error:
        logger.warning("lengths are counted in words, not in tokens: %s", error.message)
        return None
    return text_encoder(config, pair, tokenizer)


def _reuse(old: DatasetFolder, config: Config) -> BuildReport:
    """The dataset that is there already, if nothing has changed since it was built."""
    problems = changes(old.info, config)
    if problems:
        keep = f"keep its splits with --extend {old.path}, " if problems[0].startswith("the source") else ""
        raise InputError(
            f"'{old.path}' is in use already, and since it was built {' and '.join(problems)}.",
            fix=f"Choose another --out, {keep}or {REPLACE}.",
        )
    return BuildReport(old, old.info, None)


def _begin(
    run: RunFolder,
    source: str | None,
    overrides: Sequence[str],
    fold: int | None,
    *,
    skip_bad: bool,
    overwrite: bool,
    progress: Progress,
) -> None:
    """Write a run folder with its settings and its dataset: whole, and only if the encoder can be found too."""
    if source is None:
        raise InputError("A training needs a source.", fix="classifier train my.csv --out RUN")
    config, dataset = resolve_source(source, overrides)
    choose_device(config.train.device)
    check_clients(config.train.report_to)
    check_fold(config, dataset, fold)
    check_outside(run.path, dataset)
    if not overwrite and run.config.exists() and not run.manifest.exists():
        raise InputError(
            f"'{run.path}' holds a training that has not ended.",
            fix=f"Go on with it (classifier train --resume --out {run.path}), choose another --out, or {REPLACE}.",
        )
    check_free(run.path, needed=run_folder.NEEDED, allowed=run_folder.ALLOWED, overwrite=overwrite)
    with whole_folder(run.path) as folder:
        inside = RunFolder(folder)
        place = "dataset" if dataset is None else _place(run, dataset)
        if dataset is None:
            built = build_dataset(
                config, inside.dataset, encoder=partial(_length_encoder, config), progress=progress, skip_bad=skip_bad
            )
            dataset = DatasetFolder(inside.dataset, built.info)
        dataset = dataset.in_fold(fold)
        write_json(inside.dataset_info, {"path": place, "fold": fold, **asdict(dataset.info)})
        chosen = choose_settings(with_absolute_paths(config), dataset)
        check_encoder(chosen, pair=dataset.info.pair)
        write_text(inside.config, dump_config(chosen))


def _place(run: RunFolder, dataset: DatasetFolder) -> str:
    """How a run names a dataset that was there before: relative where one folder holds it with several runs."""
    parent = run.path.resolve().parent
    beside = (parent / run_folder.PLAN).exists() and dataset.path == parent / run_folder.DATASET
    return f"../{run_folder.DATASET}" if beside else str(dataset.path)


def check_encoder(config: Config, *, pair: bool) -> None:
    """Raise `InputError` unless the encoder can be found and its windows are possible."""
    text_encoder(config, pair, load_tokenizer(find_weights(config.model.name)))


def check_fold(config: Config, dataset: DatasetFolder | None, fold: int | None) -> None:
    """Raise `InputError` unless there is such a fold, or there are no folds and none is asked for."""
    if dataset is not None:
        dataset.in_fold(fold)
    elif config.split.folds is None and fold is not None:
        raise InputError("--fold needs folds.", fix="Add --set split.folds=10")
    elif config.split.folds is not None and fold is None:
        raise InputError(f"The settings ask for {config.split.folds} folds.", fix="Add --fold K, or --all-folds.")
    elif fold is not None and not 1 <= fold <= (config.split.folds or 0):
        raise InputError(f"There is no fold {fold}: there are 1 to {config.split.folds}.", fix="Choose one of these.")


def _check_resumable(
    run: RunFolder, source: str | None, overrides: Sequence[str], seed: int | None, fold: int | None
) -> None:
    if not run.config.exists():
        raise InputError(f"There is no training to resume in '{run.path}'.", fix="Start it without --resume.")
    if run.manifest.exists():
        raise InputError(f"The training in '{run.path}' has ended already.", fix="Start another with another --out.")
    if source is not None or overrides or seed is not None or fold is not None:
        again = f"classifier train --resume --out {run.path}"
        raise InputError("--resume goes on with the run's own source and settings.", fix=again)


def _fit_baselines(run: RunFolder, dataset: DatasetFolder) -> None:
    articles = list(dataset.articles("train"))
    y = dataset.info.label_set.encode(article.labels for article in articles)
    save_baselines(fit_baselines(articles, y, pair=dataset.info.pair), run.baseline)


def _evaluate_splits(run: RunFolder, config: Config, dataset: DatasetFolder, progress: Progress) -> None:
    classifier = Classifier.load(run.model, device=config.train.device)
    samples = config.evaluate.bootstrap_samples
    for split in dataset.splits:
        if split != "train":
            articles = list(dataset.articles(split))
            assess(
                run, classifier, split, articles, run.evaluation(split), samples, progress, dataset,
                controls=MOST_IN_TRAINING if split == "test" and classifier.info.pair else 0,
            )  # fmt: skip


def _finish(run: RunFolder, seconds: float) -> None:
    """Write the card, the page, and the manifest, which makes the run complete; checkpoints are not needed after it."""
    manifest = {
        "format_version": run_folder.FORMAT_VERSION,
        "classifier": __version__,
        **environment(choose_device(load_config(run.config).train.device)),
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 1),
    }
    write_card(run.path, [run], manifest)
    write_report(run.path, manifest=manifest)
    write_json(run.manifest, manifest)
    shutil.rmtree(run.checkpoints, ignore_errors=True)


def _refuse(overrides: Sequence[str], prefixes: tuple[str, ...], why: str, fix: str) -> None:
    """Raise `InputError` for the first override that could have no effect here."""
    refused = [override for override in overrides if override.startswith(prefixes)]
    if refused:
        raise InputError(f"--set {refused[0]} {why}.", fix=fix)


def _builder(path: Path) -> str:
    """The builder for a file or folder: what `datasets` saved to disk, a folder of texts, or a table."""
    if (path / "dataset_dict.json").exists() or (path / "state.json").exists():
        return "disk"
    return "folder" if path.is_dir() else "table"


def _parts(path: Path) -> dict[str, str]:
    """The parts of a folder that has train/ and test/ (perhaps validation/), each with one subfolder per label."""
    if _builder(path) != "folder" or not ((path / "train").is_dir() and (path / "test").is_dir()):
        return {"path": str(path)}
    logger.info("the folders train and test of '%s' are the splits", path)
    return {name: str(path / name) for name in SPLITS if (path / name).is_dir()}


def _refuse_other_folders(path: Path) -> None:
    if (path / "config.toml").exists():
        raise InputError(f"'{path}' is a run, not a source of articles.", fix=f"Its dataset: {path / 'dataset'}")


def check_outside(out: Path, dataset: DatasetFolder | None) -> None:
    """Raise `InputError` if an output folder lies in the dataset that it is made from."""
    if dataset is not None and dataset.path.resolve() in (out.resolve(), *out.resolve().parents):
        raise InputError(f"--out '{out}' lies in the dataset itself.", fix="Choose a folder beside it.")
