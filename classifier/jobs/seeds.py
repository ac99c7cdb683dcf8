"""The same split trained with several seeds, the spread of their figures, and the ensemble of their models.

OUT/  plan.json  dataset/  seed-13/ … (each a run folder)  evaluation/SPLIT/ (of the ensemble)
seeds.json  report.html  ensemble.json (written last)
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from classifier.bars import AUTOMATIC
from classifier.checksums import CHECKSUMS
from classifier.config_file import Settings, given_settings, load_config
from classifier.dataset.folder import DatasetFolder, open_dataset
from classifier.errors import InputError, shell_word
from classifier.evaluation.cascade import evaluated_cascade
from classifier.evaluation.evaluate_articles import EvaluationPlan, assess
from classifier.evaluation.ledger import record_look
from classifier.evaluation.predictions import read_predictions, stored_groups
from classifier.evaluation.result import Evaluation, MeanFigures, MeanIntervals, SeedsFigures, read_evaluation
from classifier.files import read_json, write_json
from classifier.jobs.plan import SEEDS, JobKind, begin, check_resumable, open_source
from classifier.jobs.request import Request, Show, never, unseen
from classifier.jobs.several_runs import RunPlan, Spread, mean_and_sd, read_run_plan, train_once, write_run_plan
from classifier.jobs.source import Source, as_named_source, check_fold
from classifier.models.ensemble import ENSEMBLE_FILE, EnsembleInfo, write_ensemble
from classifier.models.loading import load_before_refit, load_ensemble
from classifier.models.predictor import Predictor
from classifier.models.run_folder import PLAN, RunFolder
from classifier.notebook import show_page
from classifier.one_writer import one_writer
from classifier.progress import Progress
from classifier.reports.run.card import write_card
from classifier.reports.run.page import FILE as REPORT
from classifier.reports.run.page import write_report
from classifier.reports.summaries import means_summary
from classifier.stats.metrics import limits_of, resampled
from classifier.stats.resampling import Interval
from classifier.stats.seeds import SeedFigures, interval_of_mean
from classifier.stats.two_way import two_way_effective
from classifier.summary import Summarised, Summary
from classifier.training.decision import fit_scores

logger = logging.getLogger(__name__)
SAME = "all these models are the same: only a head is fitted (train.num_train_epochs = 0), which no seed changes"

FIGURES = "seeds.json"
MOST_SEEDS = 100


@dataclass(frozen=True)
class SeedsReport(Summarised):
    """What several seeds found.

    Attributes:
        path: the folder with one run per seed, which `Classifier.load` reads as their ensemble.
        dataset: that all of them were trained on, in the fold that was chosen.
        seeds: seed -> the evaluation of its run on the test articles.
        mean: ``model``, ``tfidf`` and ``majority`` -> headline metric -> (mean, standard deviation) over the seeds.
        ensemble: the averaged probabilities, evaluated on the same articles.
        seconds: how long it took, this time.
        mean_intervals: headline metric -> the 95% interval of the model's mean, for new seeds and new articles; None
            for fewer than three seeds or groups.
    """

    path: Path
    dataset: DatasetFolder
    seeds: Mapping[int, Evaluation]
    mean: Mapping[str, Mapping[str, Spread]]
    ensemble: Evaluation
    seconds: float
    mean_intervals: MeanIntervals = field(default_factory=dict)

    def _summary(self) -> Summary:
        count = f"{len(self.seeds)} seeds"
        return means_summary(self.ensemble, self.mean, count, "seeds", self.mean_intervals, self.path)

    def show(self) -> None:
        """Show the page in the notebook; outside of one in the browser."""
        show_page(self.path)


def train_seeds(
    source: Source | None,
    out: str | Path,
    *,
    count: int | None = 5,
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
    report: Callable[[int, Evaluation], None] = lambda seed, evaluation: None,
) -> SeedsReport:
    """Train on the same split once per seed, and make an ensemble of the models.

    Args:
        source: as in `classifier.jobs.train.train`.
        out: the folder to write.
        count: how many seeds: ``train.seed``, ``train.seed`` + 1, …; the split has its own, which stays.
        settings, skip_bad, overwrite, anyway, progress, should_stop, show: as in `classifier.jobs.train.train`.
        seed: the first one, instead of ``train.seed``.
        fold: of a dataset with folds, the one to test on, from 1.
        resume: go on in ``out`` with the seed that was interrupted; ``count`` is then the same as before, or None.
        report: told of each seed's evaluation as soon as it is there.

    Raises:
        InputError: the number of seeds, the source, the settings or the folder cannot be used.
        InterruptedTrainingError: ``should_stop`` said so.

    Example:
        >>> found = train_seeds("genre.toml", "runs/seeds", count=2)
        >>> mean, deviation = found.mean["model"]["f1_macro"]
        >>> mean > 0.8, found.ensemble.figures["f1_macro"] > 0.8
        (True, True)
        >>> from classifier.models.classifier import Classifier
        >>> Classifier.load("runs/seeds").predict(["The council said on Tuesday that police had closed the bridge."])
        ['reporting']
    """
    with one_writer(out), as_named_source(source) as named:
        return _train(
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
            ),
            count,
            report,
        )


def _train(request: Request, count: int | None, report: Callable[[int, Evaluation], None]) -> SeedsReport:
    started, path = time.monotonic(), request.out
    if request.resume:
        _check_resumable(request, count)
    else:
        _begin(request, count)
    plan = read_run_plan(path)
    dataset = open_dataset((path / plan.dataset).resolve()).in_fold(plan.fold)
    evaluations = {}
    for number in plan.seeds:
        run = RunFolder(path / _name(number))
        train_once(request, plan, dataset, run, fold=plan.fold, seed=number)
        evaluations[number] = read_evaluation(run.evaluation("test"))
        report(number, evaluations[number])
        if len(evaluations) == 1 and load_config(run.config).train.num_train_epochs == 0:
            logger.warning(SAME)
    mean, intervals = mean_and_sd(list(evaluations.values())), _mean_intervals(path, dataset, evaluations)
    ensemble = _make_ensemble(path, plan, dataset, (evaluations, mean, intervals), request.progress)
    return SeedsReport(path, dataset, evaluations, mean, ensemble, time.monotonic() - started, intervals)


def _begin(request: Request, count: int | None) -> None:
    """Build the dataset, unless the source is one, and write down what is to be done."""
    kind = _kind(request.out, count or 0)
    if request.source is not None and (count is None or not 2 <= count <= MOST_SEEDS):
        raise InputError(
            f"--seeds must be from 2 to {MOST_SEEDS}. Got {count} instead.",
            fix="Add --seeds 5; for one, leave it out and give --seed.",
        )
    source = open_source(kind, request)
    check_fold(source.config, source.dataset, request.fold)
    first = source.config.train.seed
    seeds = range(first, first + (count or 0))
    begin(kind, request, source, partial(write_run_plan, request=request, source=source, seeds=seeds))


def _check_resumable(request: Request, count: int | None) -> None:
    """Raise `InputError` unless there is such a training to go on with, and nothing else is asked for."""
    path = request.out
    seeds = read_json(path / PLAN).get("seeds", ()) if (path / PLAN).exists() else ()
    kind = _kind(path, len(seeds))
    check_resumable(kind, request)
    if count not in (None, len(seeds)):
        raise InputError(f"The training in '{path}' began with {len(seeds)} seeds, not {count}.", fix=kind.go_on)


def _kind(path: Path, count: int) -> JobKind:
    runs = {entry.name for entry in path.glob("seed-*") if re.fullmatch(r"seed-\d+", entry.name)}
    return JobKind(
        name=SEEDS,
        options=f"--seeds {count}",
        start="classifier train my.csv --seeds 5 --out OUT",
        go_on=f"classifier train --seeds {count} --resume --out {shell_word(path)}",
        ended=ENSEMBLE_FILE,
        taught=True,
        allowed={FIGURES, ENSEMBLE_FILE, CHECKSUMS, "evaluation", "README.md", REPORT, *runs},
        several="Folds and seeds",
    )


def _name(seed: int) -> str:
    return f"seed-{seed}"


def _mean_intervals(path: Path, dataset: DatasetFolder, evaluations: Mapping[int, Evaluation]) -> MeanIntervals:
    """The 95% interval of each headline metric's mean over seeds, from their predictions for the same articles."""
    runs = [RunFolder(path / _name(seed)) for seed in evaluations]
    tables, labels = [read_predictions(run.evaluation("test")) for run in runs], dataset.info.label_set
    truth, *predicted = (
        labels.encode((value,) if isinstance(value, str) else tuple(value) for value in column.to_pylist())
        for column in (tables[0]["label"], *(table["predicted"] for table in tables))
    )
    (groups, crossed), samples = stored_groups(tables[0]), load_config(runs[0].config).evaluate.bootstrap_samples
    draws = resampled(truth, predicted, labels.names, groups=groups, crossed=crossed, samples=samples)
    found: dict[str, Interval | None] = {}
    for metric in draws[0]:
        values = np.array([one.figures[metric] for one in evaluations.values()])
        one = SeedFigures(values, np.stack([drawn[metric] for drawn in draws], axis=1))
        found[metric] = interval_of_mean(one, two_way_effective(groups, crossed), limits=limits_of(metric))
    return found


def _make_ensemble(
    path: Path,
    plan: RunPlan,
    dataset: DatasetFolder,
    of_seeds: tuple[Mapping[int, Evaluation], MeanFigures, MeanIntervals],
    progress: Progress,
) -> Evaluation:
    """The ensemble's figures on test; made, evaluated and written where that has not been done."""
    whole = RunFolder(path)
    if not (path / ENSEMBLE_FILE).exists():
        info = EnsembleInfo(tuple(f"{_name(seed)}/model" for seed in plan.seeds))
        run = info.first_run(path)
        config = load_config(run.config)
        predictor = load_ensemble(path, info, device=config.train.device)
        before = load_before_refit(path, info, device=config.train.device)
        fitted = _fit(before or predictor, dataset, progress, calibrate=config.train.calibration == "auto")
        predictor = replace(predictor, info=replace(predictor.info, **fitted))
        evaluation_plan = EvaluationPlan(config.evaluate.bootstrap_samples)
        for split in (name for name in dataset.splits if name != "train"):
            articles, tested, asked = list(dataset.articles(split)), predictor, evaluation_plan
            if before is not None and split == "validation":
                tested = replace(before, info=replace(before.info, **fitted))
                asked = replace(evaluation_plan, baseline=run.before_refit.baseline)
            assess(run, tested, split, articles, whole.evaluation(split), asked, progress, dataset)
            if split == "validation":
                fitted["cascade"] = evaluated_cascade(tested, whole.evaluation(split))
        ensemble = read_evaluation(whole.evaluation("test"))
        record_look(path, info.runs(path), ensemble, dataset.articles("test"), by="train", dataset=dataset)
        evaluations, mean, intervals = of_seeds
        named = {str(seed): found for seed, found in evaluations.items()}
        write_json(path / FIGURES, asdict(SeedsFigures(named, mean, ensemble, intervals)))
        with progress.task("writing the report", None):
            write_card(path, info.runs(path))
            write_report(path)
        write_ensemble(path, replace(info, **fitted))
    return read_evaluation(whole.evaluation("test"))


def _fit(predictor: Predictor, dataset: DatasetFolder, progress: Progress, *, calibrate: bool) -> dict[str, Any]:
    """Thresholds and calibration that suit the averaged probabilities of the validation articles, if there are any."""
    if "validation" not in dataset.splits:
        return {}
    y = predictor.label_set.encode(dataset.labels("validation"))
    with progress.task("calibrating scores on validation", len(y)) as task:
        proba = predictor.predict_articles(dataset.articles("validation"), task)
        sources = dataset.column("validation", "source")
        fitted = fit_scores(proba, y, calibrate=calibrate, sources=sources)
    return {
        "thresholds": fitted.thresholds,
        "calibration": fitted.calibration,
        "validation": fitted.validation,
    }
