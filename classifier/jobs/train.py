"""The verb train: one run from its source to its report.

Every step of a training is whole on disk before the next begins, so a run that was killed goes on where it was.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from classifier import distributed
from classifier._version import __version__
from classifier.arrays import Floats32
from classifier.bars import AUTOMATIC
from classifier.checksums import file_sum
from classifier.config import Config
from classifier.config_file import Settings, dump_config, given_settings, load_config
from classifier.dataset.folder import DatasetFolder, run_dataset
from classifier.durations import duration_seconds
from classifier.errors import InputError, shell_word
from classifier.evaluation.cascade import evaluated_cascade
from classifier.evaluation.evaluate_articles import EvaluationPlan, assess
from classifier.evaluation.ledger import record_look
from classifier.evaluation.result import Evaluation, read_evaluation
from classifier.evaluation.target_controls import IN_TRAINING
from classifier.files import write_json, write_text
from classifier.jobs.outlook import plan_in_time, say_outlook
from classifier.jobs.plan import TRAINING, JobKind, begin, check_resumable, open_source
from classifier.jobs.request import Request, Show, never, unseen
from classifier.jobs.source import Source, as_named_source, check_fold
from classifier.jobs.stopwatch import Spent, Stopwatch, timed
from classifier.models import run_folder
from classifier.models.device import choose_device, environment
from classifier.models.loading import load_before_refit, load_predictor
from classifier.models.model_folder import read_model_info, write_model_info
from classifier.models.run_folder import RunFolder, read_metrics
from classifier.notebook import show_page
from classifier.one_writer import one_writer
from classifier.progress import Progress
from classifier.reports.run.card import write_card
from classifier.reports.run.page import write_report
from classifier.reports.summaries import evaluation_summary, written
from classifier.summary import Summarised, Summary
from classifier.training.auto import check_encoder, choose_settings, chosen
from classifier.training.baselines import fit_run_baselines, fit_taught_tfidf
from classifier.training.budget import Budget
from classifier.training.first_look import look_at_layers
from classifier.training.fit import fit
from classifier.training.own_teacher import train_own_teacher
from classifier.training.started_from import note_start
from classifier.training.teacher import begin_lesson, score_lesson
from classifier.training.trackers import tracked
from classifier.training.watch import Watch


@dataclass(frozen=True)
class TrainReport(Summarised):
    """What a training made; ``validation`` is None when there are no validation articles."""

    run: RunFolder
    dataset: DatasetFolder
    validation: Evaluation | None
    test: Evaluation
    seconds: float

    def _summary(self) -> Summary:
        return evaluation_summary(self.test, remarks=[written(self.run.path / "report.html")], run=self.run.path)

    def show(self) -> None:
        """Show the page in the notebook; outside of one in the browser."""
        show_page(self.run.path)


def train(
    source: Source | None,
    out: str | Path,
    *,
    settings: Settings | None = None,
    seed: int | None = None,
    fold: int | None = None,
    skip_bad: bool = False,
    resume: bool = False,
    overwrite: bool = False,
    anyway: bool = False,
    progress: Progress = AUTOMATIC,
    should_stop: Callable[[], bool] = never,
    show: Show = unseen,
) -> TrainReport:
    """Build (unless the source is a dataset), fine-tune, and evaluate on validation and test.

    Args:
        source: a config file, a dataset folder, or a source as in `classifier.jobs.source.resolve_source`; None to
            resume.
        out: the run folder.
        settings: dotted names -> values, such as ``{"train.learning_rate": 3e-5}``.
        seed: of the training; the split has its own (``split.seed``).
        fold: of a dataset with folds (``split.folds``), the one to test on, from 1.
        skip_bad: leave bad rows out when building, as in `classifier.jobs.building.build.build`.
        resume: go on with the run in ``out`` from its newest checkpoint.
        overwrite: replace an older run there.
        anyway: train on a dataset whose own page calls it not safe to evaluate on.
        progress: told of each step.
        should_stop: asked after every optimizer step; True saves a checkpoint and ends the training.
        show: told of the dataset before the training begins, and of what was found where it was built just now.

    Raises:
        UnsafeDatasetError: figures on the dataset would mislead; one that was built is kept beside ``out``.
        InputError: the source, the settings or the folder cannot be used.
        InterruptedTrainingError: ``should_stop`` said so.

    Example:
        >>> report = train("genre.toml", "runs/third")
        >>> report.test.split, report.test.articles
        ('test', 24)
        >>> import pandas
        >>> settings = {"model.name": "models/tiny", "model.max_length": 64, "train.preset": "probe"}
        >>> train(pandas.read_csv("articles.csv"), "runs/fourth", settings=settings).test.articles
        24
    """
    with as_named_source(source) as named:
        return run_training(
            Request(
                named,
                Path(out),
                given_settings(settings),
                seed,
                fold,
                skip_bad,
                resume,
                overwrite,
                progress,
                should_stop,
                careful=not anyway,
                show=show,
            )
        )


def run_training(request: Request) -> TrainReport:
    """Do what `train` says."""
    distributed.start()
    with one_writer(request.out) if distributed.is_main() else nullcontext():  # of several processes one writes
        return _train(request)


def _train(request: Request) -> TrainReport:
    started = time.monotonic()
    run = RunFolder(request.out)
    if distributed.is_main():
        if request.resume:
            check_resumable(_kind(run), request)
            if run.manifest.exists():
                fix = "Start another with another --out."
                raise InputError(f"The training in '{run.path}' has ended already.", fix=fix)
        else:
            _begin(request, run, started)
    with timed(run, started, writes=distributed.is_main()) as stopwatch:
        dataset = _fit_and_evaluate(request, run, stopwatch)
    distributed.wait()
    evaluations = {split: read_evaluation(run.evaluation(split)) for split in dataset.splits if split != "train"}
    seconds = time.monotonic() - started
    return TrainReport(run, dataset, evaluations.get("validation"), evaluations["test"], seconds)


def _fit_and_evaluate(request: Request, run: RunFolder, stopwatch: Stopwatch) -> DatasetFolder:
    """Whatever is still to be done, down to the manifest; returns the dataset."""
    if distributed.is_main() and not run.baseline.exists():
        whole = run_dataset(run.path)
        settings = chosen(load_config(run.config))
        if settings.train.budget is None:
            say_outlook(run, settings, whole, request.progress, trainings=request.trainings)
        with request.progress.task("training TF-IDF, to compare with", None):
            fit_run_baselines(run, whole, balanced=settings.train.balanced)
    distributed.wait()
    config, dataset = load_config(run.config), run_dataset(run.path)
    known: dict[str, Floats32] = {}  # split -> what the network says of its articles
    with tracked(run, config, dataset) as trackers:

        def follow(record: Mapping[str, Any]) -> None:
            stopwatch.note()
            trackers.follow(record)

        def keep(logits: Floats32) -> None:
            known["validation"] = logits

        if not run.model.exists():
            over = partial(_is_over, stopwatch, config.train.budget)
            watch = Watch(request.progress, request.should_stop, on_record=follow, on_logits=keep, is_time_over=over)
            train_own_teacher(run, config, dataset, watch)
            if distributed.is_main():
                score_lesson(run, config, dataset, request.progress)
                fit_taught_tfidf(run, config, dataset, request.progress)
            distributed.wait()
            fit(run, config, dataset, watch)
        if distributed.is_main():
            _evaluate_splits(run, config, dataset, request.progress, known)
            trackers.finish(final_figures(read_evaluation(run.evaluation("test"))))
    if distributed.is_main():
        _finish(run, stopwatch.spent, request.progress)
    return dataset


def _is_over(stopwatch: Stopwatch, budget: str | None) -> bool:
    return budget is not None and stopwatch.is_over(duration_seconds(budget))


def _kind(run: RunFolder) -> JobKind:
    return JobKind(
        name=TRAINING,
        start="classifier train my.csv --out RUN",
        go_on=f"classifier train --resume --out {shell_word(run.path)}",
        ended=run.manifest.name,
        taught=True,
        needed=run_folder.NEEDED,
        allowed=run_folder.ALLOWED,
    )


def _begin(request: Request, run: RunFolder, started: float) -> None:
    """Write a run folder with its settings and its dataset: whole, and only if the encoder can be found too."""
    kind = _kind(run)
    source = open_source(kind, request)
    check_fold(source.config, source.dataset, request.fold)

    def write(folder: Path, dataset: DatasetFolder) -> None:
        inside, dataset = RunFolder(folder), dataset.in_fold(request.fold)
        place = source.place if source.dataset is None else _place(run, source.dataset)
        write_json(inside.dataset_info, {"path": place, "fold": request.fold, **asdict(dataset.info)})
        unlabelled = begin_lesson(inside, source.absolute, dataset)
        look = partial(look_at_layers, progress=request.progress)
        settings = choose_settings(source.absolute, dataset, unlabelled=unlabelled, look=look)
        check_encoder(settings, pair=dataset.info.pair)
        if settings.train.budget is not None:
            budget = Budget(duration_seconds(settings.train.budget), lambda: time.monotonic() - started)
            given = source.absolute if request.trainings else settings  # of several, the first was planned
            settings, outlook = plan_in_time(inside, given, settings, dataset, budget, request.progress)
            write_json(inside.seconds, asdict(Spent(reserve=outlook.after)))
        note_start(inside, settings, dataset)
        write_text(inside.config, dump_config(settings))

    begin(kind, request, source, write)


def _place(run: RunFolder, dataset: DatasetFolder) -> str:
    """How a run names a dataset that was there before: relative where one folder holds it with several runs."""
    parent = run.path.resolve().parent
    beside = (parent / run_folder.PLAN).exists() and dataset.path == parent / run_folder.DATASET
    return f"../{run_folder.DATASET}" if beside else str(dataset.path)


def _evaluate_splits(
    run: RunFolder, config: Config, dataset: DatasetFolder, progress: Progress, known: Mapping[str, Floats32]
) -> None:
    """Evaluate every split but train; ``known`` are the logits of those that the training has read already."""
    refit = load_predictor(run.model, device=config.train.device)
    before, samples = load_before_refit(run.path, None, device=config.train.device), config.evaluate.bootstrap_samples
    for split in dataset.splits:
        if split != "train":
            held_out = before is not None and split == "validation"
            predictor = before if before is not None and held_out else refit
            articles = list(dataset.articles(split))
            found = assess(
                run,
                predictor,
                split,
                articles,
                run.evaluation(split),
                EvaluationPlan(
                    samples,
                    controls=IN_TRAINING if split == "test" and predictor.info.pair else None,
                    baseline=run.before_refit.baseline if held_out else None,
                ),
                progress,
                dataset,
                known.get(split),
            )
            if split == "test":
                record_look(run.path, [run], found, articles, by="train", dataset=dataset)
            elif split == "validation":
                known_cascade = evaluated_cascade(predictor, run.evaluation(split))
                write_model_info(run.model, replace(read_model_info(run.model), cascade=known_cascade))


def _finish(run: RunFolder, spent: Spent, progress: Progress) -> None:
    """Write the card, the page, and the manifest, which makes the run complete; checkpoints are not needed after it."""
    trained = [read_metrics(part) for part in (run, run.refit) if part.metrics.exists()]
    manifest = {
        "format_version": 1,
        "classifier": __version__,
        **environment(choose_device(load_config(run.config).train.device)),
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": spent.seconds,
        "sessions": spent.sessions,
        "steps": sum(max((line["step"] for line in lines if line["kind"] == "step"), default=0) for lines in trained),
        "files": {file.name: asdict(file_sum(file)) for file in (run.config, run.dataset_info)},
    }
    with progress.task("writing the report", None):
        write_card(run.path, [run], manifest)
        write_report(run.path, manifest=manifest)
    write_json(run.manifest, manifest)
    again = run.refit
    for folder in (run.checkpoints, run.distil, again.checkpoints, again.baseline, again.distil):
        shutil.rmtree(folder, ignore_errors=True)


def final_figures(evaluation: Evaluation) -> dict[str, float]:
    """The figures that a tracker shows at the end.

    Returns:
        ``test/f1_macro``, the ends of its interval (where it has one), ``test/tfidf/f1_macro`` and so on.
    """
    split = evaluation.split
    found: dict[str, float] = {}
    for metric, value in evaluation.figures.items():
        bounds = evaluation.intervals[metric]
        ends = (
            {}
            if bounds is None
            else dict(zip((f"{split}/{metric}_low", f"{split}/{metric}_high"), bounds, strict=True))
        )
        found |= {f"{split}/{metric}": value, **ends}
        found[f"{split}/tfidf/{metric}"] = evaluation.baselines["tfidf"][metric]
    return {**found, f"{split}/articles": float(evaluation.articles)}
