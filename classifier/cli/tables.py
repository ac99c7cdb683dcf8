"""Results in tables, and lines of a log, for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from rich.table import Table

from classifier.dataset.info import Counts, DatasetInfo
from classifier.evaluation.result import Evaluation
from classifier.reports.judgement import FEW_ARTICLES
from classifier.reports.words import metric_name

if TYPE_CHECKING:
    from classifier.jobs.tune.study import TrialResult
    from classifier.jobs.tune.tune import TuningReport

SHOWN_TRIALS = 10
MOST_COLUMNS = 6  # folds beyond that are summed up


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


def mean_table(runs: str, mean: Mapping[str, Mapping[str, tuple[float, float]]]) -> Table:
    """Mean and standard deviation over runs, such as ``10 folds``, of the model and the baselines."""
    table = Table(title=f"{runs}: mean ± standard deviation", title_justify="left")
    for name in ("", "model", "TF-IDF + linear", "majority"):
        table.add_column(name, justify="left" if name == "" else "right")
    for metric in mean["model"]:
        cells = (
            f"{value:.3f} ± {sd:.3f}" for value, sd in (mean[name][metric] for name in ("model", "tfidf", "majority"))
        )
        table.add_row(metric_name(metric), *cells)
    return table


def figures_table(evaluation: Evaluation, model: str = "model") -> Table:
    """The model's (or ensemble's) headline figures with intervals, beside the baselines'."""
    table = Table(title=f"{evaluation.split}: {evaluation.articles:,} articles", title_justify="left")
    for name in ("", model, "95% interval", "TF-IDF + linear", "majority"):
        table.add_column(name, justify="left" if name == "" else "right")
    for metric, value in evaluation.figures.items():
        low, high = evaluation.intervals[metric]
        others = (f"{evaluation.baselines[name][metric]:.3f}" for name in ("tfidf", "majority"))
        table.add_row(metric_name(metric), f"{value:.3f}", f"{low:.3f} – {high:.3f}", *others)
    return table


def class_table(evaluation: Evaluation, width: int = 120) -> Table:
    """Precision, recall, F1 and support per class; for single-label the confusion matrix, where it fits the width."""
    table = Table(title="per class", title_justify="left")
    single = len(evaluation.confusion) == len(evaluation.labels) and not isinstance(evaluation.confusion[0][0], list)
    few = single and sum(len(label) + 5 for label in evaluation.labels) + 60 <= width
    table.add_column("label")
    for name in ("precision", "recall", "F1", "articles", *(f"→ {label}" for label in evaluation.labels if few)):
        table.add_column(name, justify="right")
    for index, label in enumerate(evaluation.labels):
        row = evaluation.per_class[label]
        confused = [str(count) for count in evaluation.confusion[index]] if few else []
        figures = (f"{row[name]:.3f}" for name in ("precision", "recall", "f1-score"))
        table.add_row(label, *figures, f"{row['support']:.0f}", *confused)
    return table


def trial_line(trial: TrialResult, metric: str) -> str:
    """One trial's score and parameters in a line."""
    score = "no score" if trial.score is None else f"{metric_name(metric)} {trial.score:.3f}"
    how = "" if trial.state == "complete" else f" ({trial.state})"
    values = ", ".join(f"{name.split('.')[-1]} {_value(value)}" for name, value in trial.parameters.items())
    return f"trial {trial.number}: validation {score}{how}, {'the settings as given: ' if trial.first else ''}{values}"


def trials_table(report: TuningReport) -> Table:
    """The best trials first; those that were cut short or diverged stand last."""
    table = Table(title=f"{len(report.trials)} trials on validation", title_justify="left")
    names = list(report.trials[0].parameters) if report.trials else []
    for name in (
        "trial",
        metric_name(report.metric),
        "epochs",
        *(name.replace("model.", "").split(".")[-1] for name in names),
    ):
        table.add_column(name, justify="left" if name == "trial" else "right")
    ranked = sorted(report.trials, key=lambda t: (t.state != "complete", 2 if t.score is None else -t.score, t.number))
    for trial in ranked[:SHOWN_TRIALS]:
        score = trial.state if trial.score is None else f"{trial.score:.3f}"
        cut = "" if trial.state == "complete" or trial.score is None else f" {trial.state}"
        values = (_value(trial.parameters[name]) for name in names)
        table.add_row(f"{trial.number}{' (as given)' if trial.first else ''}", score + cut, str(trial.epochs), *values)
    return table


def importance_table(importance: Mapping[str, float]) -> Table:
    """Which parameters the scores depend on."""
    table = Table(title="what the scores depend on (fANOVA)", title_justify="left")
    table.add_column("setting")
    table.add_column("share of the variance", justify="right")
    for name, share in importance.items():
        table.add_row(name, f"{share:.0%}")
    return table


def tuning_lines(report: TuningReport) -> Iterable[str]:
    """What a search gained, how far that can be believed, and what to do next."""
    if report.importance is None:
        yield (
            "What the scores depend on cannot be said: that takes at least four complete trials, with scores that "
            "differ."
        )
    best, metric = report.best, metric_name(report.metric)
    if best is None:
        yield "No trial is complete, so there is no best one."
        return
    few = ": so few that small differences mean nothing" if report.articles < FEW_ARTICLES else ""
    yield f"{_gained(report, best, metric)} Scores are those of {report.articles:,} validation articles{few}."
    yield (
        f"The best of {len(report.trials)} validation scores is optimistic: it was chosen because it is the highest. "
        "Measure it on test, once."
    )


def _gained(report: TuningReport, best: TrialResult, metric: str) -> str:
    if best.first:
        return f"No trial is better than the settings as given: {metric} {best.score:.3f}."
    found = f"Trial {best.number} reaches a {metric} of {best.score:.3f}"
    if report.gain is None:
        return f"{found}; the settings as given have no score to compare it with."
    return f"{found}, {report.gain:+z.3f} against the settings as given."


def _value(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
