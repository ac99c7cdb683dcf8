"""Scores of a world whose shares of labels are known exactly, and what is stored of its validation articles."""

from __future__ import annotations

import numpy as np
from scipy.special import softmax

from classifier.stats.calibration import Calibration, fit_calibration
from classifier.stats.label_shift import ValidationScores, validation_scores

NAMES = ("a", "b", "c")
BASE = np.array([0.7, 0.2, 0.1])
NEW = np.array([0.2, 0.3, 0.5])


def made(n: int, shares: np.ndarray, seed: int = 0, heat: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of a model that weighs classes alike, as class weights make it, ``heat`` times too sure; labels."""
    rng = np.random.default_rng(seed)
    y = rng.choice(len(shares), size=n, p=shares)
    evidence = rng.normal(size=(n, len(shares))) + 1.5 * np.eye(len(shares))[y]
    return softmax(heat * 1.5 * evidence, axis=1).astype(np.float32), y


def stored(n: int, seed: int = 0) -> tuple[Calibration, ValidationScores]:
    """The calibration of a model that is twice too sure, and the scores of so many validation articles."""
    proba, y = made(n, BASE, seed, heat=2.0)
    calibration = fit_calibration(proba, y)
    return calibration, validation_scores(calibration.apply(proba), y)
