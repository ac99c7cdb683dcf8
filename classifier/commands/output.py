"""What commands print alike; imported inside them, since it is heavy."""

from __future__ import annotations

from classifier import console, summary
from classifier.evaluation import Evaluation


def show_evaluation(result: Evaluation, *, quiet: bool) -> None:
    """Print the figures of an evaluation, per class too unless quiet, and the verdict."""
    console.out.print(summary.figures_table(result))
    if not quiet:
        console.out.print(summary.class_table(result, width=console.out.width))
    console.out.print(summary.verdict(result), markup=False)
    for line in summary.score_lines(result):
        console.out.print(line, markup=False)


def duration(seconds: float) -> str:
    """Seconds as a person reads them."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.1f} min"
