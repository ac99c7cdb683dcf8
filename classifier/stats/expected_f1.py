"""Labels that are expected to have the highest macro F1 in a corpus without labels, from its calibrated scores.

The label with the highest score is the one that is most often right. A rare label then hardly ever is given, and its F1
is near 0. If scores hold, the hits, and the articles that are of each label, can be expected: sums of scores. So each
label gets a weight that multiplies its score, and the weights are those of the highest expected macro F1 (plug-in
maximisation: Ye, Chai, Lee and Chieu, "Optimizing F-measures: a tale of two approaches", ICML 2012; for several classes
Narasimhan, Vaish and Agarwal, NeurIPS 2014). They are found label by label, each exactly while the others stay.
"""

from __future__ import annotations

import numpy as np

from classifier.arrays import Floats, Floats32
from classifier.stats.calibration import LEAST

MOST = 50_000  # articles that the weights are found on
SWEEPS = 5
NEAR = 1e-9


def best_weights(proba: Floats32, seed: int = 0) -> Floats:
    """The weight of each label, shape (classes,), by which its score is multiplied before the highest is taken.

    Args:
        proba: calibrated, shape (articles, classes); each article has one label.
        seed: of the articles that are drawn where there are many.

    Example:
        The second label is given to the article that is nearest to it.

        >>> proba = np.array([[0.9, 0.1], [0.6, 0.4], [0.9, 0.1]], dtype=np.float32)
        >>> (proba * best_weights(proba)).argmax(axis=1).tolist()
        [0, 1, 0]
    """
    part = proba[np.random.default_rng(seed).permutation(len(proba))[:MOST]].astype(np.float64)
    logs, weights, reached = np.log(np.maximum(part, LEAST)), np.zeros(part.shape[1]), -1.0
    for _ in range(SWEEPS):
        before = reached
        for label in range(len(weights)):
            weights[label], reached = _best_weight(part, logs, weights, label)
        if reached - before < NEAR:
            break
    found: Floats = np.exp(weights - weights.mean())
    return found


def _best_weight(proba: Floats, logs: Floats, weights: Floats, label: int) -> tuple[float, float]:
    """The log-weight of one label with the highest expected macro F1 while the others stay, and that macro F1.

    The label is given first to the article where it is nearest to being highest, then to the next one. Each label's
    hits, and how often it is given, are then sums over the first articles or over the rest.
    """
    others = logs + weights
    others[:, label] = -np.inf
    rival = others.argmax(axis=1)
    margins = others.max(axis=1) - logs[:, label]
    order = np.argsort(margins, kind="stable")
    rows, margins, rival = np.arange(len(proba)), margins[order], rival[order]
    given = np.zeros((len(proba) + 1, proba.shape[1]))
    given[1:][rows, rival] = -1
    hits = given.copy()
    hits[1:][rows, rival] *= proba[order, rival]
    for sums, own in ((given, np.ones(len(proba))), (hits, proba[order, label])):
        sums[0] = -sums.sum(axis=0)
        sums[1:, label] = own
        np.cumsum(sums, axis=0, out=sums)
    f1 = 2 * hits / np.maximum(given + proba.sum(axis=0), LEAST)
    macro = f1.mean(axis=1)
    macro[1:-1][margins[1:] == margins[:-1]] = -1  # equal articles cannot be parted
    best = int(macro.argmax())
    ends = np.concatenate([[margins[0] - 1], margins, [margins[-1] + 1]])
    return float((ends[best] + ends[best + 1]) / 2), float(macro[best])
