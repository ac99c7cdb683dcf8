"""Pure functions from true and predicted labels to figures, each with a bootstrap interval over articles or groups.

Labels are ids: shape (n,) for single-label, a 0/1 matrix (n, classes) for multi-label. Names and definitions are those
of scikit-learn: for single-label, macro averages run over the classes that occur among the true or predicted labels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from classifier.arrays import Floats, Ints
from classifier.stats.resampling import CountRows, Interval, bootstrap, count_rows, distinct, percentile_interval

FNC1_LABELS = {"agree", "disagree", "discuss", "unrelated"}
LEAST_F1 = 0.2  # on validation, below which a threshold chosen by F1 is of no use


def headline(y_true: Ints, y_pred: Ints, labels: Sequence[str]) -> dict[str, float]:
    """Accuracy, F1 (macro, micro, weighted), MCC, and FNC-1's score where the labels are its four.

    Multi-label: accuracy is the share of articles with exactly the right labels; there is no MCC.

    Example:
        >>> headline(np.array([0, 1, 1]), np.array([0, 1, 0]), ["a", "b"])["f1_macro"]
        0.6666666666666666
    """
    found, _ = _counted(y_true, (y_pred,), labels, None)
    return {
        name: float(value) for name, value in headline_figures(found.sums, labels, multi_label=y_true.ndim > 1).items()
    }


def intervals(
    y_true: Ints, y_pred: Ints, labels: Sequence[str], *, groups: Ints | None = None, samples: int = 1000, seed: int = 0
) -> dict[str, Interval]:
    """95% percentile bootstrap interval of each headline figure.

    Args:
        y_true, y_pred: ids (n,) or 0/1 matrices.
        labels: names.
        groups: which articles stand together and are resampled together, shape (n,); None = articles are resampled.
        samples, seed: of `classifier.stats.resampling.bootstrap`.
    """
    found, _ = _counted(y_true, (y_pred,), labels, groups)
    draws = headline_figures(bootstrap(found, samples, seed), labels, multi_label=y_true.ndim > 1)
    return {name: percentile_interval(values) for name, values in draws.items()}


def resampled(
    y_true: Ints,
    predictions: Sequence[Ints],
    labels: Sequence[str],
    *,
    groups: Ints | None = None,
    samples: int = 1000,
    seed: int = 0,
) -> list[dict[str, Floats]]:
    """For each of several predictions, every headline figure on resampled articles, each of shape (samples,).

    All predictions are scored on the same resampled articles (or groups), so the draws are paired.

    Args:
        y_true: ids (n,) or a 0/1 matrix.
        predictions: each of that shape.
        labels, groups, samples, seed: as in `intervals`.
    """
    found, parts = _counted(y_true, predictions, labels, groups)
    draws = bootstrap(found, samples, seed)
    return [headline_figures(draws[:, part], labels, multi_label=y_true.ndim > 1) for part in parts]


def difference(
    y_true: Ints,
    y_pred: Ints,
    y_other: Ints,
    labels: Sequence[str],
    metric: str,
    *,
    groups: Ints | None = None,
    samples: int = 1000,
    seed: int = 0,
) -> tuple[float, Interval]:
    """How much higher a metric is than another prediction's, with a 95% paired bootstrap interval.

    Both predictions are scored on the same resampled articles (or groups), so what is hard for both cancels out.
    """
    found, parts = _counted(y_true, (y_pred, y_other), labels, groups)

    def gain(sums: Floats) -> Floats:
        ours, theirs = (
            headline_figures(sums[..., part], labels, multi_label=y_true.ndim > 1)[metric] for part in parts
        )
        return ours - theirs

    return float(gain(found.sums)), percentile_interval(gain(bootstrap(found, samples, seed)))


def per_class(y_true: Ints, y_pred: Ints, labels: Sequence[str]) -> dict[str, dict[str, float]]:
    """Precision, recall, F1 and support per class, as in ``classification_report(output_dict=True)``; 0/0 is 0."""
    found, _ = _counted(y_true, (y_pred,), labels, None)
    table = {}
    for name, hits, true, predicted in zip(labels, *_by_class(found.sums, len(labels)), strict=True):
        table[name] = {
            "precision": float(hits / max(1, predicted)),
            "recall": float(hits / max(1, true)),
            "f1-score": float(2 * hits / max(1, true + predicted)),
            "support": float(true),
        }
    return table


def confusion(y_true: Ints, y_pred: Ints, classes: int) -> npt.NDArray[np.int64]:
    """Confusion matrix, rows true and columns predicted; one 2×2 matrix per class for multi-label."""
    if y_true.ndim == 1:
        return np.bincount(y_true * classes + y_pred, minlength=classes * classes).reshape(classes, classes)
    return np.stack([confusion(y_true[:, index], y_pred[:, index], 2) for index in range(classes)])


def best_thresholds(y_true: Ints, y_proba: npt.NDArray[np.float32]) -> list[float]:
    """For each class of a multi-label task, the threshold with the best F1; fit it on validation only.

    Args:
        y_true: 0/1 matrix (n, classes).
        y_proba: probabilities of the same shape.

    Returns:
        A threshold between two neighbouring probabilities; 0.5 for a class without a positive article. Where even the
        best F1 is below `LEAST_F1`, the highest probability: the best one would give the label to nearly all articles
        ("SCutFBR.1", Yang 2001, *A study of thresholding strategies for text categorization*).
    """
    return [_best_threshold(y_true[:, index], y_proba[:, index]) for index in range(y_true.shape[1])]


def _best_threshold(truth: Ints, proba: npt.NDArray[np.float32]) -> float:
    if not truth.any():
        return 0.5
    order = np.argsort(-proba, kind="stable")
    hits = np.cumsum(truth[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + truth.sum())
    f1[:-1][proba[order][:-1] == proba[order][1:]] = 0  # equal probabilities cannot be parted
    best = int(f1.argmax())
    if f1[best] < LEAST_F1:
        return float(proba[order][0])
    following = float(proba[order][best + 1]) if best + 1 < len(order) else 0.0
    return (float(proba[order][best]) + following) / 2


def counts(y_true: Ints, y_pred: Ints, labels: Sequence[str]) -> Floats:
    """What each article adds to the counts of which every figure is made.

    Returns:
        Shape (n, 3 * classes + 4): hits, true and predicted labels of each class; whether all labels are right; 1; and
        FNC-1's credit and the most that could be had (0 where the labels are others).
    """
    classes = len(labels)
    if y_true.ndim > 1:
        true, predicted, exact = y_true, y_pred, (y_true == y_pred).all(axis=1)
    else:
        one = np.eye(classes, dtype=np.int64)
        true, predicted, exact = one[y_true], one[y_pred], y_true == y_pred
    fnc1 = np.zeros((len(y_true), 2))
    if y_true.ndim == 1 and set(labels) == FNC1_LABELS:
        credit, best = _fnc1_credit(labels)
        fnc1 = np.column_stack([credit[y_true, y_pred], best[y_true]])
    columns = [true * predicted, true, predicted, exact[:, None], np.ones((len(y_true), 1)), fnc1]
    return np.concatenate(columns, axis=1).astype(np.float64)


def headline_figures(sums: Floats, labels: Sequence[str], *, multi_label: bool) -> dict[str, Floats]:
    """The headline figures from sums of `counts` of shape (…, columns), each of shape (…)."""
    hits, true, predicted = _by_class(sums, len(labels))
    exact, articles, credit, best = np.moveaxis(sums[..., 3 * len(labels) :], -1, 0)
    f1, total = class_f1(sums, len(labels)), true + predicted
    found = {
        "accuracy": exact / np.maximum(1, articles),
        "f1_macro": f1.mean(axis=-1) if multi_label else f1.sum(axis=-1) / np.maximum(1, (total > 0).sum(axis=-1)),
        "f1_micro": 2 * hits.sum(axis=-1) / np.maximum(1, total.sum(axis=-1)),
        "f1_weighted": (f1 * true).sum(axis=-1) / np.maximum(1, true.sum(axis=-1)),
    }
    if not multi_label:
        found["matthews_correlation"] = _mcc(hits, true, predicted, articles)
        if set(labels) == FNC1_LABELS:
            found["fnc1_score"] = credit / np.where(best > 0, best, 1)
    return {name: np.asarray(values) for name, values in found.items()}


def class_f1(sums: Floats, classes: int) -> Floats:
    """F1 of each class from sums of `counts`, shape (…, classes); 0/0 is 0."""
    hits, true, predicted = _by_class(sums, classes)
    return 2 * hits / np.maximum(1, true + predicted)


def _counted(
    y_true: Ints, predictions: Sequence[Ints], labels: Sequence[str], groups: Ints | None
) -> tuple[CountRows, list[slice]]:
    """The counts of several predictions side by side, and which columns are whose."""
    first, kind = distinct([y_true, *predictions])
    rows = [counts(y_true[first], y_pred[first], labels) for y_pred in predictions]
    width = 3 * len(labels) + 4
    parts = [slice(width * index, width * (index + 1)) for index in range(len(predictions))]
    return count_rows(np.concatenate(rows, axis=1), kind, groups), parts


def _by_class(sums: Floats, classes: int) -> tuple[Floats, Floats, Floats]:
    """Hits, true and predicted counts, each of shape (…, classes)."""
    return sums[..., :classes], sums[..., classes : 2 * classes], sums[..., 2 * classes : 3 * classes]


def _mcc(hits: Floats, true: Floats, predicted: Floats, n: Floats) -> Floats:
    """Multi-class Matthews correlation (Gorodkin, 2004)."""
    covariance = hits.sum(axis=-1) * n - (true * predicted).sum(axis=-1)
    spread = (n * n - (predicted**2).sum(axis=-1)) * (n * n - (true**2).sum(axis=-1))
    return np.asarray(np.where(spread > 0, covariance / np.sqrt(np.maximum(1, spread)), 0.0))


def _fnc1_credit(labels: Sequence[str]) -> tuple[Floats, Floats]:
    """Credit for each true and predicted label, and the most for each true one."""
    related = np.array([name != "unrelated" for name in labels])
    credit = 0.25 * (related[:, None] == related[None, :]) + 0.75 * np.diag(related)
    return credit, np.where(related, 1.0, 0.25)
