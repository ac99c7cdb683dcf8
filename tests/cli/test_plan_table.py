from dataclasses import replace

from rich.console import Console

from classifier.cli.plan_table import MOST_ROWS, plan_lines, plan_table, plan_warnings
from classifier.evaluation.shares.plan import PlannedShare, SamplePlan

SHARE = PlannedShare((), "satire", 1000, 90, 0.0312)
PLAN = SamplePlan(0.05, (), 1000, 90, (SHARE,) * (MOST_ROWS + 2), 0, ("Mind this.",))


def test_a_long_plan_is_cut_and_said_to_be() -> None:
    console = Console(width=200)
    with console.capture() as capture:
        console.print(plan_table(PLAN))
    assert capture.get().count("satire") == MOST_ROWS
    lines = list(plan_lines(PLAN, quiet=False))
    assert lines[0] == "2 more rows are in --json." and lines[1].startswith("90 of 1,000 articles are to be labelled.")
    assert plan_warnings(PLAN) == ["Warning: Mind this."] and not list(plan_lines(PLAN, quiet=True))
    assert len(list(plan_lines(replace(PLAN, shares=(SHARE,)), quiet=False))) == 1
