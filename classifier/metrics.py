"""Pure functions from true and predicted labels to figures, each with a bootstrap interval.

Labels are ids: shape (n,) for single-label, a 0/1 matrix (n, classes) for multi-label. Names and definitions are those
of scikit-learn: for single-label, macro averages run over the classes that occur among the true or predicted labels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]
Interval = tuple[float, float]
FNC1_LABELS = {"agree", "disagree", "discuss", "unrelated"}
HEADLINE = ("accuracy", "f1_macro", "f1_micro", "f1_weighted", "matthews_correlation")


def headline(y_true: Ids, y_pred: Ids, labels: Sequence[str]) -> dict[str, float]:
    """Accuracy, F1 (macro, micro, weighted), MCC, and FNC-1's score where the labels are its four.

    Multi-label: accuracy is the share of articles with exactly the right labels; there is no MCC.

    Example:
        >>> headline(np.array([0, 1, 1]), np.array([0, 1, 0]), ["a", "b"])["f1_macro"]
        0.6666666666666666
    """
    return {name: float(value) for name, value in _figures(_count(y_true, y_pred, len(labels)), labels).items()}


def intervals(
    y_true: Ids, y_pred: Ids, labels: Sequence[str], *, samples: int = 1000, seed: int = 0
) -> dict[str, Interval]:
    """95% percentile bootstrap interval of each headline figure, articles resampled with replacement.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
    """
    draws = _bootstrap(
        lambda at: _figures(_count(y_true[at], y_pred[at], len(labels)), labels), len(y_true), samples, seed
    )
    return {name: _interval(values) for name, values in draws.items()}


def difference(
    y_true: Ids,
    y_pred: Ids,
    y_other: Ids,
    labels: Sequence[str],
    metric: str,
    *,
    samples: int = 1000,
    seed: int = 0,
) -> tuple[float, Interval]:
    """How much higher a metric is than another prediction's, with a 95% paired bootstrap interval.

    Both predictions are scored on the same resampled articles, so what is hard for both cancels out.
    """
    classes = len(labels)

    def gain(at: npt.NDArray[np.int64] | slice) -> dict[str, float]:
        ours = _figures(_count(y_true[at], y_pred[at], classes), labels)[metric]
        theirs = _figures(_count(y_true[at], y_other[at], classes), labels)[metric]
        return {"gain": ours - theirs}

    return gain(slice(None))["gain"], _interval(_bootstrap(gain, len(y_true), samples, seed)["gain"])


def per_class(y_true: Ids, y_pred: Ids, labels: Sequence[str]) -> dict[str, dict[str, float]]:
    """Precision, recall, F1 and support per class, as in ``classification_report(output_dict=True)``; 0/0 is 0."""
    counts = _count(y_true, y_pred, len(labels))
    table = {}
    for name, hits, true, predicted in zip(labels, counts["hits"], counts["true"], counts["predicted"], strict=True):
        table[name] = {
            "precision": float(hits / max(1, predicted)),
            "recall": float(hits / max(1, true)),
            "f1-score": float(2 * hits / max(1, true + predicted)),
            "support": float(true),
        }
    return table


def confusion(y_true: Ids, y_pred: Ids, classes: int) -> npt.NDArray[np.int64]:
    """Confusion matrix, rows true and columns predicted; one 2×2 matrix per class for multi-label."""
    if y_true.ndim == 1:
        return np.bincount(y_true * classes + y_pred, minlength=classes * classes).reshape(classes, classes)
    return np.stack([confusion(y_true[:, index], y_pred[:, index], 2) for index in range(classes)])


def fnc1_score(matrix: npt.NDArray[np.int64], labels: Sequence[str]) -> float:
    """FNC-1's official score from 0 to 1: ¼ for related or unrelated, ¾ more for the right related stance.

    Source: http://www.fakenewschallenge.org (the result is usually given in per cent).
    """
    related = np.array([name != "unrelated" for name in labels])
    credit = 0.25 * (related[:, None] == related[None, :]) + 0.75 * np.diag(related)
    return float((matrix * credit).sum() / (matrix.sum(axis=1) * np.where(related, 1.0, 0.25)).sum())


def best_thresholds(y_true: Ids, y_proba: npt.NDArray[np.float32]) -> list[float]:
    """For each class of a multi-label task, the threshold with the best F1; fit it on validation only.

    Args:
        y_true: 0/1 matrix (n, classes).
        y_proba: probabilities of the same shape.

    Returns:
        A threshold between two neighbouring probabilities; 0.5 for a class without a positive article.
    """
    return [_best_threshold(y_true[:, index], y_proba[:, index]) for index in range(y_true.shape[1])]


def _best_threshold(truth: Ids, proba: npt.NDArray[np.float32]) -> float:
    if not truth.any():
        return 0.5
    order = np.argsort(-proba, kind="stable")
    hits = np.cumsum(truth[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + truth.sum())
    f1[:-1][proba[order][:-1] == proba[order][1:]] = 0  # equal probabilities cannot be parted
    best = int(f1.argmax())
    following = float(proba[order][best + 1]) if best + 1 < len(order) else 0.0
    return (float(proba[order][best]) + following) / 2


def _count(y_true: Ids, y_pred: Ids, classes: int) -> dict[str, Any]:
    """Hits, true and predicted counts per class, exact matches, and the confusion matrix where there is one."""
    if y_true.ndim == 1:
        matrix = confusion(y_true, y_pred, classes)
        return {
            "hits": matrix.diagonal(), "true": matrix.sum(axis=1), "predicted": matrix.sum(axis=0),
            "exact": matrix.trace(), "articles": len(y_true), "matrix": matrix,
        }  # fmt: skip
    return {
        "hits": (y_true & y_pred).sum(axis=0), "true": y_true.sum(axis=0), "predicted": y_pred.sum(axis=0),
        "exact": (y_true == y_pred).all(axis=1).sum(), "articles": len(y_true),
    }  # fmt: skip


def _figures(counts: dict[str, Any], labels: Sequence[str]) -> dict[str, float]:
    hits, true, predicted = counts["hits"], counts["true"], counts["predicted"]
    total = true + predicted
    f1 = np.divide(2.0 * hits, total, out=np.zeros(len(total)), where=total > 0)
    figures = {
        "accuracy": counts["exact"] / counts["articles"],
        "f1_macro": f1[total > 0].mean() if "matrix" in counts else f1.mean(),
        "f1_micro": 2.0 * hits.sum() / max(1, total.sum()),
        "f1_weighted": (f1 * true).sum() / max(1, true.sum()),
    }
    if "matrix" in counts:
        figures["matthews_correlation"] = _mcc(hits, true, predicted, counts["articles"])
        if set(labels) == FNC1_LABELS:
            figures["fnc1_score"] = fnc1_score(counts["matrix"], labels)
    return figures


def _mcc(hits: Ids, true: Ids, predicted: Ids, n: int) -> float:
    """Multi-class Matthews correlation (Gorodkin, 2004)."""
    true, predicted = true.astype(float), predicted.astype(float)
    covariance = hits.sum() * n - true @ predicted
    spread = (n * n - predicted @ predicted) * (n * n - true @ true)
    return float(covariance / np.sqrt(spread)) if spread > 0 else 0.0


def _bootstrap(
    figures: Callable[[npt.NDArray[np.int64]], dict[str, float]], n: int, samples: int, seed: int
) -> dict[str, npt.NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    draws = [figures(rng.integers(n, size=n)) for _ in range(samples)]
    return {name: np.array([draw[name] for draw in draws]) for name in draws[0]}


def _interval(values: npt.NDArray[np.float64]) -> Interval:
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)
