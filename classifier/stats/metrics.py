"""Pure functions from true and predicted labels to figures, each with a bootstrap interval over articles or groups.

Labels are ids: shape (n,) for single-label, a 0/1 matrix (n, classes) for multi-label. Names and definitions are those
of scikit-learn, but for one: macro F1 is the mean over the classes that are *true* in the articles, whatever is
predicted. It is so a mean over the same classes for every model, and in every sample. scikit-learn counts a class that
is only predicted too, as F1 of 0; `sklearn_macro_f1` gives that figure.

Resampled figures count a few made-up articles: where all answers are right, or a class has a few articles, a sample of
the articles alone hardly varies, though other articles would. For the F1 of classes and their means each class has
about half an article that is found and a quarter that is not (gamma-distributed, which is a Dirichlet prior of the
confusion matrix; Goutte and Gaussier, "A probabilistic interpretation of precision, recall and F-score", ECIR 2005);
for other figures half an article is right and half a one wrong (Jeffreys' prior of a share). The interval of a mean
holds those of both: the first is too narrow where nearly all is right, the second where classes are rare. The weights
of the classes' prior were chosen by simulation (``scripts/worlds/figures.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.arrays import Bools, Floats, Ints
from classifier.stats.resampling import Interval, distinct, interval
from classifier.stats.sample import Sample
from classifier.stats.significance import Gain, p_value, paired_gain, share_interval, swaps
from classifier.stats.two_way import two_way_p

FNC1_LABELS = {"agree", "disagree", "discuss", "unrelated"}
MCC = "matthews_correlation"
CLASS = "F1 of "  # marks the figures of single classes
FOUND, MISTAKEN = 0.5, 0.25  # made-up articles of each class that are found, and that are missed or wrongly found
RIGHT, WRONG = 0.5, 0.5  # made-up articles of all classes together
PAIRED_SAMPLES, SWAPS = 5_000, 10_000  # draws behind a difference: the same wherever two models are compared


@dataclass(frozen=True)
class Figures:
    """How figures are worked out from sums of `counts`, on the same classes in every sample.

    Attributes:
        labels: names.
        multi_label: whether an article may have none or several of them.
        classes: those that macro F1 runs over, shape (classes,).
        each: whether the F1 of each class is a figure too, by the name ``F1 of LABEL``.
        correlated: whether MCC is a figure even where articles have several labels: the correlation of the two 0/1
            matrices (Gorodkin, 2004), 0 for whatever does not depend on the article.
    """

    labels: Sequence[str]
    multi_label: bool
    classes: Bools
    each: bool = False
    correlated: bool = False

    @classmethod
    def of_articles(
        cls, y_true: Ints, labels: Sequence[str], *, each: bool = False, correlated: bool = False
    ) -> Figures:
        """The figures of some articles: macro F1 runs over the classes that one of them has."""
        occurring = y_true.any(axis=0) if y_true.ndim > 1 else np.isin(np.arange(len(labels)), y_true)
        return cls(labels, y_true.ndim > 1, np.asarray(occurring), each, correlated)

    def of(self, sums: Floats) -> dict[str, Floats]:
        """The figures of sums of shape (…, columns), each of shape (…)."""
        found = headline_figures(sums, self.labels, multi_label=self.multi_label, classes=self.classes)
        if self.correlated and MCC not in found:
            found[MCC] = _mcc(*_by_class(sums, len(self.labels)), sums[..., 3 * len(self.labels) + 1])
        return found | self._each_of(class_f1(sums, len(self.labels)))

    def _of_classes(self, sums: Floats) -> dict[str, Floats]:
        """Those of `of` that are means over classes or of one class."""
        f1 = class_f1(sums, len(self.labels))
        return _means(f1, _by_class(sums, len(self.labels))[1], self.classes) | self._each_of(f1)

    def _each_of(self, f1: Floats) -> dict[str, Floats]:
        """The F1 of each class, where it is asked for."""
        each = zip(self.labels, np.moveaxis(f1, -1, 0), strict=True) if self.each else ()
        return {f"{CLASS}{name}": values for name, values in each}

    def drawn(self, sums: Floats, rng: np.random.Generator) -> dict[str, Floats]:
        """The figures of resampled sums, with the made-up articles of each sample."""
        figures, by_class = self.drawn_both(sums, rng)
        return figures | by_class

    def drawn_both(self, sums: Floats, rng: np.random.Generator) -> tuple[dict[str, Floats], dict[str, Floats]]:
        """All figures with made-up articles of all classes together; means and F1 of classes with those of each."""
        return self.of(self._with_made_up_articles(sums, rng)), self._of_classes(self._with_made_up_classes(sums, rng))

    def _with_made_up_classes(self, sums: Floats, rng: np.random.Generator) -> Floats:
        """Each class has some articles more that are found, and some that are not."""
        classes, shape = len(self.labels), (*sums.shape[:-1], len(self.labels))
        found = rng.standard_gamma(FOUND, shape)
        missed, mistaken = (rng.standard_gamma(MISTAKEN / 2, shape) for _ in range(2))
        more = sums.copy()
        more[..., : 3 * classes] += np.concatenate([found, found + missed, found + mistaken], axis=-1)
        return more

    def _with_made_up_articles(self, sums: Floats, rng: np.random.Generator) -> Floats:
        """Some articles more are right and some wrong, spread over the classes alike."""
        classes, count = len(self.labels), max(1, int(self.classes.sum()))
        right, wrong = (rng.standard_gamma(of, (*sums.shape[:-1], 1)) for of in (RIGHT, WRONG))
        more = sums.copy()
        more[..., :classes] += right * self.classes / count
        more[..., classes : 3 * classes] += (right + wrong) * np.tile(self.classes, 2) / count
        best = _fnc1_credit(self.labels)[1].mean() if set(self.labels) == FNC1_LABELS else 0.0
        more[..., 3 * classes :] += np.concatenate(
            [right, right + wrong, best * right, best * (right + wrong)], axis=-1
        )
        return more


def headline(y_true: Ints, y_pred: Ints, labels: Sequence[str]) -> dict[str, float]:
    """Accuracy, F1 (macro, micro, weighted), MCC, and FNC-1's score where the labels are its four.

    Multi-label: accuracy is the share of articles with exactly the right labels; there is no MCC.

    Example:
        >>> headline(np.array([0, 1, 1]), np.array([0, 1, 0]), ["a", "b"])["f1_macro"]
        0.6666666666666666
    """
    found, _ = counted(y_true, (y_pred,), labels)
    return {name: float(value) for name, value in Figures.of_articles(y_true, labels).of(found.sums).items()}


def sklearn_macro_f1(y_true: Ints, y_pred: Ints, labels: Sequence[str]) -> float:
    """Macro F1 as scikit-learn has it: over the classes that are true or predicted; for multi-label over all.

    Example:
        >>> y_true, y_pred, labels = np.array([0, 1, 1]), np.array([0, 1, 2]), ["a", "b", "c"]
        >>> round(headline(y_true, y_pred, labels)["f1_macro"], 3), round(sklearn_macro_f1(y_true, y_pred, labels), 3)
        (0.833, 0.556)
    """
    found, _ = counted(y_true, (y_pred,), labels)
    _, true, predicted = _by_class(found.sums, len(labels))
    f1 = class_f1(found.sums, len(labels))
    return float(f1.mean() if y_true.ndim > 1 else f1[true + predicted > 0].mean())


def intervals(
    y_true: Ints,
    y_pred: Ints,
    labels: Sequence[str],
    *,
    groups: Ints | None = None,
    crossed: Ints | None = None,
    samples: int = 1000,
    seed: int = 0,
) -> dict[str, Interval | None]:
    """95% interval of each headline figure; None where there are too few groups for one.

    Args:
        y_true, y_pred: ids (n,) or 0/1 matrices.
        labels: names.
        groups, crossed: which articles are resampled together, as in `classifier.stats.sample.Sample`.
        samples, seed: of the bootstrap.
    """
    found, _ = counted(y_true, (y_pred,), labels, groups, crossed)
    figures = Figures.of_articles(y_true, labels)
    values = figures.of(found.sums)
    every, by_class = figures.drawn_both(found.draws(samples, seed), np.random.default_rng([seed, 1]))

    def bounds(name: str) -> Interval | None:
        if name == MCC and figures.classes.sum() < 2:
            return None  # with one true class it is not defined
        parts = [every[name], *([by_class[name]] if name in by_class else [])]
        given = [interval(p, found.effective, around=float(values[name]), limits=limits_of(name)) for p in parts]
        known = [one for one in given if one is not None]
        return (min(low for low, _ in known), max(high for _, high in known)) if known else None

    return {name: bounds(name) for name in values}


def limits_of(figure: str) -> tuple[float, float]:
    """The least and the greatest value of a headline figure."""
    return (-1.0, 1.0) if figure == MCC else (0.0, 1.0)


def limits_of_difference(figure: str) -> tuple[float, float]:
    """The least and the greatest difference of two such figures.

    Example:
        >>> limits_of_difference("f1_macro"), limits_of_difference(MCC)
        ((-1.0, 1.0), (-2.0, 2.0))
    """
    least, most = limits_of(figure)
    return least - most, most - least


def resampled(
    y_true: Ints,
    predictions: Sequence[Ints],
    labels: Sequence[str],
    *,
    groups: Ints | None = None,
    crossed: Ints | None = None,
    samples: int = 1000,
    seed: int = 0,
) -> list[dict[str, Floats]]:
    """For each of several predictions, every headline figure on resampled articles, each of shape (samples,).

    All predictions are scored on the same resampled articles (or groups), so the draws are paired.

    Args:
        y_true: ids (n,) or a 0/1 matrix.
        predictions: each of that shape.
        labels, groups, crossed, samples, seed: as in `intervals`.
    """
    found, parts = counted(y_true, predictions, labels, groups, crossed)
    figures, draws = Figures.of_articles(y_true, labels), found.draws(samples, seed)
    return [figures.drawn(draws[:, part], np.random.default_rng([seed, 1])) for part in parts]


def difference(
    y_true: Ints,
    y_pred: Ints,
    y_other: Ints,
    labels: Sequence[str],
    *,
    groups: Ints | None = None,
    crossed: Ints | None = None,
    each: bool = False,
    seed: int = 0,
) -> dict[str, Gain]:
    """How much higher each headline figure is than another prediction's, and how surely.

    Both predictions are scored on the same resampled articles (or groups), so what is hard for both cancels out. The
    p-value is that of approximate randomisation, or of two-way clusters where pairs are crossed; see
    `classifier.stats.significance.paired_gain`.

    Args:
        y_true, y_pred, y_other: ids (n,) or 0/1 matrices.
        labels, groups, crossed, seed: as in `intervals`.
        each: whether the F1 of each class is compared too.

    Example:
        >>> y = np.tile([0, 1], 50)
        >>> found = difference(y, y, np.where(np.arange(100) < 20, 1 - y, y), ["a", "b"])["accuracy"]
        >>> round(found.value, 2), found.sure
        (0.2, True)
    """
    found, parts = counted(y_true, (y_pred, y_other), labels, groups, crossed)
    figures = Figures.of_articles(y_true, labels, each=each)
    return paired_gains(found, (parts[0], parts[1]), figures, seed)


def paired_gains(found: Sample, parts: tuple[slice, slice], figures: Figures, seed: int = 0) -> dict[str, Gain]:
    """`difference`, of counts that stand side by side.

    Args:
        found: the counts of both predictions.
        parts: the columns of either.
        figures: to be compared.
        seed: of the draws.
    """
    ours, theirs = (figures.of(found.sums[part]) for part in parts)
    draws, rng = found.draws(PAIRED_SAMPLES, seed), np.random.default_rng([seed, 1])
    a, b = (figures.drawn(draws[:, part], rng) for part in parts)
    values = {name: float(ours[name] - theirs[name]) for name in ours}
    tested = _p_of_swaps(found, parts, figures, values, seed) if found.crossed is None else None
    gains = {}
    for name, value in values.items():
        drawn = a[name] - b[name]
        known = found.effective > 1  # else nothing is tested
        p = tested[name] if tested is not None else two_way_p(value, drawn, found.effective) if known else 1.0
        gains[name] = paired_gain(value, drawn, p, found.effective).within(limits_of_difference(name))
    return gains


def _p_of_swaps(
    found: Sample, parts: tuple[slice, slice], figures: Figures, values: Mapping[str, float], seed: int
) -> dict[str, float]:
    """The p-value of each difference by approximate randomisation."""
    moved, exact = swaps(found.rows, parts, SWAPS, seed)
    one, other = figures.of(found.sums[parts[0]] + moved), figures.of(found.sums[parts[1]] - moved)
    return {name: p_value(value, one[name] - other[name], exact=exact) for name, value in values.items()}


def per_class(y_true: Ints, y_pred: Ints, labels: Sequence[str]) -> dict[str, dict[str, float]]:
    """Precision, recall, F1 and support per class, as in ``classification_report(output_dict=True)``; 0/0 is 0."""
    found, _ = counted(y_true, (y_pred,), labels)
    table = {}
    for name, hits, true, predicted in zip(labels, *_by_class(found.sums, len(labels)), strict=True):
        table[name] = {
            "precision": float(hits / max(1, predicted)),
            "recall": float(hits / max(1, true)),
            "f1-score": float(2 * hits / max(1, true + predicted)),
            "support": float(true),
        }
    return table


def per_class_intervals(
    y_true: Ints,
    y_pred: Ints,
    labels: Sequence[str],
    *,
    groups: Ints | None = None,
    crossed: Ints | None = None,
) -> dict[str, dict[str, Interval]]:
    """95% intervals of precision, recall and F1 of each class that is true or predicted.

    Precision and recall are shares, of the articles that are given the label and of those that have it. F1 is 2J / (1 +
    J), where J is a share too: of the articles that have the label or are given it, those that do both. Shares have
    Wilson's interval by groups, `classifier.stats.significance.share_interval`.

    Args:
        y_true, y_pred: ids (n,) or 0/1 matrices.
        labels: names.
        groups, crossed: as in `intervals`.
    """
    one = np.eye(len(labels), dtype=np.int64)
    true, given = (values if values.ndim > 1 else one[values] for values in (y_true, y_pred))
    together = np.arange(len(true)) if groups is None else groups
    found = {}
    for index, name in enumerate(labels):
        has, gets = true[:, index] > 0, given[:, index] > 0
        parts = {"precision": gets, "recall": has, "f1-score": has | gets}
        bounds = {
            figure: share_interval(
                (has & gets)[among].astype(np.float64), together[among], None if crossed is None else crossed[among]
            )
            for figure, among in parts.items()
            if among.any()
        }
        if "f1-score" in bounds:
            low, high = bounds["f1-score"]
            bounds["f1-score"] = 2 * low / (1 + low), 2 * high / (1 + high)
        found[name] = bounds
    return found


def confusion(y_true: Ints, y_pred: Ints, classes: int) -> npt.NDArray[np.int64]:
    """Confusion matrix, rows true and columns predicted; one 2×2 matrix per class for multi-label."""
    if y_true.ndim == 1:
        return np.bincount(y_true * classes + y_pred, minlength=classes * classes).reshape(classes, classes)
    return np.stack([confusion(y_true[:, index], y_pred[:, index], 2) for index in range(classes)])


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


def headline_figures(
    sums: Floats, labels: Sequence[str], *, multi_label: bool, classes: Bools | None = None
) -> dict[str, Floats]:
    """The headline figures from sums of `counts` of shape (…, columns), each of shape (…).

    Args:
        sums: of the counts.
        labels: names.
        multi_label: whether an article may have none or several of them.
        classes: those that macro F1 runs over, shape (classes,); None = those that are true in the sums.
    """
    hits, true, predicted = _by_class(sums, len(labels))
    exact, articles, credit, best = np.moveaxis(sums[..., 3 * len(labels) :], -1, 0)
    means = _means(class_f1(sums, len(labels)), true, classes)
    found = {
        "accuracy": _over(exact, articles),
        "f1_macro": means["f1_macro"],
        "f1_micro": _over(2 * hits.sum(axis=-1), (true + predicted).sum(axis=-1)),
        "f1_weighted": means["f1_weighted"],
    }
    if not multi_label:
        found[MCC] = _mcc(hits, true, predicted, articles)
        if set(labels) == FNC1_LABELS:
            found["fnc1_score"] = _over(credit, best)
    return {name: np.asarray(values) for name, values in found.items()}


def _means(f1: Floats, true: Floats, classes: Bools | None) -> dict[str, Floats]:
    """The figures that are means over classes, from F1 and true articles of each, shape (…, classes)."""
    among = true > 0 if classes is None else np.broadcast_to(classes, true.shape)
    return {
        "f1_macro": _over((f1 * among).sum(axis=-1), among.sum(axis=-1)),
        "f1_weighted": _over((f1 * true).sum(axis=-1), true.sum(axis=-1)),
    }


def class_f1(sums: Floats, classes: int) -> Floats:
    """F1 of each class from sums of `counts`, shape (…, classes); 0/0 is 0."""
    hits, true, predicted = _by_class(sums, classes)
    return _over(2 * hits, true + predicted)


def _over(part: Floats, whole: Floats) -> Floats:
    """Shares; 0/0 is 0."""
    return np.asarray(part / np.where(whole > 0, whole, 1))


def counted(
    y_true: Ints,
    predictions: Sequence[Ints],
    labels: Sequence[str],
    groups: Ints | None = None,
    crossed: Ints | None = None,
) -> tuple[Sample, list[slice]]:
    """The counts of several predictions side by side, and which columns are whose."""
    first, kind = distinct([y_true, *predictions])
    rows = [counts(y_true[first], y_pred[first], labels) for y_pred in predictions]
    width = 3 * len(labels) + 4
    parts = [slice(width * index, width * (index + 1)) for index in range(len(predictions))]
    return Sample(np.concatenate(rows, axis=1), kind, groups, crossed), parts


def _by_class(sums: Floats, classes: int) -> tuple[Floats, Floats, Floats]:
    """Hits, true and predicted counts, each of shape (…, classes)."""
    return sums[..., :classes], sums[..., classes : 2 * classes], sums[..., 2 * classes : 3 * classes]


def _mcc(hits: Floats, true: Floats, predicted: Floats, n: Floats) -> Floats:
    """Multi-class Matthews correlation, of any number of labels per article (Gorodkin, 2004)."""
    covariance = hits.sum(axis=-1) * n - (true * predicted).sum(axis=-1)
    spread = np.prod([side.sum(axis=-1) * n - (side**2).sum(axis=-1) for side in (predicted, true)], axis=0)
    return np.asarray(np.where(spread > 0, covariance / np.sqrt(np.where(spread > 0, spread, 1)), 0.0))


def _fnc1_credit(labels: Sequence[str]) -> tuple[Floats, Floats]:
    """Credit for each true and predicted label, and the most for each true one."""
    related = np.array([name != "unrelated" for name in labels])
    credit = 0.25 * (related[:, None] == related[None, :]) + 0.75 * np.diag(related)
    return credit, np.where(related, 1.0, 0.25)
