"""What is fitted on validation after training a model or an ensemble: thresholds, calibration, weights of a blend."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from classifier.arrays import Floats32, Ints
from classifier.articles.source_names import spelt_alike
from classifier.config import TrainConfig
from classifier.stats.blending import Blend, Prior, fit_blend, fixed_blend, prior_of
from classifier.stats.calibration import Calibration, fit_calibration
from classifier.stats.label_shift import ValidationScores, validation_scores
from classifier.stats.thresholds import best_thresholds

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class FittedDecision:
    """What turns a model's probabilities into labels and scores.

    Attributes:
        thresholds: of the calibrated probabilities, per class, for multi-label; None = 0.5.
        calibration: None = the probabilities are left as they are.
        validation: the calibrated scores of the articles that it was fitted on; None where they are not calibrated.
    """

    thresholds: tuple[float, ...] | None = None
    calibration: Calibration | None = None
    validation: ValidationScores | None = None


def fit_scores(proba: Floats32, y: Ints, *, calibrate: bool, sources: Sequence[str | None] = ()) -> FittedDecision:
    """Thresholds (multi-label) and the calibration that suit validation articles; calibration leaves the labels.

    Args:
        proba: uncalibrated probabilities of shape (articles, classes).
        y: label ids (articles,), or a 0/1 matrix (articles, classes).
        calibrate: whether to calibrate.
        sources: of the articles, where they are known.
    """
    thresholds = tuple(best_thresholds(y, proba)) if y.ndim == 2 else None
    if not calibrate:
        return FittedDecision(thresholds)
    calibration = fit_calibration(proba, y)
    _log_calibration(calibration, len(y))
    moved = None if thresholds is None else calibration.moved(thresholds)
    return FittedDecision(moved, calibration, validation_scores(calibration.apply(proba), y, spelt_alike(sources)))


def _log_calibration(calibration: Calibration, articles: int) -> None:
    cold, hot = min(calibration.temperatures), max(calibration.temperatures)
    logger.info(
        "calibration: temperature %s, offsets from %.2f to %.2f, fitted on %s validation articles",
        f"{cold:.2f}" if cold == hot else f"{cold:.2f} to {hot:.2f}",
        min(calibration.offsets),
        max(calibration.offsets),
        f"{articles:,}",
    )


def fit_blend_on_validation(
    settings: TrainConfig, logits: Floats32, tfidf: Floats32, y: Ints, scale: float | None
) -> Blend:
    """The blend that the settings ask for, fitted on validation where they leave it open.

    Args:
        settings: ``[train]``.
        logits, tfidf, y: of the validation articles, as in `fit_blend`.
        scale: what TF-IDF's scores are worth, where training articles told (`classifier.stats.blending.fit_scale`).
    """
    blend = fitted_blend(settings, logits, tfidf, y, scale)
    if isinstance(settings.blend, float):
        return blend
    logger.info(
        "blend: %.2f × logits of the model + %.2f × scores of TF-IDF, fitted on %s validation articles%s",
        blend.model,
        blend.tfidf,
        f"{len(y):,}",
        "" if _known(settings, scale) is None else " and on what TF-IDF out of fold gives the training articles",
    )
    return blend


def fitted_blend(settings: TrainConfig, logits: Floats32, tfidf: Floats32, y: Ints, scale: float | None) -> Blend:
    """What `fit_blend_on_validation` finds, of any labelled articles, and without a word of it."""
    if isinstance(settings.blend, float):
        return fixed_blend(settings.blend)
    prior = _prior(settings, _known(settings, scale))
    return fit_blend(logits, tfidf, y, balanced=settings.class_weight == "balanced", prior=prior)


def _known(settings: TrainConfig, scale: float | None) -> float | None:
    return scale if settings.num_train_epochs else None  # for a head the usual prior is as good


def _prior(settings: TrainConfig, scale: float | None) -> Prior:
    return prior_of(scale, tuned=settings.num_train_epochs != 0)


def blend_without_validation(settings: TrainConfig, scale: float | None) -> Blend | None:
    """The blend where there is no validation: a given share, else that of the prior; None = the model alone.

    Args:
        settings, scale: as in `fit_blend_on_validation`.
    """
    if isinstance(settings.blend, float):
        return fixed_blend(settings.blend)
    if scale is None:
        logger.warning(
            'there are no validation articles to fit train.blend = "auto" on, and training articles do not tell what '
            "TF-IDF's scores are worth (those of pairs never do, nor those that all belong together): the model is "
            "used without TF-IDF"
        )
        return None
    blend = _prior(settings, scale).blend
    logger.info(
        "blend: %.2f × logits of the model + %.2f × scores of TF-IDF: there is no validation, so the second is what "
        "TF-IDF out of fold gives the training articles, and the first the usual one",
        blend.model,
        blend.tfidf,
    )
    return blend
