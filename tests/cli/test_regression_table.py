from dataclasses import replace

from rich.console import Console

from classifier.cli.regression_table import MOST_ROWS, regression_lines, regression_tables
from classifier.evaluation.shares.regression import Effect, RegressionReport

EFFECT = Effect(
    *("a", "coefficient", "", "Intercept", ""),
    *(0.5, 0.1, 0.3, 0.7, 0.001, None, 50.0, 60.0, None),
    0.4,
    0.3,
    0.5,
    0.0,
    "",
)
REPORT = RegressionReport("a ~ 1", (EFFECT,), 100, 60, 0, None, ("Assumed.",), ("Careful.",))


def shown(report: RegressionReport) -> str:
    console = Console(width=200)
    with console.capture() as capture:
        for table in regression_tables(report):
            console.print(table)
    return capture.get()


def test_a_table_for_each_part() -> None:
    printed = shown(replace(REPORT, effects=(EFFECT, replace(EFFECT, outcome="b"))))
    assert printed.count("Intercept") == 2 and "a: coefficients" in printed and "b: coefficients" in printed


def test_a_long_table_is_cut_and_said_to_be() -> None:
    long = replace(REPORT, effects=(EFFECT,) * (MOST_ROWS + 5))
    assert shown(long).count("Intercept") == MOST_ROWS
    assert list(regression_lines(long, quiet=False)) == [
        "5 more figures are in --out coefficients.csv, or in --json.",
        "Assumed.",
        "Warning: Careful.",
    ]
    assert list(regression_lines(long, quiet=True)) == ["Warning: Careful."]
