"""One run per fold of a dataset, and the figures over all of them.

OUT/  plan.json  dataset/  fold-01/ … (each a run folder)  folds.json  predictions.parquet (out-of-fold, pooled)
evaluation/ledger.json  report.html
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from classifier.articles.article import Article
from classifier.bars import AUTOMATIC
from classifier.config_file import Settings, given_settings, load_config
from classifier.dataset.folder import DatasetFolder, open_dataset
from classifier.dataset.integrity import ALL
from classifier.errors import InputError, shell_word
from classifier.evaluation.groups import Grouping, join_groups
from classifier.evaluation.ledger import record_look
from classifier.evaluation.predictions import TFIDF_SCORES, known_share, read_predictions
from classifier.evaluation.result import (
    POOLED_SPLIT,
    Evaluation,
    FoldsFigures,
    MeanIntervals,
    evaluate,
    read_evaluation,
)
from classifier.files import whole_file, write_json
from classifier.jobs.plan import FOLDS, JobKind, begin, check_resumable, open_source
from classifier.jobs.request import Request, Show, never, unseen
from classifier.jobs.several_runs import (
    Spread,
    fold_intervals,
    mean_and_sd,
    read_run_plan,
    train_once,
    write_run_plan,
)
from classifier.jobs.source import Source, as_named_source
from classifier.models.run_folder import RunFolder
from classifier.models.tfidf import load_baselines
from classifier.notebook import show_page
from classifier.one_writer import one_writer
from classifier.progress import Progress
from classifier.reports.run.page import FILE as REPORT
from classifier.reports.run.page import write_report
from classifier.reports.summaries import means_summary
from classifier.stats.metrics import limits_of, limits_of_difference
from classifier.stats.one_answer import limits_above_one_answer
from classifier.stats.over_folds import gain_over_folds, interval_over_folds
from classifier.stats.significance import Gain
from classifier.summary import Summarised, Summary

POOLED = "predictions.parquet"
FIGURES = "folds.json"
GAINS = {  # differences of an `Evaluation`, and how large each can be
    **dict.fromkeys(("gain", "encoder_gain", "blend_gain"), limits_of_difference),
    "majority_gain": limits_above_one_answer,
}
MOST_FOLDS = 100


@dataclass(frozen=True)
class FoldsReport(Summarised):
    """What a cross-validation found.

    Attributes:
        path: the folder with one run per fold.
        dataset: the dataset with folds.
        folds: the evaluation of each fold's test articles.
        mean: headline metric -> (mean, standard deviation) over the folds, for the model and the baselines.
        pooled: every article predicted by the model that did not see it, evaluated together.
        seconds: how long it took, this time.
        mean_intervals: headline metric -> the 95% interval of the model's mean, for new articles and other training
            articles; None for fewer than three folds.
    """

    path: Path
    dataset: DatasetFolder
    folds: tuple[Evaluation, ...]
    mean: Mapping[str, Mapping[str, Spread]]
    pooled: Evaluation
    seconds: float
    mean_intervals: MeanIntervals = field(default_factory=dict)

    def _summary(self) -> Summary:
        count = f"{len(self.folds)} folds"
        return means_summary(self.pooled, self.mean, count, "folds", self.mean_intervals, self.path)

    def show(self) -> None:
        """Show the page in the notebook; outside of one in the browser."""
        show_page(self.path)


def train_folds(
    source: Source | None,
    out: str | Path,
    *,
    settings: Settings | None = None,
    seed: int | None = None,
    skip_bad: bool = False,
    resume: bool = False,
    overwrite: bool = False,
    anyway: bool = False,
    progress: Progress = AUTOMATIC,
    should_stop: Callable[[], bool] = never,
    show: Show = unseen,
    report: Callable[[int, Evaluation], None] = lambda fold, evaluation: None,
) -> FoldsReport:
    """Train and test once per fold; a run that ended is not made again by ``resume``.

    Args:
        source: as in `classifier.jobs.train.train`, with ``split.folds`` set, or a dataset with folds.
        out: the folder to write.
        settings, seed, skip_bad, overwrite, anyway, progress, should_stop, show: as in `classifier.jobs.train.train`.
        resume: go on in ``out`` with the fold that was interrupted.
        report: told of each fold's evaluation as soon as it is there.

    Raises:
        InputError: the source has no folds, or cannot be used.
        InterruptedTrainingError: ``should_stop`` said so.

    Example:
        >>> settings = {"split.folds": 2, "split.group_by": []}  # each source may be in both folds
        >>> report = train_folds("genre.toml", "runs/folds", settings=settings)
        >>> [evaluation.articles for evaluation in report.folds], report.pooled.articles
        ([60, 60], 120)
    """
    with one_writer(out), as_named_source(source) as named:
        return _train(
            Request(
                named,
                Path(out),
                given_settings(settings),
                seed,
                skip_bad=skip_bad,
                resume=resume,
                overwrite=overwrite,
                progress=progress,
                should_stop=should_stop,
                careful=not anyway,
                show=show,
            ),
            report,
        )


def _train(request: Request, report: Callable[[int, Evaluation], None]) -> FoldsReport:
    started, path = time.monotonic(), request.out
    kind = _kind(path)
    if request.resume:
        check_resumable(kind, request)
    else:
        job = open_source(kind, request)
        if not job.has_folds:
            fix = "Add --set split.folds=10 (to the build, for a dataset)."
            raise InputError("--all-folds needs folds.", fix=fix)
        begin(kind, request, job, partial(write_run_plan, request=request, source=job))
    plan = read_run_plan(path)
    dataset = open_dataset((path / plan.dataset).resolve())
    evaluations = []
    for fold in range(1, (dataset.info.folds or 0) + 1):
        run = RunFolder(path / f"fold-{fold:02d}")
        train_once(request, plan, dataset, run, fold=fold)
        evaluations.append(read_evaluation(run.evaluation("test")))
        report(fold, evaluations[-1])
    pooled = _pool(path, dataset, evaluations)
    if not (path / FIGURES).exists():
        runs = [RunFolder(path / f"fold-{fold:02d}") for fold in range(1, len(evaluations) + 1)]
        record_look(path, runs, pooled, dataset.articles(), by="train", dataset=dataset)
    found = FoldsFigures(
        tuple(evaluations),
        mean_and_sd(evaluations),
        pooled,
        fold_intervals(evaluations, _ratio(dataset)),
        tuple(_sizes(dataset, "train")),
    )
    write_json(path / FIGURES, asdict(found))
    with request.progress.task("writing the report", None):
        write_report(path)
    seconds = time.monotonic() - started
    return FoldsReport(path, dataset, found.folds, found.mean, pooled, seconds, found.mean_intervals)


def _kind(path: Path) -> JobKind:
    return JobKind(
        name=FOLDS,
        options="--all-folds",
        start="classifier train my.csv --all-folds --out OUT",
        go_on=f"classifier train --all-folds --resume --out {shell_word(path)}",
        ended=FIGURES,
        taught=True,
        allowed={POOLED, FIGURES, REPORT, "evaluation", *(f"fold-{fold:02d}" for fold in range(1, MOST_FOLDS + 1))},
        several="Folds and seeds",
    )


def _pool(path: Path, dataset: DatasetFolder, folds: Sequence[Evaluation]) -> Evaluation:
    """Evaluate the predictions of all folds together, and write them to one file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    runs = [RunFolder(path / f"fold-{fold:02d}") for fold in range(1, len(folds) + 1)]
    tables = [read_predictions(run.evaluation("test")) for run in runs]
    for part in ("encoder", TFIDF_SCORES):
        if not all(part in one.column_names for one in tables):  # some of an older version
            tables = [one.drop_columns([name for name in (part,) if name in one.column_names]) for one in tables]
    majority = [load_baselines(run.baseline).predict_majority(len(t)) for run, t in zip(runs, tables, strict=True)]
    table = pa.concat_tables(
        t.append_column("fold", pa.array([fold] * len(t), pa.int64())) for fold, t in enumerate(tables, start=1)
    )
    grouping = _grouping(table, dataset)
    table = table.set_column(
        table.column_names.index("group"), "group", pa.array(grouping.ids, pa.int64())
    )  # a fold counts its own groups from 0
    with whole_file(path / POOLED) as partial:
        pq.write_table(table, partial)
    labels = dataset.info.label_set
    parts = [name for name in ("tfidf", "encoder") if name in table.column_names]
    names = {column: _names(table[column].to_pylist()) for column in ("label", "predicted", *parts)}
    rows = zip(table["id"].to_pylist(), names["label"], table["source"].to_pylist(), strict=True)
    pooled = evaluate(
        POOLED_SPLIT,
        [Article(name, "", given, source=source) for name, given, source in rows],
        labels,
        labels.encode(names["predicted"]),
        others={**{name: labels.encode(names[name]) for name in parts}, "majority": np.concatenate(majority)},
        grouping=grouping,
        seen_sources=set() if "source" in dataset.info.group_by else None,
        samples=load_config(runs[0].config).evaluate.bootstrap_samples,
    )
    return _over_folds(replace(pooled, known_targets=known_share(table, "target")), folds, _ratio(dataset))


def _ratio(dataset: DatasetFolder) -> float:
    """Test articles per training article, of all folds together.

    Also where the training articles of each fold are more than those of the one before, as in folds over time: there
    the interval over folds holds the mean of its models' figures as often (``scripts/worlds/folds_over_time.py``).
    """
    return float(sum(_sizes(dataset, "test")) / max(1, sum(_sizes(dataset, "train"))))


def _sizes(dataset: DatasetFolder, split: str) -> list[int]:
    """How many articles are in a split, in each fold."""
    table = dataset.assigned()
    return [table[f"fold_{fold}"].to_pylist().count(split) for fold in range(1, (dataset.info.folds or 0) + 1)]


def _over_folds(pooled: Evaluation, folds: Sequence[Evaluation], ratio: float) -> Evaluation:
    """The pooled figures with intervals and gains from the spread over the folds: the articles alone say too little."""
    ours = {metric: np.array([found.figures[metric] for found in folds]) for metric in pooled.figures}
    gain, encoder_gain, blend_gain, majority_gain = (
        _gains_over_folds([getattr(found, name) for found in (pooled, *folds)], ratio, limits)
        for name, limits in GAINS.items()
    )
    return replace(
        pooled,
        folds=len(folds),
        intervals={
            metric: interval_over_folds(ours[metric], value, limits_of(metric), ratio)
            for metric, value in pooled.figures.items()
        },
        gain=gain,
        encoder_gain=encoder_gain,
        blend_gain=blend_gain,
        majority_gain=majority_gain,
        baseline_intervals={
            name: {
                metric: interval_over_folds(
                    np.array([found.baselines[name][metric] for found in folds]), value, limits_of(metric), ratio
                )
                for metric, value in pooled.baselines[name].items()
            }
            for name in pooled.baseline_intervals
        },
    )


def _gains_over_folds(
    found: Sequence[Mapping[str, Gain]], ratio: float, limits: Callable[[str], tuple[float, float]]
) -> dict[str, Gain]:
    """Differences of the pooled predictions, the first, with intervals from how much those of the folds vary."""
    pooled, *folds = found
    return {
        metric: gain_over_folds(np.array([fold[metric].value for fold in folds]), gain.value, ratio).within(
            limits(metric)
        )
        for metric, gain in pooled.items()
        if all(metric in fold for fold in folds)
    }


def _grouping(table: Any, dataset: DatasetFolder) -> Grouping:
    """What stands together across all folds: what the split keeps together, and sources, where most are new to a fold.

    Articles of a source, or near-duplicates, may be in the test articles of several folds.
    """
    ids = table["id"].to_pylist()
    columns = list(dataset.info.group_by)
    if "source" not in columns and table["seen_source"].to_pylist().count(False) > len(ids) / 2:
        columns.append("source")
    place = {name: row for row, name in enumerate(dataset.column(ALL, "id"))}
    stored = {name: dataset.column(ALL, name) for name in columns}
    values = {name: [found[place[one]] for one in ids] for name, found in stored.items() if found}
    return join_groups(dataset.units(ids), values)


def _names(values: Sequence[str | list[str]]) -> list[tuple[str, ...]]:
    return [(value,) if isinstance(value, str) else tuple(value) for value in values]
