"""The figures of a paper: PNG, PDF and SVG, one column wide, in grey, with their fonts inside.

matplotlib's `Figure` is drawn by itself, without ``pyplot``: nothing depends on the backend of a notebook.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifier.evaluation.result import Evaluation
from classifier.reports.run.confusion import heat
from classifier.reports.run.record import RunRecord
from classifier.reports.words import metric_name, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

logger = logging.getLogger(__name__)
KINDS = ("png", "pdf", "svg")
WIDTH = 3.35  # inches: a column of most journals
DARK, MIDDLE, LIGHT = "0.1", "0.5", "0.85"  # greys
STYLE: Mapping[str, Any] = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "lines.linewidth": 1.2,
    "lines.markersize": 4,
    "legend.frameon": False,
    "pdf.fonttype": 42,
    "svg.fonttype": "path",
    "svg.hashsalt": "classifier",
    "text.parse_math": False,
    "savefig.dpi": 300,
}
NAMES = 28  # characters of a label


@dataclass(frozen=True)
class Drawing:
    """A figure: the name of its files, its height in inches, and what draws it."""

    name: str
    height: float
    draw: Callable[[Axes], None]


def write_figures(record: RunRecord, folder: Path) -> list[str]:
    """Write every figure for which the run has numbers, in each of `KINDS`.

    Returns:
        Their names.
    """
    drawings = list(_drawings(record))
    folder.mkdir(parents=True, exist_ok=True)
    lacking: set[str] = set()
    for drawing in drawings:
        lacking |= _write(drawing, folder)
    if lacking:
        logger.warning(
            "the font of the figures lacks some characters of the labels, and shows boxes for them: %s",
            "; ".join(sorted(lacking)[:3]),
        )
    return [drawing.name for drawing in drawings]


def _write(drawing: Drawing, folder: Path) -> set[str]:
    """One figure in all kinds; returns what its font lacks."""
    import matplotlib
    import matplotlib.style
    from matplotlib.figure import Figure

    with matplotlib.style.context(["default", dict(STYLE)]), warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        figure = Figure(figsize=(WIDTH, drawing.height), layout="constrained")
        drawing.draw(figure.add_subplot())
        for kind in KINDS:
            dates = {"png": {}, "pdf": {"CreationDate": None}, "svg": {"Date": None}}[kind]
            figure.savefig(folder / f"{drawing.name}.{kind}", format=kind, metadata=dates)
    return {str(one.message).split(" missing")[0] for one in said if "missing from font" in str(one.message)}


def _drawings(record: RunRecord) -> Iterator[Drawing]:
    evaluation = record.evaluation
    yield Drawing("baselines", 1.6, lambda axes: _baselines(axes, evaluation))
    rows = len(evaluation.per_class)
    yield Drawing("classes", 0.7 + 0.2 * rows, lambda axes: _classes(axes, evaluation))
    if heat(evaluation):
        size = len(evaluation.labels)
        yield Drawing("confusion", 1.2 + min(0.3 * size, 4), lambda axes: _confusion(axes, evaluation))
    scores = record.part("calibration")
    if scores is not None:
        yield Drawing("reliability", 2.6, lambda axes: _reliability(axes, scores))
        if len(scores["risk_coverage"]) > 1:
            yield Drawing("coverage", 2.3, lambda axes: _coverage(axes, scores))
    curve = record.curve
    if curve is not None:
        yield Drawing("learning_curve", 2.3, lambda axes: _learning_curve(axes, curve))


def _baselines(axes: Axes, evaluation: Evaluation) -> None:
    """Macro F1 of the model with its interval, and of the baselines."""
    names = {"encoder": "without TF-IDF", "tfidf": "TF-IDF + linear", "majority": "one answer"}
    metric = "f1_macro"
    rows = [("model", evaluation.figures[metric], evaluation.intervals.get(metric))]
    rows += [(names[key], evaluation.baselines[key][metric], None) for key in names if key in evaluation.baselines]
    _dots(axes, rows, metric_name(metric))


def _classes(axes: Axes, evaluation: Evaluation) -> None:
    """F1 of each class, the highest on top."""
    found = sorted(evaluation.per_class.items(), key=lambda item: -item[1]["f1-score"])
    known = evaluation.per_class_intervals
    _dots(axes, [(label, row["f1-score"], known.get(label, {}).get("f1-score")) for label, row in found], "F1")


def _dots(axes: Axes, rows: Sequence[tuple[str, float, Any]], name: str) -> None:
    for place, (_, value, interval) in enumerate(rows):
        if interval is not None:
            axes.plot(interval, (place, place), color=MIDDLE, linewidth=2.5, solid_capstyle="butt")
        axes.plot([value], [place], "o", color=DARK)
    axes.set_yticks(range(len(rows)), [short(label, NAMES) for label, _, _ in rows])
    axes.set(xlabel=f"{name} (bar: 95% interval)", xlim=(min(0, *(row[1] for row in rows)), 1.02))
    axes.set_ylim(len(rows) - 0.4, -0.6)


def _confusion(axes: Axes, evaluation: Evaluation) -> None:
    """The shares of each true label in grey, with the counts."""
    rows = heat(evaluation)
    names = [short(label, NAMES) for label in evaluation.labels]
    axes.imshow([[cell.share for cell in cells] for _, cells in rows], cmap="Greys", vmin=0, vmax=1, aspect="auto")
    for row, (_, cells) in enumerate(rows):
        for column, cell in enumerate(cells):
            if cell.count:
                shade = "white" if cell.share > 0.5 else "black"
                size = 7 if len(rows) <= 10 else 5
                axes.text(column, row, f"{cell.count:,}", ha="center", va="center", color=shade, fontsize=size)
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel="label given", ylabel="true label")


def _reliability(axes: Axes, scores: Mapping[str, Any]) -> None:
    axes.plot((0, 1), (0, 1), ":", color=MIDDLE, label="ideal")
    if scores["calibrated"]:
        axes.plot(*_bins(scores["before"]), "s--", color=MIDDLE, markerfacecolor="white", label="before calibration")
    axes.plot(
        *_bins(scores["after"]), "o-", color=DARK, label="after calibration" if scores["calibrated"] else "scores"
    )
    axes.set(xlabel="mean score", ylabel="share of labels that are right", xlim=(0, 1.02), ylim=(0, 1.02))
    axes.legend(loc="upper left")


def _bins(figures: Mapping[str, Any]) -> tuple[list[float], list[float]]:
    found = sorted((part["score"], part["right"]) for part in figures["bins"])
    return [score for score, _ in found], [right for _, right in found]


def _coverage(axes: Axes, scores: Mapping[str, Any]) -> None:
    points = scores["risk_coverage"]
    axes.plot([point["coverage"] for point in points], [point["risk"] for point in points], color=DARK)
    axes.set(xlabel="share of labels that are kept", ylabel="share of these that is wrong", xlim=(0, 1.02))
    axes.set_ylim(bottom=0)


def _learning_curve(axes: Axes, curve: Mapping[str, Any]) -> None:
    means, forecasts = curve["means"], curve["extrapolation"]["forecasts"]
    _band(axes, means, DARK, "-", "measured")
    if forecasts:
        _band(axes, [means[-1], *forecasts], MIDDLE, "--", "extrapolated")
        axes.legend(loc="lower right")
    axes.set(xlabel="training articles", ylabel=f"{metric_name(curve['metric'])} on validation")


def _band(axes: Axes, points: Sequence[Mapping[str, Any]], shade: str, dashes: str, name: str) -> None:
    x = [point["articles"] for point in points]
    axes.plot(x, [point["value"] for point in points], f"o{dashes}", color=shade, label=name)
    if all(point["interval"] is not None for point in points):
        low, high = zip(*(point["interval"] for point in points), strict=True)
        axes.fill_between(x, low, high, color=LIGHT, linewidth=0)
