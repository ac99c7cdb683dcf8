"""A learning curve in sentences, and as ``learning_curve.html``, one offline file with a picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.evaluation.learning_curve import PAGE, LearningCurve
from classifier.files import write_text
from classifier.reports.charts import Line, lines
from classifier.reports.judgement import FEW_ARTICLES, FEW_GROUPS
from classifier.reports.render import render
from classifier.reports.words import figure
from classifier.stats.few_groups import FEWEST_EFFECTIVE

if TYPE_CHECKING:
    from markupsafe import Markup

LEARNERS = {
    "tfidf": "TF-IDF + linear",
    "probe": "a logistic regression on the frozen encoder",
    "full": "the fine-tuned model",
}
TIMES: Mapping[float, str] = {2: "Twice as many labels", 4: "Four times as many labels"}
DRAWN = 24  # points of the extrapolated line


def sentences(curve: LearningCurve, metric: str) -> Iterable[str]:
    """What a learning curve says, how far that can be believed, and what it was measured on.

    Args:
        curve: the curve.
        metric: its metric's name for people, such as ``macro F1``.
    """
    few = ": so few that small differences mean nothing" if curve.validation < FEW_ARTICLES else ""
    groups = f" in {curve.groups:,} groups ({curve.resampled})" if curve.groups < curve.validation else ""
    yield (
        f"Scores are those of {LEARNERS[curve.model]} on {curve.validation:,} validation articles{groups}{few}; the "
        "test articles were not read."
    )
    if curve.chosen:
        yield (
            f"On the other {curve.chosen:,} validation articles each training fitted thresholds, the share of TF-IDF "
            "and the like, so they are not scored."
        )
    yield from _how_sure(curve)
    missing = [point for point in curve.points if point.labels < curve.classes]
    if missing:
        least = min(point.labels for point in missing)
        yield (
            f"{len(missing)} of {len(curve.points)} trainings lacked a label; one had only {least} of the "
            f"{curve.classes}. A part of the rise comes from labels that smaller trainings did not have."
        )
    yield from _extrapolated(curve, metric)
    if curve.model != "full":
        yield "Fine-tuning has a curve of its own: --model full measures it."


def _how_sure(curve: LearningCurve) -> Iterable[str]:
    """What the intervals stand for, and what they rest on."""
    equal = "" if round(curve.effective) >= curve.groups else f", which count for {curve.effective:.1f} of equal size"
    if curve.effective < FEWEST_EFFECTIVE:
        yield (f"No interval is given: {curve.groups:,} groups{equal} are too few to tell how other articles would do.")
        return
    if curve.effective < FEW_GROUPS:
        yield f"The intervals rest on {curve.groups:,} groups{equal}: so few that they are wide, and rough."
    if any(mean.repeats == 1 for mean in curve.means):
        yield (
            "The interval of a single training is about other validation articles alone, that of several about other "
            "training articles too."
        )


def _extrapolated(curve: LearningCurve, metric: str) -> Iterable[str]:
    found = curve.extrapolation
    if found.reason:
        yield f"No extrapolation is given: {found.reason}."
        return
    for forecast in found.forecasts:
        low, high = (figure(bound) for bound in forecast.interval)
        least, most = (f"{bound:+z.3f}" for bound in forecast.gain_interval)
        yield (
            f"{TIMES.get(forecast.times, f'{forecast.times:g} times as many labels')} ({forecast.articles:,}) would "
            f"bring {metric} from {figure(forecast.value - forecast.gain)} to about {figure(forecast.value)} ({low} to "
            f"{high}), a gain of {forecast.gain:+z.3f} ({least} to {most}), if the power law holds so far."
        )
    yield (
        f"Fitted without the last point, the same curve missed that point by {abs(found.held_out_error or 0):.3f}. The "
        "ranges in brackets hold 95% of the curves through resampled validation articles and repeats. They are no 95% "
        "intervals: how wrong the power law is beyond the last point, and new labels of another kind, are not in them."
    )


def picture(curve: LearningCurve, metric: str) -> Markup:
    """The scores with their intervals, and the extrapolation as a broken line."""
    means, found = curve.means, curve.extrapolation
    bounds = [mean.interval for mean in means if mean.interval is not None]
    rows = [
        Line(
            "measured",
            [m.articles for m in means],
            [m.value for m in means],
            *(zip(*bounds, strict=True) if len(bounds) == len(means) else ()),
        )
    ]
    if found.forecasts and found.curve is not None:
        start, now = means[0].articles, means[-1].articles
        sizes = [start * (now / start) ** (step / DRAWN) for step in range(DRAWN + 1)]
        fitted = [float(found.curve.at(size)) for size in sizes]
        rows.append(Line("power law", sizes, fitted, colour="s2", dashed=True, marked=False))
        low, high = zip(bounds[-1], *(f.interval for f in found.forecasts), strict=True)
        x, y = zip((now, fitted[-1]), *((f.articles, f.value) for f in found.forecasts), strict=True)
        rows.append(Line("more labels", x, y, low, high, colour="s2", dashed=True))
    alt = f"{metric} with {means[0].articles:,} to {means[-1].articles:,} training articles"
    return lines(rows, alt, x_label="training articles", y_label=f"{metric} on validation")


def write_curve_page(curve: LearningCurve, metric: str) -> Path:
    """Write ``learning_curve.html`` beside the curve's JSON; the same curve gives the same bytes.

    Args:
        curve: the curve.
        metric: its metric's name for people.

    Returns:
        The file.
    """
    facts = {
        "curve": curve,
        "metric": metric,
        "sentences": list(sentences(curve, metric)),
        "picture": picture(curve, metric),
    }
    file = curve.path / PAGE
    write_text(file, render("learning_curve.html.j2", facts).decode("utf-8"))
    return file
