"""The result of a learning curve: scores at growing numbers of training articles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from classifier.files import as_type, read_json
from classifier.notebook import show_page
from classifier.stats.extrapolation import Extrapolation
from classifier.summary import Summarised

RESULT, PAGE, POINTS, TRAINING = "learning_curve.json", "learning_curve.html", "points", "training"


@dataclass(frozen=True)
class PointKey:
    """Which training a point stands for."""

    share: float
    repeat: int

    @property
    def name(self) -> str:
        """Of its file."""
        return f"share-{self.share:g}-repeat-{self.repeat}"


@dataclass(frozen=True)
class CurvePoint:
    """One training of a curve.

    Attributes:
        share, repeat: of the training articles; which order they were drawn in, from 1.
        articles, labels: how many articles it was trained on, and how many different labels those have.
        figures: headline metrics on validation.
        predicted: label ids of the validation articles, or a 0/1 matrix.
    """

    share: float
    repeat: int
    articles: int
    labels: int
    figures: Mapping[str, float]
    predicted: Sequence[Any]


@dataclass(frozen=True)
class CurveMean:
    """All repeats of one share.

    Attributes:
        share, repeats: which.
        articles: mean number of training articles.
        value: mean of the metric.
        sd: over the repeats, with n − 1; 0 for one.
        interval: 95%, for other validation articles and, where there are several repeats, other training articles;
            None where the validation articles are of too few groups.
    """

    share: float
    repeats: int
    articles: int
    value: float
    sd: float
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class LearningCurve(Summarised):
    """Scores at growing numbers of training articles, and what more articles would bring.

    Attributes:
        path: the folder.
        model: ``tfidf`` | ``probe`` | ``full``.
        metric: of ``means`` and ``extrapolation``; ``train.metric_for_best_model``.
        train: how many training articles there are.
        validation: how many validation articles are scored.
        groups: how many groups these are, which the intervals resample.
        classes: how many labels the dataset has.
        points: in the order of their shares.
        means: one per share.
        extrapolation: to more articles than there are.
        seconds: how long it took, this time.
        effective: how many groups of equal size the scored articles count for.
        resampled: what a group is, as in `classifier.evaluation.groups`.
        chosen: on how many other validation articles thresholds, the share of TF-IDF and the like were fitted.
    """

    path: Path
    model: str
    metric: str
    train: int
    validation: int
    groups: int
    classes: int
    points: tuple[CurvePoint, ...]
    means: tuple[CurveMean, ...]
    extrapolation: Extrapolation
    seconds: float
    effective: float = 0.0
    resampled: str = "article"
    chosen: int = 0

    def show(self) -> None:
        """Show the page in the notebook; outside of one in the browser."""
        show_page(self.path)


def as_json(curve: LearningCurve) -> dict[str, Any]:
    """What ``learning_curve.json`` holds: the curve without its folder, time and predictions."""
    values = asdict(curve)
    for key in ("path", "seconds"):
        del values[key]
    for point in values["points"]:
        del point["predicted"]
    return {"format_version": 1, "split": "validation", **values}


def read_curve(file: Path) -> dict[str, Any]:
    """What ``learning_curve.json`` holds, once it has been checked.

    Raises:
        InputError: it is missing, damaged, or of another format version.
    """
    fix = "Make it again: classifier learning-curve"
    values = read_json(file, version=1, fix=fix)
    known = {key: value for key, value in values.items() if key not in ("format_version", "split")}
    points = [{"predicted": [], **point} if isinstance(point, dict) else point for point in _list(values.get("points"))]
    as_type({"path": str(file.parent), "seconds": 0.0, **known, "points": points}, LearningCurve, file, fix=fix)
    return values


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
