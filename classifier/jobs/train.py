"""The main job from end to end: build, train, predict, each as one function (`assessment` has evaluate).

Every step of a training is whole on disk before the next begins, so a run that was killed goes on where it was.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from classifier import distributed
from classifier._version import __version__
from classifier.config import Config
from classifier.config_file import dump_config, load_config, with_absolute_paths
from classifier.dataset.folder import DatasetFolder, run_dataset
from classifier.errors import InputError
from classifier.evaluation.evaluate_articles import assess
from classifier.evaluation.result import Evaluation, read_evaluation
from classifier.evaluation.target_controls import MOST_IN_TRAINING
from classifier.files import REPLACE, check_free, whole_folder, write_json, write_text
from classifier.jobs.build import build_dataset, length_encoder
from classifier.jobs.source import Source, as_named_source, check_fold, check_outside, resolve_source
from classifier.models import run_folder
from classifier.models.classifier import Classifier
from classifier.models.device import choose_device, environment
from classifier.models.model_folder import FORMAT_VERSION
from classifier.models.run_folder import RunFolder
from classifier.models.tfidf import fit_baselines, save_baselines
from classifier.progress import SILENT, Progress
from classifier.reports.run.card import write_card
from classifier.reports.run.page import write_report
from classifier.training.auto import check_encoder, choose_settings
from classifier.training.fit import fit
from classifier.training.trackers import check_clients, tracked

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainReport:
    """What a training made; ``validation`` is None when there are no validation articles."""

    run: RunFolder
    dataset: DatasetFolder
    validation: Evaluation | None
    test: Evaluation
    seconds: float


def train(
    source: Source | None,
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
    with as_named_source(source) as named:
        started = time.monotonic()
        run = RunFolder(Path(out))
        distributed.start()
        if distributed.is_main():
            if resume:
                _check_resumable(run, named, overrides, seed, fold)
            else:
                settings = [*overrides, *([] if seed is None else [f"train.seed={seed}"])]
                _begin(run, named, settings, fold, skip_bad=skip_bad, overwrite=overwrite, progress=progress)
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
                config, inside.dataset, encoder=partial(length_encoder, config), progress=progress, skip_bad=skip_bad
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
                run,
                classifier,
                split,
                articles,
                run.evaluation(split),
                samples,
                progress,
                dataset,
                controls=MOST_IN_TRAINING if split == "test" and classifier.info.pair else 0,
            )


def _finish(run: RunFolder, seconds: float) -> None:
    """Write the card, the page, and the manifest, which makes the run complete; checkpoints are not needed after it."""
    manifest = {
        "format_version": FORMAT_VERSION,
        "classifier": __version__,
        **environment(choose_device(load_config(run.config).train.device)),
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 1),
    }
    write_card(run.path, [run], manifest)
    write_report(run.path, manifest=manifest)
    write_json(run.manifest, manifest)
    shutil.rmtree(run.checkpoints, ignore_errors=True)


def final_figures(evaluation: Evaluation) -> dict[str, float]:
    """The figures that a tracker shows at the end.

    Returns:
        ``test/f1_macro``, the ends of its interval, ``test/tfidf/f1_macro`` and so on.
    """
    split = evaluation.split
    found: dict[str, float] = {}
    for metric, value in evaluation.figures.items():
        low, high = evaluation.intervals[metric]
        found |= {f"{split}/{metric}": value, f"{split}/{metric}_low": low, f"{split}/{metric}_high": high}
        found[f"{split}/tfidf/{metric}"] = evaluation.baselines["tfidf"][metric]
    return {**found, f"{split}/articles": float(evaluation.articles)}
