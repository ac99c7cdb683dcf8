"""The tables of a paper: figures, classes, confusion, articles and runs, each as names and numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from classifier.evaluation.result import Evaluation
from classifier.reports.dataset.findings import by_size, per_label, total
from classifier.reports.run.macro_f1 import macro_f1_words
from classifier.reports.run.record import RunRecord
from classifier.reports.words import BASELINES, between, metric_name, precise
from classifier.stats.resampling import Interval


@dataclass(frozen=True)
class Range:
    """A 95% interval in a cell; None where there is none. In CSV it takes two columns."""

    bounds: Interval | None


Cell = str | int | float | Range


@dataclass(frozen=True)
class PaperTable:
    """A table.

    Attributes:
        name: of its files.
        caption: what it shows, in a sentence or two.
        columns: headings.
        rows: cells; those of a column are of one kind.
    """

    name: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def numeric(self, column: int) -> bool:
        """Whether a column holds numbers, which stand at the right."""
        return not all(isinstance(row[column], str) for row in self.rows)


def paper_tables(record: RunRecord) -> list[PaperTable]:
    """All tables for which the run has the figures."""
    return [
        _figures(record),
        _classes(record.evaluation),
        _confusion(record.evaluation),
        _articles(record),
        *_runs(record),
    ]


def cell_words(cell: Cell) -> str:
    """A cell as people read it.

    Example:
        >>> cell_words(0.7114), cell_words(1200), cell_words(Range((0.6, 0.8))), cell_words(Range(None))
        ('.711', '1,200', '.600 to .800', '–')
    """
    if isinstance(cell, Range):
        return between(cell.bounds, precise)
    if isinstance(cell, float):
        return precise(cell)
    return f"{cell:,}" if isinstance(cell, int) else cell


def plain_columns(table: PaperTable) -> list[tuple[str, ...]]:
    """The table for programs: numbers as they are, and an interval as its two bounds.

    Example:
        >>> plain_columns(PaperTable("t", "", ("figure", "95% interval"), (("F1", Range((0.6, 0.8))),)))
        [('figure', '95% interval low', '95% interval high'), ('F1', '0.6', '0.8')]
    """
    ranges = [any(isinstance(row[place], Range) for row in table.rows) for place in range(len(table.columns))]
    heading = [
        name
        for column, wide in zip(table.columns, ranges, strict=True)
        for name in ((f"{column} low", f"{column} high") if wide else (column,))
    ]
    return [tuple(heading), *(tuple(value for cell in row for value in _plain(cell)) for row in table.rows)]


def _plain(cell: Cell) -> tuple[str, ...]:
    if isinstance(cell, Range):
        return ("", "") if cell.bounds is None else (str(cell.bounds[0]), str(cell.bounds[1]))
    return (str(cell),)


def _figures(record: RunRecord) -> PaperTable:
    """Every headline figure of every evaluation, beside the baselines."""
    evaluations = [record.evaluation, *record.others.values()]
    shown = [name for name in BASELINES if all(name in found.baselines for found in evaluations)]
    own = "model and TF-IDF" if "encoder" in shown else "model"
    rows: list[tuple[Cell, ...]] = []
    for found in evaluations:
        for metric, value in found.figures.items():
            others = (float(found.baselines[name][metric]) for name in shown)
            named = (found.split, found.articles, metric_name(metric))
            rows.append((*named, float(value), Range(found.intervals.get(metric)), *others))
    columns = ("evaluation", "articles", "figure", own, "95% interval", *(BASELINES[name] for name in shown))
    caption = f"Figures with 95% intervals{_taken_over(record.evaluation)}, and baselines."
    caption = " ".join([caption, *filter(None, (macro_f1_words(found, precise) for found in evaluations))])
    return PaperTable("figures", caption, columns, tuple(rows))


def _taken_over(evaluation: Evaluation) -> str:
    if evaluation.folds:
        return f", from how much the {evaluation.folds} folds vary"
    return "" if evaluation.resampled == "article" else f", resampled by {evaluation.resampled}"


def _classes(evaluation: Evaluation) -> PaperTable:
    names = {"precision": "precision", "recall": "recall", "f1-score": "F1"}
    rows = []
    for label, row in evaluation.per_class.items():
        known = evaluation.per_class_intervals.get(label, {})
        cells: list[Cell] = []
        for key in names:
            cells += [float(row[key]), Range(known.get(key))]
        rows.append((label, int(row["support"]), *cells))
    columns = ("label", "articles", *(part for name in names.values() for part in (name, f"{name}, 95% interval")))
    return PaperTable("classes", f"Figures per class ({evaluation.split}).", columns, tuple(rows))


def _confusion(evaluation: Evaluation) -> PaperTable:
    if isinstance(evaluation.confusion[0][0], list):
        rows: list[tuple[Cell, ...]] = [
            (label, int(m[1][1]), int(m[0][1]), int(m[1][0]), int(m[0][0]))
            for label, m in zip(evaluation.labels, evaluation.confusion, strict=True)
        ]
        names = ("label", "rightly given", "wrongly given", "missed", "rightly not given")
        return PaperTable("confusion", f"Right and wrong per class ({evaluation.split}).", names, tuple(rows))
    matrix = zip(evaluation.labels, evaluation.confusion, strict=True)
    counts: list[tuple[Cell, ...]] = [(label, *map(int, row), int(sum(row))) for label, row in matrix]
    columns = ("true label", *(f"given {label}" for label in evaluation.labels), "all")
    return PaperTable("confusion", f"Confusion matrix ({evaluation.split}).", columns, tuple(counts))


def _articles(record: RunRecord) -> PaperTable:
    info = record.info
    rows: list[tuple[Cell, ...]] = [
        (label, *(part.labels.get(label, 0) for part in info.counts.values()), per_label(info)[label])
        for label in by_size(info)
    ]
    whole: tuple[Cell, ...] = ("all", *(part.articles for part in info.counts.values()), total(info))
    kind = "Articles per label and test part of each fold." if info.folds else "Articles per label and split."
    return PaperTable("articles", kind, ("label", *info.counts, "all"), (*rows, whole))


def _runs(record: RunRecord) -> Iterator[PaperTable]:
    """The figures of each seed or fold, and their mean."""
    if not record.members:
        return
    metrics = list(record.mean["model"])
    rows: list[tuple[Cell, ...]] = [
        (name, one.articles, *(float(one.figures[metric]) for metric in metrics))
        for name, one in record.members.items()
    ]
    yield PaperTable(
        "runs", f"Each of the {record.kind}.", (record.kind[:-1], "articles", *map(metric_name, metrics)), tuple(rows)
    )
    yield PaperTable(
        "means",
        f"Mean and standard deviation over {len(record.members)} {record.kind}; the interval is of the model's mean.",
        ("figure", "mean", "sd", "95% interval", "TF-IDF, mean", "TF-IDF, sd"),
        tuple(_mean(metric, record.mean, record.mean_intervals) for metric in metrics),
    )


def _mean(
    metric: str, mean: Mapping[str, Mapping[str, tuple[float, float]]], intervals: Mapping[str, Interval | None]
) -> tuple[Cell, ...]:
    return (metric_name(metric), *mean["model"][metric], Range(intervals.get(metric)), *mean["tfidf"][metric])
