"""What a search found, in words and in rows of a table: the command line prints them, a notebook shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.jobs.tune.space import ENCODER
from classifier.jobs.tune.study import TrialResult, best_trial
from classifier.models.at_hand import parameter_words
from classifier.reports.judgement import FEW_ARTICLES
from classifier.reports.words import metric_name
from classifier.summary import Summarised, Summary

if TYPE_CHECKING:
    from classifier.jobs.tune.encoders import EncoderChoice


@dataclass(frozen=True)
class TuningReport(Summarised):
    """What a search found.

    Attributes:
        path: the study's folder.
        metric: what trials are scored by.
        articles: of validation.
        trials: all that have ended, in their order.
        importance: parameter -> its share of the variance of the scores, the largest first; None where not known.
        train_command: trains with the best settings.
        seconds: how long it took, this time.
        encoders: those that were tried as frozen ones first; None where that of the settings alone was tuned.
        part: training articles that each trial read, where that is not all of them.
    """

    path: Path
    metric: str
    articles: int
    trials: tuple[TrialResult, ...]
    importance: Mapping[str, float] | None
    train_command: str
    seconds: float
    encoders: EncoderChoice | None = None
    part: int | None = None

    def _summary(self) -> Summary:
        return trials_summary(self)

    @property
    def best(self) -> TrialResult | None:
        """The complete trial with the highest score, the earliest of equals."""
        return best_trial(self.trials)

    @property
    def gain(self) -> float | None:
        """Score of the best trial less that of the settings as they were given; None where one has no score."""
        given = next((found.score for found in self.trials if found.first and found.state == "complete"), None)
        return None if given is None or self.best is None or self.best.score is None else self.best.score - given


def trial_line(trial: TrialResult, metric: str) -> str:
    """One trial's score and parameters in a line."""
    score = "no score" if trial.score is None else f"{metric_name(metric)} {trial.score:.3f}"
    how = "" if trial.state == "complete" else f" ({trial.state})"
    values = ", ".join(f"{_heading(name)} {short_value(value)}" for name, value in trial.parameters.items())
    if trial.head:
        values = f"a head alone on {trial.parameters[ENCODER]}"
    blend = "" if trial.blend is None else f", {_with_or_without(trial)} TF-IDF"
    given = "the settings as given: " if trial.first else ""
    return f"trial {trial.number}: validation {score}{how}{blend}, {given}{values}"


def trial_columns(report: TuningReport) -> Sequence[str]:
    """The headings of a table of trials."""
    blend = ("TF-IDF",) if _blended(report) else ()
    return ("trial", metric_name(report.metric), "epochs", *blend, *(_heading(name) for name in _parameters(report)))


def _parameters(report: TuningReport) -> Sequence[str]:
    """What was searched."""
    return next((tuple(trial.parameters) for trial in report.trials if not trial.head), ())


def _blended(report: TuningReport) -> bool:
    """Whether trials were scored with TF-IDF and without."""
    return any(trial.blend not in (None, "none") for trial in report.trials)


def trial_rows(report: TuningReport) -> list[Sequence[str]]:
    """The trials, the best first; those that were cut short or diverged stand last."""
    blended, names = _blended(report), _parameters(report)
    ranked = sorted(report.trials, key=lambda t: (t.state != "complete", 2 if t.score is None else -t.score, t.number))
    return [
        (
            f"{trial.number}{' (as given)' if trial.first else ' (head alone)' if trial.head else ''}",
            _score_or_state(trial),
            str(trial.epochs),
            *(["–" if trial.blend is None else _with_or_without(trial)] if blended else []),
            *(_shown(trial, name) for name in names),
        )
        for trial in ranked
    ]


def _with_or_without(trial: TrialResult) -> str:
    return "without" if trial.blend == "none" else "with"


def _shown(trial: TrialResult, parameter: str) -> str:
    """The value of a parameter; of a head alone, the encoder stands with those of encoders."""
    if trial.head:
        return str(trial.parameters[ENCODER]) if ENCODER in parameter else "–"
    return short_value(trial.parameters[parameter])


def tuning_verdict(report: TuningReport) -> str:
    """Which trial is the best, and how far it is above the settings as given."""
    best, metric = report.best, metric_name(report.metric)
    if best is None:
        return "No trial is complete, so there is no best one."
    if best.first:
        return f"No trial is better than the settings as given: {metric} {best.score:.3f}."
    found = f"Trial {best.number}{', a head alone,' if best.head else ''} reaches a {metric} of {best.score:.3f}"
    if report.gain is None:
        return f"{found}; the settings as given have no score to compare it with."
    return f"{found}, {report.gain:+z.3f} against the settings as given."


def encoder_lines(report: TuningReport) -> list[str]:
    """What each encoder scored as a frozen one, the best first; nothing where one alone was tuned."""
    if report.encoders is None:
        return []
    metric = metric_name(report.metric)
    return [
        f"Frozen {one.name} ({parameter_words(one.parameters)} parameters): "
        + ("not tried" if one.score is None else f"{metric} {one.score:.3f}")
        + (", fine-tuned" if one.kept else "")
        for one in report.encoders.tried
    ]


def tuning_remarks(report: TuningReport) -> list[str]:
    """How far the scores can be believed, and which settings they depend on where that cannot be said."""
    remarks = []
    if report.best is not None:
        few = ": so few that small differences mean nothing" if report.articles < FEW_ARTICLES else ""
        remarks = [
            f"Scores are those of {report.articles:,} validation articles{few}.",
        ]
    if report.best is not None and len(report.trials) > 1:
        remarks.append(
            f"The best of {len(report.trials)} validation scores is optimistic: it was chosen because it is the "
            "highest. Measure it on test, once."
        )
    cut = next((trial for trial in report.trials if trial.cut is not None), None)
    if cut is not None:
        remarks.append(
            f"The time was over after {cut.cut:g} epochs of the settings as given: their score is that of the best "
            "weights until then. For the score of their whole training give more --minutes."
        )
    if report.part is not None:
        remarks.append(
            f"For want of time each trial read {report.part:,} training articles: more of them make the model better, "
            "and may want fewer epochs."
        )
    if report.importance is None:
        remarks.append(
            "What the scores depend on cannot be said: that takes at least four complete trials, with scores that "
            "differ."
        )
    return remarks


def trials_summary(report: TuningReport) -> Summary:
    """What a search found in short: the verdict, all trials, and the command that trains with the best settings."""
    remarks = [*encoder_lines(report), *tuning_remarks(report), f"Train with the best settings: {report.train_command}"]
    return Summary.of(tuning_verdict(report), trial_columns(report), trial_rows(report), remarks=remarks)


def short_value(value: object) -> str:
    """The value of a parameter, with three significant digits where it is a fraction.

    Example:
        >>> short_value(0.00032149), short_value("balanced"), short_value(4)
        ('0.000321', 'balanced', '4')
    """
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _heading(parameter: str) -> str:
    """``train.batch_size`` → ``batch_size``, ``model.windows × model.max_length`` → ``windows × max_length``."""
    return parameter.replace("model.", "").replace("train.", "")


def _score_or_state(trial: TrialResult) -> str:
    if trial.score is None:
        return trial.state
    return f"{trial.score:.3f}" if trial.state == "complete" else f"{trial.score:.3f} {trial.state}"
