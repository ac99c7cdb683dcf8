"""A search as a notebook shows it: what it gained, and its trials, the best first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier.reports.notebook import result_html
from classifier.reports.words import metric_name

if TYPE_CHECKING:
    from classifier.jobs.tune.tune import TuningReport


def trials_html(report: TuningReport) -> str:
    """What a search found as HTML: the best trial, and all of them, the best first."""
    metric, best = metric_name(report.metric), report.best
    ranked = sorted(report.trials, key=lambda t: (t.state != "complete", 2 if t.score is None else -t.score, t.number))
    names = list(ranked[0].parameters) if ranked else []
    rows = [
        (
            f"{trial.number}{' (as given)' if trial.first else ''}",
            trial.state if trial.score is None else f"{trial.score:.3f}",
            trial.epochs,
            *(f"{value:.3g}" if isinstance(value, float) else value for value in map(trial.parameters.get, names)),
        )
        for trial in ranked
    ]
    if best is None or best.score is None:
        verdict = "No trial is complete, so there is no best one."
    elif best.first:
        verdict = f"No trial is better than the settings as given: {metric} {best.score:.3f}."
    else:
        gain = "" if report.gain is None else f", {report.gain:+z.3f} against the settings as given"
        verdict = f"Trial {best.number} reaches a {metric} of {best.score:.3f} on validation{gain}."
    remarks = [
        "The best of several validation scores is too high: measure it on test, once.",
        f"Train with the best settings: {report.train_command}",
    ]
    columns = ("trial", metric, "epochs", *(name.split(".")[-1] for name in names))
    return result_html(verdict, columns, rows, remarks=remarks)
