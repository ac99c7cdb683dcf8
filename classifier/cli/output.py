"""What commands print alike; imported inside them, since it is heavy."""

from __future__ import annotations

from pathlib import Path

from classifier.cli import console, tables
from classifier.evaluation.result import Evaluation
from classifier.evaluation.target_controls import conclusions, read_controls


def show_evaluation(result: Evaluation, *, quiet: bool) -> None:
    """Print the figures of an evaluation, per class too unless quiet, and the verdict."""
    console.out.print(tables.figures_table(result))
    if not quiet:
        console.out.print(tables.class_table(result, width=console.out.width))
    console.out.print(tables.evaluation_verdict(result), markup=False)
    for line in tables.score_lines(result):
        console.out.print(line, markup=False)


def show_controls(folder: Path) -> None:
    """Print what the controls of an evaluation say, where it has any."""
    controls = read_controls(folder)
    if controls is not None:
        console.out.print("Does the model read the target?", style="bold")
        for line in conclusions(controls):
            console.out.print(line, markup=False)


def duration(seconds: float) -> str:
    """Seconds as a person reads them."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.1f} min"
