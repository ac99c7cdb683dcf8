"""Results in tables, and lines of a log, for a person at a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.table import Table

from classifier.dataset.info import Counts, DatasetInfo
from classifier.errors import counted
from classifier.evaluation.result import Evaluation
from classifier.jobs.tune.shown import trial_columns, trial_rows
from classifier.reports.words import BASELINES, between, metric_name

if TYPE_CHECKING:
    from classifier.jobs.tune.shown import TuningReport

SHOWN_TRIALS = 10
MOST_COLUMNS = 6  # with more folds than that, the table shows their sum and range


def dataset_table(info: DatasetInfo, counts: Mapping[str, Counts] | None = None) -> Table:
    """Articles per label and split (or fold), with each label's share of it."""
    counts = counts or info.counts
    many = len(counts) > MOST_COLUMNS
    table = Table(title="articles", title_justify="left")
    table.add_column("label")
    for name in ["all", "per fold"] if many else counts:
        table.add_column(name, justify="right")
    for label in (*info.labels, None):
        if label is None:
            table.add_section()
        found = [_count(part, label) for part in counts.values()]
        cells = [f"{sum(found):,}", f"{min(found):,} – {max(found):,}"]
        if not many:
            cells = [_with_share(n, part, label) for n, part in zip(found, counts.values(), strict=True)]
        table.add_row(label or "all", *cells)
    return table


def _count(counts: Counts, label: str | None) -> int:
    return counts.articles if label is None else counts.labels.get(label, 0)


def _with_share(count: int, counts: Counts, label: str | None) -> str:
    return f"{count:,}" if label is None else f"{count:,} ({count / max(1, counts.articles):.0%})"


def fold_line(fold: int, evaluation: Evaluation) -> str:
    """One fold's figures in a line."""
    return (
        f"fold {fold}: {evaluation.articles:,} test articles, macro F1 {evaluation.figures['f1_macro']:.3f}, "
        f"accuracy {evaluation.figures['accuracy']:.3f} (TF-IDF {evaluation.baselines['tfidf']['f1_macro']:.3f}, "
        f"{evaluation.baselines['tfidf']['accuracy']:.3f})"
    )


def seed_line(seed: int, evaluation: Evaluation) -> str:
    """The figures of one seed's run in a line."""
    return (
        f"seed {seed}: macro F1 {evaluation.figures['f1_macro']:.3f}, accuracy {evaluation.figures['accuracy']:.3f} "
        f"on {evaluation.articles:,} test articles"
    )


def mean_table(
    runs: str,
    mean: Mapping[str, Mapping[str, tuple[float, float]]],
    intervals: Mapping[str, tuple[float, float] | None],
) -> Table:
    """Mean and standard deviation over runs, such as ``10 folds``, and the interval of the model's mean."""
    table = Table(title=f"{runs}: mean ± standard deviation", title_justify="left")
    for name in ("", "model", "95% interval of the mean", "TF-IDF + linear", "majority"):
        table.add_column(name, justify="left" if name == "" else "right")
    for metric in mean["model"]:
        ours, *others = (
            f"{value:.3f} ± {sd:.3f}" for value, sd in (mean[name][metric] for name in ("model", "tfidf", "majority"))
        )
        table.add_row(metric_name(metric), ours, between(intervals.get(metric), link=" – "), *others)
    return table


def figures_table(evaluation: Evaluation, model: str = "model") -> Table:
    """The model's (or ensemble's) headline figures with intervals, beside the baselines'."""
    table = Table(title=f"{evaluation.split}: {evaluation.articles:,} articles", title_justify="left")
    shown = [name for name in BASELINES if name in evaluation.baselines]
    both = ("blend" if model == "model" else f"{model} blends") if "encoder" in shown else model
    for name in ("", both, "95% interval", *(BASELINES[name] for name in shown)):
        table.add_column(name, justify="left" if name == "" else "right")
    for metric, value in evaluation.figures.items():
        others = (f"{evaluation.baselines[name][metric]:.3f}" for name in shown)
        table.add_row(metric_name(metric), f"{value:.3f}", between(evaluation.intervals[metric], link=" – "), *others)
    return table


def class_table(evaluation: Evaluation, width: int = 120) -> Table:
    """Precision, recall, F1 with its interval, and support per class; if it fits, whom it is confused with.

    The intervals of precision and recall stand in the page, the card and ``metrics.json``.
    """
    table = Table(title="per class", title_justify="left")
    single = len(evaluation.confusion) == len(evaluation.labels) and not isinstance(evaluation.confusion[0][0], list)
    few = single and sum(len(label) + 5 for label in evaluation.labels) + 76 <= width
    table.add_column("label")
    confusion = [f"→ {label}" for label in evaluation.labels if few]
    for name in ("precision", "recall", "F1", "95% interval", "articles", *confusion):
        table.add_column(name, justify="right")
    for index, label in enumerate(evaluation.labels):
        row = evaluation.per_class[label]
        confused = [str(count) for count in evaluation.confusion[index]] if few else []
        figures = (f"{row[name]:.3f}" for name in ("precision", "recall", "f1-score"))
        sure = between(evaluation.per_class_intervals[label].get("f1-score"), link=" – ")
        table.add_row(label, *figures, sure, f"{row['support']:.0f}", *confused)
    return table


def trials_table(report: TuningReport) -> Table:
    """The best trials, the best first."""
    table = Table(title=f"{counted(len(report.trials), 'trial')} on validation", title_justify="left")
    for name in trial_columns(report):
        table.add_column(name, justify="left" if name == "trial" else "right")
    for row in trial_rows(report)[:SHOWN_TRIALS]:
        table.add_row(*row)
    return table


def importance_table(importance: Mapping[str, float]) -> Table:
    """Which parameters the scores depend on."""
    table = Table(title="what the scores depend on (fANOVA)", title_justify="left")
    table.add_column("setting")
    table.add_column("share of the variance", justify="right")
    for name, share in importance.items():
        table.add_row(name, f"{share:.0%}")
    return table
