"""Calibrated scores: of the labels given with a score around .9, nine in ten should be right.

A model trained with equal class weights says how well an article fits each class, not how often that class occurs. Its
log-probabilities are divided by a temperature (Guo et al., 2017, arXiv:1706.04599) and shifted by an offset per class
("bias-corrected temperature scaling": Alexandari et al., 2020, arXiv:1901.06852). Where an article may have several
labels, each class has a temperature and an offset of its own (Platt scaling: Platt, 1999).

Offsets help where classes are of very different sizes and hard to tell apart. Elsewhere they do not, so they are shrunk
towards 0. Negative log-likelihood on test articles, uncalibrated, with a temperature alone, and with offsets:

- three kinds of hardware (80%, 15%, 5%, from 20 newsgroups): .403, .378, .350
- computers, science, recreation (the same shares): .145, .130, .129; without TF-IDF: .186, .167, .150
- hyperpartisan: .528, .546, .548
- the sample corpus, with 24 validation articles: .775, .774, .769

Calibration leaves the labels as they were, unless ``train.label_by`` is "score": they are decided by the model's own
probabilities, which `Calibration.undone` gives back. So the label that is given may have a lower score than another. It
is then a rare label that fits the article best, and its score says how likely it is to be right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from classifier.arrays import Floats, Floats32, Ints
from classifier.stats.blending import losses

LEAST = 1e-37  # a probability below it counts as this much
NEARLY_ONE = 1 - 1e-7
SPREAD = 0.5  # standard deviation of a temperature's logarithm, and of an offset, around 0 before any article is seen


@dataclass(frozen=True)
class Calibration:
    """What turns a model's probabilities into calibrated ones, and back.

    Attributes:
        temperatures: one for all classes; for multi-label one per class.
        offsets: one per class, added to the log-probabilities (log-odds for multi-label) after the division.
        multi_label: whether each class has a probability of its own.

    Example:
        >>> Calibration((2.0,), (0.0, 0.0)).apply(np.array([[0.9, 0.1]], dtype=np.float32))
        array([[0.75, 0.25]], dtype=float32)
    """

    temperatures: tuple[float, ...]
    offsets: tuple[float, ...]
    multi_label: bool = False

    def apply(self, proba: Floats32) -> Floats32:
        """Calibrated probabilities of shape (articles, classes), from those of the model."""
        scaled = _scores(proba, self.multi_label) / np.array(self.temperatures) + np.array(self.offsets)
        return _probabilities(scaled, self.multi_label)

    def undone(self, proba: Floats32) -> Floats32:
        """The model's probabilities of shape (articles, classes), from calibrated ones."""
        shifted = _scores(proba, self.multi_label) - np.array(self.offsets)
        return _probabilities(shifted * np.array(self.temperatures), self.multi_label)

    def moved(self, thresholds: Sequence[float]) -> tuple[float, ...]:
        """Thresholds that part calibrated probabilities as the given ones part those of the model (multi-label)."""
        return tuple(self.apply(np.array([thresholds], dtype=np.float32))[0].astype(float).tolist())


def fit_calibration(proba: Floats32, y: Ints) -> Calibration:
    """Find the temperatures and offsets under which labelled articles are most likely.

    With few articles they stay near 1 and 0: offsets and the temperatures' logarithms have normal priors.

    Args:
        proba: of the model, shape (articles, classes), on articles that it was not trained on.
        y: label ids (articles,), or a 0/1 matrix (articles, classes).
    """
    if y.ndim == 2:
        pairs = [_fit(_scores(proba[:, [k]], True), y[:, [k]]) for k in range(y.shape[1])]
        return Calibration(tuple(t for t, _ in pairs), tuple(b[0] for _, b in pairs), multi_label=True)
    temperature, offsets = _fit(_scores(proba, False), y)
    return Calibration((temperature,), tuple(offsets))


def calibrated_loss(proba: Floats32, y: Ints) -> float:
    """Mean negative log-likelihood of labelled articles under the calibration that `fit_calibration` finds for them.

    It compares models that are sure of themselves to different degrees.

    Example:
        >>> proba = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]], dtype=np.float32)
        >>> right, wrong = (calibrated_loss(proba, np.array(y)) for y in ([0, 1, 0], [1, 0, 1]))
        >>> right < wrong
        True
    """
    fitted = fit_calibration(proba, y)
    return float(losses(_scores(fitted.apply(proba), y.ndim == 2), y).mean())


def _fit(scores: Floats, y: Ints) -> tuple[float, list[float]]:
    """One temperature and an offset per column, of highest posterior density."""
    from scipy.optimize import minimize

    def cost(values: Floats) -> float:
        prior = ((values / SPREAD) ** 2).sum() / 2
        return float(losses(scores * np.exp(-values[0]) + values[1:], y).sum() + prior)

    found = minimize(cost, np.zeros(1 + scores.shape[1]), method="L-BFGS-B", bounds=[(-5, 5)] * (1 + scores.shape[1]))
    return float(np.exp(found.x[0])), found.x[1:].tolist()


def _scores(proba: Floats32, multi_label: bool) -> Floats:
    """Log-probabilities, or log-odds for multi-label; finite."""
    from scipy.special import logit

    if multi_label:
        return np.asarray(logit(np.clip(proba.astype(np.float64), LEAST, NEARLY_ONE)))
    return np.log(np.maximum(proba.astype(np.float64), LEAST))


def _probabilities(scores: Floats, multi_label: bool) -> Floats32:
    from scipy.special import expit, softmax

    return np.asarray(expit(scores) if multi_label else softmax(scores, axis=1), dtype=np.float32)
