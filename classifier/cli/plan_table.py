"""What a plan of articles to label promises, for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table

from classifier.evaluation.shares.plan import SamplePlan
from classifier.reports.sample_plan import HOW, plan_columns, plan_rows

MOST_ROWS = 60


def plan_table(plan: SamplePlan) -> Table:
    """How many articles to label for each group, and the intervals to expect."""
    table = Table(title="articles to label by hand", title_justify="left")
    for place, name in enumerate(plan_columns(plan)):
        table.add_column(name, justify="left" if place < 1 + bool(plan.by) else "right")
    for cells in list(plan_rows(plan))[:MOST_ROWS]:
        table.add_row(*cells)
    return table


def plan_lines(plan: SamplePlan, *, quiet: bool) -> Iterator[str]:
    """What stands below the table; nothing where it is to be quiet."""
    hidden = len(plan.shares) - MOST_ROWS
    if hidden > 0 and not quiet:
        yield f"{hidden:,} more rows are in --json."
    if not quiet:
        yield f"{plan.chosen:,} of {plan.articles:,} articles are to be labelled. {HOW}"


def plan_warnings(plan: SamplePlan) -> list[str]:
    """What stands above the table: what is in the way of the plan, before anybody labels by it."""
    return [f"Warning: {sentence}" for sentence in plan.warnings]
