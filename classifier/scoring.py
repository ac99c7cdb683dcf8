"""What is fitted on validation once a model (or an ensemble) is there: thresholds, and its scores' calibration."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from classifier.calibration import Calibration, Ids, Proba, fit_calibration
from classifier.metrics import best_thresholds

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fitted:
    """What makes labels and scores of a model's probabilities.

    Attributes:
        thresholds: of the calibrated probabilities, per class, for multi-label; None = 0.5.
        calibration: None = the probabilities are left as they are.
    """

    thresholds: tuple[float, ...] | None = None
    calibration: Calibration | None = None


def fit_scores(proba: Proba, y: Ids, *, calibrate: bool) -> Fitted:
    """Thresholds (multi-label) and the calibration that suit validation articles; calibration leaves the labels.

    Args:
        proba: uncalibrated probabilities of shape (articles, classes).
        y: label ids (articles,), or a 0/1 matrix (articles, classes).
        calibrate: whether to calibrate.
    """
    thresholds = tuple(best_thresholds(y, proba)) if y.ndim == 2 else None
    if not calibrate:
        return Fitted(thresholds)
    calibration = fit_calibration(proba, y)
    _report(calibration, len(y))
    return Fitted(None if thresholds is None else calibration.moved(thresholds), calibration)


def _report(calibration: Calibration, articles: int) -> None:
    cold, hot = min(calibration.temperatures), max(calibration.temperatures)
    logger.info(
        "calibration: temperature %s, offsets from %.2f to %.2f, fitted on %s validation articles",
        f"{cold:.2f}" if cold == hot else f"{cold:.2f} to {hot:.2f}", min(calibration.offsets),
        max(calibration.offsets), f"{articles:,}",
    )  # fmt: skip
