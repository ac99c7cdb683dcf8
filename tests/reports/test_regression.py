from html import escape
from typing import Any

from classifier.evaluation.shares.regression import Effect, RegressionReport
from classifier.reports.regression import effect_cells, effect_columns, effect_parts, verdict
from classifier.reports.summaries import regression_summary


def made_effect(kind: Any = "coefficient", **more: Any) -> Effect:
    values = {
        "outcome": "a",
        "kind": kind,
        "covariate": "" if kind == "coefficient" else "source",
        "term": "y",
        "reference": "x" if kind == "difference" else "",
        "value": 0.1234,
        "error": 0.05,
        "low": 0.02,
        "high": 0.22,
        "p": 0.0123,
        "p_holm": 0.0369 if kind == "difference" else None,
        "freedom": 99.0,
        "labelled": 50.0,
        "groups": None,
        "naive": 0.3,
        "naive_low": 0.25,
        "naive_high": 0.35,
        "naive_p": 0.00001,
        "note": "",
    }
    return Effect(**{**values, **more})


REPORT = RegressionReport(
    "a ~ source",
    (made_effect(), made_effect("share"), made_effect("difference"), made_effect(outcome="b")),
    1000,
    100,
    5,
    None,
    ("It is assumed.",),
    ("Look out.",),
)


def test_figures_stand_under_headings() -> None:
    parts = list(effect_parts(REPORT))
    assert [heading for heading, _ in parts] == ["a: coefficients", "a: share by source", "b: coefficients"]
    assert [effect_columns(effects)[3] for _, effects in parts] == ["p", "p (Holm)", "p"]


def test_a_difference_has_the_corrected_p() -> None:
    assert effect_cells(made_effect("difference")) == (
        *("y − x", "0.123", "0.020 to 0.220", "0.037"),
        *("0.300", "0.250 to 0.350", "< 0.001"),
    )
    assert effect_cells(made_effect())[3] == "0.012"


def test_small_figures_keep_their_digits() -> None:
    cells = effect_cells(made_effect(value=-0.00012345, low=-0.0003, high=0.00005))
    assert cells[1:3] == ("-0.000123", "-0.0003 to 5e-05")


def test_what_is_not_known_has_no_figure() -> None:
    nothing = {"value": None, "low": None, "high": None, "p": None, "note": "only 3 labelled articles"}
    assert effect_cells(made_effect(**nothing))[1:4] == ("–", "–", "–")


def test_a_notebook_shows_figures_and_warnings() -> None:
    html = regression_summary(REPORT).html()
    assert html == REPORT._repr_html_()
    for words in (escape(verdict(REPORT)), "a: share by source: y − x", "Warning: Look out.", "It is assumed."):
        assert words in html
