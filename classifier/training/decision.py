"""What is fitted on held-out articles after training a model or an ensemble: thresholds, calibration, a blend."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from classifier.arrays import Floats32, Ints
from classifier.articles.source_names import spelt_alike
from classifier.config import TrainConfig
from classifier.errors import counted
from classifier.stats.blending import Blend, Prior, fit_blend, fixed_blend, prior_of
from classifier.stats.calibration import Calibration, fit_calibration
from classifier.stats.label_shift import ValidationScores, validation_scores
from classifier.stats.thresholds import best_thresholds

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class HeldOutScores:
    """What a network and TF-IDF say of articles that they did not learn from.

    Attributes:
        logits: of the network, shape (articles, classes).
        tfidf: decision values, the same shape; None where no TF-IDF is blended in.
        y: label ids (articles,), or a 0/1 matrix (articles, classes).
        sources: of the articles, where they are known.
        what: which articles these are, in words.
    """

    logits: Floats32
    tfidf: Floats32 | None
    y: Ints
    sources: tuple[str | None, ...]
    what: str

    def beside(self, other: HeldOutScores | None) -> HeldOutScores:
        """These and others together."""
        if other is None:
            return self
        both = None if self.tfidf is None or other.tfidf is None else np.concatenate([self.tfidf, other.tfidf])
        logits, y = np.concatenate([self.logits, other.logits]), np.concatenate([self.y, other.y])
        return HeldOutScores(logits, both, y, (*self.sources, *other.sources), f"{self.what} and {other.what}")


@dataclass(frozen=True)
class FittedDecision:
    """What turns a model's probabilities into labels and scores.

    Attributes:
        thresholds: of the calibrated probabilities, per class, for multi-label; None = 0.5.
        calibration: None = the probabilities are left as they are.
        validation: the calibrated scores of validation articles, or else of those that it was fitted on; None where
            scores are not calibrated.
    """

    thresholds: tuple[float, ...] | None = None
    calibration: Calibration | None = None
    validation: ValidationScores | None = None


def fit_scores(
    proba: Floats32,
    y: Ints,
    *,
    calibrate: bool,
    sources: Sequence[str | None] = (),
    what: str | None = None,
    stored: int | None = None,
) -> FittedDecision:
    """Thresholds (multi-label) and the calibration that suit held-out articles; calibration leaves the labels.

    Args:
        proba: uncalibrated probabilities of shape (articles, classes).
        y: label ids (articles,), or a 0/1 matrix (articles, classes).
        calibrate: whether to calibrate.
        sources: of the articles, where they are known.
        what: which articles these are, in words; None = all of validation.
        stored: how many of them, the first ones, are validation articles, whose scores are kept; None = all.
    """
    thresholds = tuple(best_thresholds(y, proba)) if y.ndim == 2 else None
    if not calibrate:
        return FittedDecision(thresholds)
    calibration = fit_calibration(proba, y)
    _log_calibration(calibration, what or counted(len(y), "validation article"))
    moved = None if thresholds is None else calibration.moved(thresholds)
    kept = validation_scores(calibration.apply(proba[:stored]), y[:stored], spelt_alike(sources)[:stored])
    return FittedDecision(moved, calibration, kept)


def _log_calibration(calibration: Calibration, what: str) -> None:
    cold, hot = min(calibration.temperatures), max(calibration.temperatures)
    logger.info(
        "calibration: temperature %s, offsets from %.2f to %.2f, fitted on %s",
        f"{cold:.2f}" if cold == hot else f"{cold:.2f} to {hot:.2f}",
        min(calibration.offsets),
        max(calibration.offsets),
        what,
    )


def fit_blend_on(settings: TrainConfig, seen: HeldOutScores, scale: float | None) -> Blend:
    """The blend that the settings ask for, fitted on held-out articles where they leave it open.

    Args:
        settings: ``[train]``.
        seen: the articles, with the scores of TF-IDF.
        scale: what TF-IDF's scores are worth, where training articles told (`classifier.stats.blending.fit_scale`).
    """
    assert seen.tfidf is not None
    blend = fitted_blend(settings, seen.logits, seen.tfidf, seen.y, scale)
    if isinstance(settings.blend, float):
        return blend
    logger.info(
        "blend: %.2f × logits of the model + %.2f × scores of TF-IDF, fitted on %s%s",
        blend.model,
        blend.tfidf,
        seen.what,
        "" if _known(settings, scale) is None else " and on what TF-IDF out of fold gives the training articles",
    )
    return blend


def fitted_blend(settings: TrainConfig, logits: Floats32, tfidf: Floats32, y: Ints, scale: float | None) -> Blend:
    """What `fit_blend_on` finds, and without a word of it."""
    if isinstance(settings.blend, float):
        return fixed_blend(settings.blend)
    prior = _prior(settings, _known(settings, scale))
    return fit_blend(logits, tfidf, y, balanced=settings.balanced, prior=prior)


def _known(settings: TrainConfig, scale: float | None) -> float | None:
    return scale if settings.num_train_epochs else None  # for a head the usual prior is as good


def _prior(settings: TrainConfig, scale: float | None) -> Prior:
    return prior_of(scale, tuned=settings.num_train_epochs != 0)


def blend_without_validation(settings: TrainConfig, scale: float | None) -> Blend | None:
    """The blend where there is no validation: a given share, else that of the prior; None = the model alone.

    Args:
        settings, scale: as in `fit_blend_on`.
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
