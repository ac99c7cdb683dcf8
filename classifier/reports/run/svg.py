"""The curves of a run's page: how training went, and what else its files hold point by point."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from classifier.evaluation.result import Evaluation
from classifier.reports.charts import Dot, Line, dots, lines
from classifier.reports.words import figure, percent, short

MOST_POINTS = 150
NOWHERE = (math.nan, math.nan)


def loss_chart(steps: Sequence[Mapping[str, Any]]) -> Markup | None:
    """The training loss over the steps, means of neighbouring ones where there are many; None for fewer than two."""
    losses = [(row["step"], row["loss"]) for row in steps if row["kind"] == "step"]
    if len(losses) < 2:
        return None
    x, y = thinned([step for step, _ in losses], [loss for _, loss in losses])
    alt = f"Training loss over {losses[-1][0]:,} steps, from {y[0]:.3f} to {y[-1]:.3f}."
    return lines([Line("loss", x, y, colour="s6", marked=False)], alt, x_label="step", y_label="training loss")


def validation_chart(steps: Sequence[Mapping[str, Any]], metric: str, name: str) -> Markup | None:
    """A figure on validation after each evaluation; None for fewer than two."""
    found = [(row["epoch"], row[metric]) for row in steps if row["kind"] == "evaluation" and metric in row]
    if len(found) < 2:
        return None
    epochs, values = zip(*found, strict=True)
    alt = f"{name} on validation after {len(found)} evaluations, from {figure(values[0])} to {figure(values[-1])}."
    return lines([Line(name, epochs, values)], alt, x_label="epoch", y_label=f"{name} on validation")


def baseline_chart(evaluation: Evaluation, metric: str, name: str) -> Markup:
    """The model's figure with its interval, and the baselines' figures."""
    value, bounds = evaluation.figures[metric], evaluation.intervals[metric]
    low, high = bounds or (value, value)
    names = {"encoder alone": "encoder", "TF-IDF + linear": "tfidf", "one answer": "majority"}
    known = {who: name for who, name in names.items() if name in evaluation.baselines}
    others = {who: evaluation.baselines[name][metric] for who, name in known.items()}
    rows = [
        Dot(
            "the blend" if "encoder" in evaluation.baselines else "this model",
            figure(value) + (f" ({figure(low)} to {figure(high)})" if bounds else ""),
            value,
            max(low, 0),
            high,
        )
    ]
    rows += [Dot(who, figure(other), max(other, 0), max(other, 0), max(other, 0)) for who, other in others.items()]
    words = " and ".join(f"{figure(other)} for {who}" for who, other in others.items())
    alt = f"{name}: {figure(value)} for this model, {words}."
    return dots(rows, 1.0, alt, colours=("s1", *("s3" for who in others if who == "encoder alone"), "s2", "other"))


def class_chart(evaluation: Evaluation) -> Markup:
    """F1 of each class, the lowest first."""
    rows = sorted(evaluation.per_class.items(), key=lambda item: item[1]["f1-score"])
    found = [
        Dot(
            short(name, 40),
            f"{figure(row['f1-score'])} · {row['support']:,.0f}",
            row["f1-score"],
            *evaluation.per_class_intervals.get(name, {}).get("f1-score", [row["f1-score"]] * 2),
        )
        for name, row in rows
    ]
    alt = "F1 of each class on an axis from 0 to 1, the lowest first. The table below has the figures."
    return dots(found, 1.0, alt, colours=("s1",))


def reliability_chart(values: Mapping[str, Any]) -> Markup:
    """The share of right labels among those with similar scores; the diagonal is ideal."""
    ideal = Line("ideal", (0, 1), (0, 1), colour="other", dashed=True, marked=False)
    rows = [
        ideal,
        *([_bins(values["before"], "s2")] if values["calibrated"] else []),
        _bins(values["after"], "s1", banded=True),
    ]
    alt = f"Share of right labels by score; expected calibration error {figure(values['after']['ece'])}."
    return lines(rows, alt, x_label="mean score", y_label="share of labels that are right")


def coverage_chart(values: Mapping[str, Any]) -> Markup | None:
    """The share of wrong labels when only those with the highest scores are kept; None for fewer than two points."""
    points = values["risk_coverage"]
    if len(points) < 2:
        return None
    coverage, risk = ([point[name] for point in points] for name in ("coverage", "risk"))
    alt = f"Wrong labels from {percent(risk[0])} of the surest {percent(coverage[0])} to {percent(risk[-1])} of all."
    rows = [
        Line("zero", (0, 1), (0, 0), colour="line", marked=False),
        Line("kept", coverage, risk, *_band(points), marked=False),
    ]
    return lines(rows, alt, x_label="share of labels that are kept", y_label="share of these that is wrong")


def learning_chart(values: Mapping[str, Any], name: str) -> Markup:
    """The figure over the number of training articles, with its intervals, and what more of them would bring."""
    rows = [_with_interval("measured", values["means"], "s1")]
    forecasts = values["extrapolation"]["forecasts"]
    if forecasts:
        rows.append(_with_interval("extrapolated", [values["means"][-1], *forecasts], "s2", dashed=True))
    alt = f"{name} on validation over the number of training articles. The table below has the figures."
    return lines(rows, alt, x_label="training articles", y_label=f"{name} on validation")


def _bins(figures: Mapping[str, Any], colour: str, *, banded: bool = False) -> Line:
    found = sorted(figures["bins"], key=lambda part: (part["score"], part["right"]))
    scores, right = ([part[name] for part in found] for name in ("score", "right"))
    band = _band(found) if banded else ((), ())
    return Line("scores", scores, right, *band, colour=colour)


def _band(points: Sequence[Mapping[str, Any]]) -> tuple[Sequence[float], Sequence[float]]:
    """The bounds of each point's interval, not a number where it has none; nothing where none has."""
    bounds = [point.get("interval") or NOWHERE for point in points]
    if all(one is NOWHERE for one in bounds):
        return (), ()
    return [low for low, _ in bounds], [high for _, high in bounds]


def _with_interval(name: str, points: Sequence[Mapping[str, Any]], colour: str, *, dashed: bool = False) -> Line:
    articles, values = ([point[key] for point in points] for key in ("articles", "value"))
    if any(point["interval"] is None for point in points):
        return Line(name, articles, values, colour=colour, dashed=dashed)
    low, high = zip(*(point["interval"] for point in points), strict=True)
    return Line(name, articles, values, low, high, colour, dashed)


def thinned(x: Sequence[float], y: Sequence[float], most: int = MOST_POINTS) -> tuple[list[float], list[float]]:
    """At most so many points: the means of neighbouring ones.

    Example:
        >>> thinned([1, 2, 3, 4], [8, 6, 2, 0], most=2)
        ([1.5, 3.5], [7.0, 1.0])
    """
    size = max(-(-len(x) // most), 1)
    starts = range(0, len(x), size)
    if size == 1:
        return list(x), list(y)
    return [_mean(x[at : at + size]) for at in starts], [_mean(y[at : at + size]) for at in starts]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
