"""A regression on labels, for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table

from classifier.evaluation.shares.regression import RegressionReport
from classifier.reports.regression import effect_cells, effect_columns, effect_parts

MOST_ROWS = 60  # of all tables together


def regression_tables(report: RegressionReport) -> Iterator[Table]:
    """A table for the coefficients of each label, and for each covariate with levels."""
    left = MOST_ROWS
    for heading, effects in effect_parts(report):
        if left <= 0:
            return
        table = Table(title=heading, title_justify="left")
        for place, name in enumerate(effect_columns(effects)):
            table.add_column(name, justify="right" if place else "left")
        for effect in effects[:left]:
            table.add_row(*effect_cells(effect))
        left -= len(effects)
        yield table


def regression_lines(report: RegressionReport, *, quiet: bool) -> Iterator[str]:
    """What stands below the tables: warnings alone where it is to be quiet."""
    hidden = len(report.effects) - MOST_ROWS
    if hidden > 0 and not quiet:
        yield f"{hidden:,} more figures are in --out coefficients.csv, or in --json."
    if not quiet:
        yield from report.assumptions
    yield from (f"Warning: {sentence}" for sentence in report.warnings)
