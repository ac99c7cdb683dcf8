"""The pictures of a run's page show the figures that its files hold."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest

from classifier.evaluation.learning_curve import as_json
from classifier.reports.run.svg import (
    MOST_POINTS,
    baseline_chart,
    class_chart,
    coverage_chart,
    learning_chart,
    loss_chart,
    reliability_chart,
    thinned,
    validation_chart,
)
from tests.makers.curves import made_curve
from tests.makers.pictures import strokes
from tests.makers.runs import make_evaluation, make_reliability


def shares(values: Sequence[float]) -> list[float]:
    """Values from 0 to 1, whatever their unit."""
    low, high = min(values), max(values)
    return [(value - low) / (high - low) for value in values]


def texts(picture: str) -> list[str]:
    """What is written in the wide picture, from left to right and downwards as it was drawn."""
    (svg,) = re.findall(r'<svg class="wide".*?</svg>', picture, re.DOTALL)
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def alt(picture: str) -> str:
    return str(re.findall(r'aria-label="([^"]*)"', picture)[0])


def test_the_loss_falls_as_the_steps_say() -> None:
    losses = [2.0, 1.0, 0.75, 0.5]
    steps: list[dict[str, Any]] = [{"kind": "step", "step": n, "loss": loss} for n, loss in enumerate(losses, 1)]
    picture = loss_chart([*steps, {"kind": "evaluation", "epoch": 1, "f1_macro": 0.5}])
    assert picture is not None
    (line,) = strokes(picture, "s6")
    assert shares([x for x, _ in line]) == pytest.approx([0, 1 / 3, 2 / 3, 1], abs=0.01)
    assert shares([-y for _, y in line]) == pytest.approx(shares(losses), abs=0.01)
    assert alt(picture) == "Training loss over 4 steps, from 2.000 to 0.500."
    assert loss_chart(steps[:1]) is None


def test_the_figure_on_validation_is_that_of_each_evaluation() -> None:
    rows = [{"kind": "evaluation", "epoch": epoch, "f1_macro": f1} for epoch, f1 in ((1, 0.5), (2, 0.7), (4, 0.6))]
    picture = validation_chart([*rows, {"kind": "evaluation", "epoch": 5}], "f1_macro", "macro F1")
    assert picture is not None
    (line,) = strokes(picture, "s1")
    assert shares([x for x, _ in line]) == pytest.approx([0, 1 / 3, 1], abs=0.01)
    assert shares([-y for _, y in line]) == pytest.approx([0, 1, 0.5], abs=0.01)
    assert validation_chart(rows[:1], "f1_macro", "macro F1") is None
    assert validation_chart(rows, "accuracy", "accuracy") is None


def test_the_baselines_stand_beside_the_model() -> None:
    picture = baseline_chart(make_evaluation(), "f1_macro", "Macro F1")
    assert alt(picture) == "Macro F1: .79 for this model, .69 for TF-IDF + linear and .20 for one answer."
    assert {"this model", ".79 (.74 to .84)", "TF-IDF + linear", ".69", "one answer", ".20"} <= set(texts(picture))


def test_classes_stand_from_the_lowest_to_the_highest() -> None:
    written = texts(class_chart(make_evaluation()))
    assert [word for word in written if word in ("opinion", "press_release", "satire")] == [
        "press_release",
        "satire",
        "opinion",
    ]
    assert [word for word in written if "·" in word] == [".72 · 60", ".78 · 40", ".87 · 100"]


@pytest.mark.parametrize("calibrated", [True, False])
def test_scores_before_calibration_are_shown_only_where_there_were_some(calibrated: bool) -> None:
    values = asdict(make_reliability(0.05, (0.01, 0.1), calibrated=calibrated))
    picture = reliability_chart(values)
    assert len(strokes(picture, "s2")) == calibrated
    (line,) = strokes(picture, "s1")
    expected = sorted((part["score"], part["right"]) for part in values["after"]["bins"])
    (left, bottom), (right, top) = strokes(picture, "other")[0]  # the diagonal, from 0 to 1
    found = [((x - left) / (right - left), (y - bottom) / (top - bottom)) for x, y in line]
    np.testing.assert_allclose(found, expected, atol=0.01)


def test_risk_over_coverage() -> None:
    points = [{"coverage": 0.25, "risk": 0.0}, {"coverage": 0.5, "risk": 0.1}, {"coverage": 1.0, "risk": 0.3}]
    picture = coverage_chart({"risk_coverage": points})
    assert picture is not None
    (line,) = strokes(picture, "s1")
    assert shares([x for x, _ in line]) == pytest.approx([0, 1 / 3, 1], abs=0.01)
    assert shares([-y for _, y in line]) == pytest.approx([0, 1 / 3, 1], abs=0.01)
    assert alt(picture) == "Wrong labels from 0% of the surest 25% to 30% of all."
    assert coverage_chart({"risk_coverage": points[:1]}) is None


def test_what_is_extrapolated_is_a_broken_line_from_the_last_point_on() -> None:
    rising = made_curve([0.9 - 0.3 * (n / 100) ** -0.6 for n in (100, 200, 400, 700, 1000)])
    assert rising.extrapolation.forecasts
    picture = learning_chart(as_json(rising), "macro F1")
    measured, further = (strokes(picture, colour)[-1] for colour in ("s1", "s2"))
    assert "stroke-dasharray" in picture
    assert measured[-1] == pytest.approx(further[0], abs=0.01)
    assert shares([x for x, _ in measured]) == pytest.approx(shares([100, 200, 400, 700, 1000]), abs=0.01)
    level = learning_chart(as_json(made_curve([0.7, 0.69, 0.68, 0.66, 0.65])), "macro F1")
    assert strokes(level, "s2") == [] and "stroke-dasharray" not in level


@pytest.mark.parametrize("count", [1, MOST_POINTS, MOST_POINTS + 1, 1000, 4321])
def test_thinning_keeps_the_mean_and_the_limit(count: int) -> None:
    rng = np.random.default_rng(count)
    values = rng.normal(size=count).tolist()
    x, y = thinned(list(range(count)), values)
    assert len(x) == len(y) <= MOST_POINTS
    size = -(-count // MOST_POINTS)
    sizes = [len(values[at : at + size]) for at in range(0, count, size)]
    assert np.average(y, weights=sizes) == pytest.approx(np.mean(values))
    assert x == sorted(x)
