"""Accuracy beside time: a line of figures for each run, as Markdown.

    python scripts/quality_table.py RUN... [--articles 200]

For each run, folds of a cross-validation (all their articles together) or seeds, from what its evaluation stored:
macro F1 and accuracy on test with their 95% intervals, how far it is above its own TF-IDF (paired), that of its encoder
without TF-IDF where it is a blend, and how long its training took with everything. Articles per second are measured
now: some test articles are predicted, three times, and the fastest counts.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import as_command
import typer

from classifier.articles.article import Article
from classifier.dataset.folder import run_dataset
from classifier.evaluation.result import Evaluation
from classifier.files import read_json
from classifier.models.classifier import Classifier
from classifier.models.trained import Trained, open_trained
from classifier.reports.run.record import read_run_record

TURNS = 3
HEADER = (
    "run",
    "test articles",
    "macro F1",
    "accuracy",
    "TF-IDF",
    "model − TF-IDF",
    "encoder alone",
    "seconds of training",
    "articles/s",
)


def main(
    runs: Annotated[list[Path], typer.Argument(help="runs, folds or seeds")],
    articles: Annotated[int, typer.Option(help="test articles whose prediction is timed; 0: none")] = 200,
) -> None:
    lines = [HEADER, ("---", *["--:"] * (len(HEADER) - 1)), *(line(path, articles) for path in runs)]
    typer.echo("\n".join(f"| {' | '.join(cells)} |" for cells in lines))


def line(path: Path, articles: int) -> Sequence[str]:
    """The cells of one run."""
    trained = open_trained(path, command="table", takes=("run", "seeds", "folds"))
    found = read_run_record(path).evaluation
    gain = found.gain["f1_macro"]
    bounds = "" if gain.interval is None else f" ({signed(gain.interval[0])} to {signed(gain.interval[1])})"
    encoder = found.baselines.get("encoder")
    return (
        path.name,
        f"{found.articles:,}",
        with_interval(found, "f1_macro"),
        with_interval(found, "accuracy"),
        short(found.baselines["tfidf"]["f1_macro"]),
        f"{signed(gain.value)}{bounds}",
        "" if encoder is None else short(encoder["f1_macro"]),
        f"{seconds(trained):,.0f}",
        f"{speed(trained, articles):,.1f}" if articles else "",
    )


def with_interval(found: Evaluation, metric: str) -> str:
    interval = found.intervals[metric]
    return short(found.figures[metric]) + (
        "" if interval is None else f" ({short(interval[0])} – {short(interval[1])})"
    )


def short(value: float) -> str:
    """A share as .812.

    Example:
        >>> short(0.8123), short(1.0)
        ('.812', '1.000')
    """
    return f"{value:.3f}".removeprefix("0")


def signed(value: float) -> str:
    """A difference as +.012 or −.012."""
    return ("−" if value < 0 else "+") + short(abs(value))


def seconds(trained: Trained) -> float:
    """What all its trainings took together."""
    return sum(read_json(run.manifest)["seconds"] for run in trained.runs)


def speed(trained: Trained, most: int) -> float:
    """Test articles per second, by the first of its models."""
    run = trained.runs[0]
    dataset = run_dataset(run.path)
    articles: list[Article] = list(dataset.articles("test"))[:most]
    classifier = Classifier.load(run.model)
    classifier.predict(articles[:8])
    taken = []
    for _ in range(TURNS):
        started = time.perf_counter()
        classifier.predict(articles)
        taken.append(time.perf_counter() - started)
    return len(articles) / min(taken)


if __name__ == "__main__":
    as_command.run(main)
