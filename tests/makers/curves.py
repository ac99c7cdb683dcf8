"""Learning curves with made scores."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from classifier.evaluation.learning_curve import CurveMean, CurvePoint, LearningCurve
from classifier.stats.extrapolation import extrapolate


def made_curve(scores: Sequence[float], **changes: Any) -> LearningCurve:
    """The curve of five sizes up to 1,000 articles, with an interval of ± 0.02 for each score."""
    sizes = [100, 200, 400, 700, 1000]
    means = tuple(CurveMean(n / 1000, 2, n, y, 0.01, (y - 0.02, y + 0.02)) for n, y in zip(sizes, scores, strict=True))
    draws = np.array(scores) + np.random.default_rng(0).normal(scale=0.003, size=(50, 5))
    points = tuple(CurvePoint(m.share, 1, m.articles, 3, {"f1_macro": m.value}, []) for m in means)
    values: dict[str, Any] = {
        "path": Path(),
        "model": "probe",
        "metric": "f1_macro",
        "train": 1000,
        "validation": 300,
        "groups": 300,
        "effective": 300.0,
        "classes": 3,
        "points": points,
        "means": means,
        "extrapolation": extrapolate(sizes, scores, draws),
        "seconds": 0,
    }
    return LearningCurve(**{**values, **changes})
