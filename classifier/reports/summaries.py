"""Results in short, for `print` and for a notebook: what was found in a sentence, and a small table.

Importing this module registers what the results of `classifier.evaluation` say (`classifier.summary`). Heavy modules
are imported only when a result is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.errors import counted
from classifier.reports.words import BASELINES, between, cut, metric_name, p_number
from classifier.summary import SmallTable, Summary, summarised_by

if TYPE_CHECKING:
    from classifier.dataset.info import Counts, DatasetInfo
    from classifier.evaluation.comparison import Comparison
    from classifier.evaluation.labels.ranking import Audit
    from classifier.evaluation.learning_curve import LearningCurve
    from classifier.evaluation.result import Evaluation
    from classifier.evaluation.shares.estimate import PrevalenceReport
    from classifier.evaluation.shares.plan import SamplePlan
    from classifier.evaluation.shares.regression import RegressionReport
    from classifier.reports.dataset.facts import DatasetFacts

MOST_COLUMNS = 6  # folds beyond that are summed up

Spread = tuple[float, float]  # mean, standard deviation
Interval = tuple[float, float]


def evaluation_summary(
    evaluation: Evaluation, kind: str = "run", remarks: Iterable[str] = (), run: Path | None = None
) -> Summary:
    """Whether a model's labels may be used and how good they are, with its figures beside the baselines'.

    Args:
        evaluation: of the model.
        kind: ``run``, ``seeds`` or ``folds``.
        remarks: sentences below the table.
        run: the folder; None = it is judged by these figures alone.
    """
    shown = [name for name in BASELINES if name in evaluation.baselines]
    names = {"run": "model", "seeds": "ensemble", "folds": "out of fold"}
    rows = [
        (
            metric_name(metric),
            f"{value:.3f}",
            _interval(evaluation.intervals[metric]),
            *(f"{evaluation.baselines[name][metric]:.3f}" for name in shown),
        )
        for metric, value in evaluation.figures.items()
    ]
    columns = ("", names[kind], "95% interval", *(BASELINES[name] for name in shown))
    verdict, *more = _judged(evaluation, kind, run)
    return Summary.of(verdict, columns, rows, remarks=[*more, *remarks])


def _judged(evaluation: Evaluation, kind: str, run: Path | None) -> list[str]:
    """The verdict, how good it is and what predicts; where the run is gone, by its figures alone."""
    from classifier.errors import InputError
    from classifier.reports.run.figure_findings import how_good
    from classifier.reports.run.findings import figure_verdict, run_findings, run_verdict
    from classifier.reports.run.record import read_run_record

    if run is not None:
        try:
            record = read_run_record(run)
            predicts = f"What predicts: {record.predictor}."
            return [run_verdict(run_findings(record)).text, how_good(evaluation, kind), predicts]
        except InputError:  # it was moved or removed since
            pass
    return [figure_verdict(evaluation).text, how_good(evaluation, kind)]


def means_summary(
    evaluation: Evaluation,
    mean: Mapping[str, Mapping[str, Spread]],
    runs: str,
    kind: str,
    intervals: Mapping[str, Interval | None],
    path: Path | None = None,
) -> Summary:
    """The mean figures of several runs, such as ``5 seeds``, and how good the ensemble or the pooled folds are."""
    rows = [
        (
            metric_name(metric),
            *(f"{value:.3f} ± {sd:.3f}" for value, sd in (mean[n][metric] for n in mean)),
            _interval(intervals.get(metric)),
        )
        for metric in mean["model"]
    ]
    columns = (
        f"mean of {runs} ± standard deviation",
        *({"model": "model", **BASELINES}[name] for name in mean),
        "95% interval of the model's mean",
    )
    verdict, *more = _judged(evaluation, kind, path)
    return Summary.of(verdict, columns, rows, remarks=more)


def dataset_summary(info: DatasetInfo, dataset_facts: DatasetFacts | None, remarks: Iterable[str] = ()) -> Summary:
    """Whether a dataset is safe to evaluate on, what to take care of, and its articles by label and split.

    Args:
        info: what ``dataset.json`` holds.
        dataset_facts: what the page shows beside ``dataset.json``; None where nothing had to be built.
        remarks: sentences below the table.
    """
    from classifier.reports.dataset.findings import dataset_findings, dataset_verdict

    verdict, found = "This dataset is up to date: it was built from the same articles before.", []
    if dataset_facts is not None:
        found = dataset_findings(info, dataset_facts)
        verdict = dataset_verdict(found)[1]
    rows = [(label or "all", *_counts(info.counts, label)) for label in (*info.labels, None)]
    columns = ("label", *(["all", "per fold"] if len(info.counts) > MOST_COLUMNS else info.counts))
    lines = [f"{finding.title.rstrip('.')}. {finding.text}" for finding in found if finding.tone in ("stop", "care")]
    return Summary.of(verdict, columns, rows, remarks=[*lines, *remarks])


def _counts(parts: Mapping[str, Counts], label: str | None) -> list[str]:
    counts = [part.articles if label is None else part.labels.get(label, 0) for part in parts.values()]
    if len(counts) > MOST_COLUMNS:
        return [f"{sum(counts):,}", f"{min(counts):,} – {max(counts):,}"]
    return [f"{count:,}" for count in counts]


def comparison_summary(found: Comparison) -> Summary:
    """Which of two runs is better, with the headline metrics of both."""
    from classifier.reports.comparison import comparison_verdict

    rows = [
        (
            metric_name(one.name),
            f"{one.a:.3f}",
            f"{one.b:.3f}",
            f"{one.difference:+z.3f}",
            between(one.interval, "{:+z.3f}".format, " – "),
            p_number(one.p),
        )
        for one in found.metrics
    ]
    return Summary.of(comparison_verdict(found), ("", "A", "B", "A − B", "95% interval", "p"), rows)


def curve_summary(curve: LearningCurve) -> Summary:
    """How the score grows with the training articles, and what more of them would bring."""
    from classifier.reports.curve_page import sentences

    metric = metric_name(curve.metric)
    rows = [(f"{mean.articles:,}", f"{mean.value:.3f}", _interval(mean.interval), mean.repeats) for mean in curve.means]
    first, last = curve.means[0], curve.means[-1]
    less = f", and {first.value:.3f} with {first.articles:,}" if len(curve.means) > 1 else ""
    verdict = f"The {metric} is {last.value:.3f} with {counted(last.articles, 'training article')}{less}."
    columns = ("training articles", metric, "95% interval", "trainings")
    return Summary.of(verdict, columns, rows, remarks=sentences(curve, metric))


def shares_summary(report: PrevalenceReport) -> Summary:
    """The share of each label in a corpus, in a table for each method, as `classifier.reports.shares` divides them."""
    from classifier.reports.shares import NAIVE, share_cells, share_columns, share_parts, share_sentences

    tables = tuple(
        SmallTable(
            share_columns(report, shares),
            [share_cells(report, share) for share in shares],
            f"{title[0].upper()}{title[1:]}:",
        )
        for title, shares in share_parts(report)
    )
    warnings = (f"Warning: {warning}" for warning in report.warnings)
    return Summary(NAIVE, tables, (*share_sentences(report), *warnings, *report.assumptions, *report.notes))


def regression_summary(report: RegressionReport) -> Summary:
    """The coefficients, shares and differences of a regression, beside those on predicted labels."""
    from classifier.reports.regression import effect_cells, effect_columns, effect_parts, verdict

    rows = [
        (f"{heading}: {cells[0]}", *cells[1:])
        for heading, effects in effect_parts(report)
        for cells in map(effect_cells, effects)
    ]
    remarks = [*(f"Warning: {warning}" for warning in report.warnings), *report.assumptions]
    return Summary.of(verdict(report), effect_columns(report.effects), rows, remarks=remarks)


def sample_plan_summary(plan: SamplePlan) -> Summary:
    """How many articles to label by hand, and the intervals to expect."""
    from classifier.reports.sample_plan import HOW, plan_columns, plan_rows

    verdict = f"{plan.chosen:,} of {plan.articles:,} articles are to be labelled by hand."
    remarks = [HOW, *(f"Warning: {warning}" for warning in plan.warnings)]
    return Summary.of(verdict, plan_columns(plan), plan_rows(plan), remarks=remarks)


def audit_summary(found: Audit) -> Summary:
    """How many labels may be wrong, and the most doubtful ones."""
    share, low, high = found.noise
    rows = [
        (
            cut(one.article.title or one.article.id),
            ", ".join(one.article.labels) or "none",
            ", ".join(one.suggested) or "none",
            "" if one.quality is None else f"{one.quality:.2f}",
            ", ".join(one.reasons),
        )
        for one in found.doubtful
    ]
    verdict = (
        f"About {share:.1%} of the labels of {counted(len(found.findings), 'article')} may be wrong (95% interval "
        f"{low:.1%} to {high:.1%})."
    )
    agree = f"The models agree with {found.agreement:.0%} of the labels. Judged by {found.method}."
    return Summary.of(verdict, ("article", "label", "suggested", "quality", "why"), rows, remarks=[agree])


def written(path: Path) -> str:
    """A sentence that says where a page is."""
    return f"More: {path}"


def _interval(interval: tuple[float, float] | None) -> str:
    return between(interval, link=" – ")


summarised_by("Evaluation", evaluation_summary)
summarised_by("Comparison", comparison_summary)
summarised_by("LearningCurve", curve_summary)
summarised_by("PrevalenceReport", shares_summary)
summarised_by("RegressionReport", regression_summary)
summarised_by("SamplePlan", sample_plan_summary)
summarised_by("Audit", audit_summary)
