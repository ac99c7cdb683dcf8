"""Find probably wrong labels and outliers with cleanlab, from out-of-fold probabilities.

Confident learning: Northcutt et al., 2021, "Confident learning: estimating uncertainty in dataset labels",
https://jair.org/index.php/jair/article/view/12125. With planted errors, flagging by the probability of the given label
(``low_self_confidence``) was better than cleanlab's default: 1,500 articles of 20 newsgroups, 5% of the labels
flipped, seeds 0 and 1: precision .71 and .84 at a recall of .88 and .91, against .41 and .42 at .80 and .76.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier._version import install_extra
from classifier.arrays import Bools, Floats, Ints
from classifier.errors import InputError
from classifier.stats.significance import share_interval

NEIGHBOURS = 10
COMPARED = 20_000  # articles whose neighbours are looked for; beyond that, a sample stands for them
FEWEST = 30  # articles below which nothing is an outlier
FENCE = 1.7  # interquartile ranges above the third quartile of the distances: an outlier, as in cleanlab's Datalab
SAMPLES = 200  # of the bootstrap
MISSING = "An audit needs cleanlab."


@dataclass(frozen=True)
class LabelQuality:
    """How likely each given label is to be right.

    Attributes:
        quality: 0 (surely wrong) to 1, shape (n,): the probability of the given label; with several labels per
            article, cleanlab's mean of the classes', in which the worst one counts most.
        flagged: (article, class) that is probably wrong, shape (n, classes): with one label per article the class
            given, with several the one that is given and should not be, or the other way round.
        suggested: label ids (n,) of the highest probability, or a 0/1 matrix: the given one, turned where flagged.
    """

    quality: Floats
    flagged: Bools
    suggested: Ints

    @property
    def issue(self) -> Bools:
        """Articles whose label is probably wrong, shape (n,)."""
        return np.asarray(self.flagged.any(axis=1))


def check_cleanlab() -> None:
    """Raise `InputError` unless cleanlab is installed, without loading it: that takes seconds."""
    if find_spec("cleanlab") is None:
        raise InputError(MISSING, fix=install_extra("audit"))


def import_cleanlab() -> Any:
    """The library, or an `InputError` that names the extra."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import cleanlab
            import cleanlab.count
            import cleanlab.filter
            import cleanlab.multilabel_classification
            import cleanlab.outlier
    except ImportError:
        raise InputError(MISSING, fix=install_extra("audit")) from None
    return cleanlab


def judge_labels(y: Ints, proba: Floats) -> LabelQuality:
    """Score and flag given labels.

    Args:
        y: label ids (n,), or a 0/1 matrix (n, classes).
        proba: out-of-fold probabilities, shape (n, classes).

    Example:
        >>> proba = np.array([[0.9, 0.1]] * 9 + [[0.1, 0.9]] * 9)
        >>> y = np.array([0] * 9 + [1] * 8 + [0])
        >>> judge_labels(y, proba).issue.nonzero()[0]
        array([17])
    """
    if y.ndim == 1:
        flagged = np.zeros(proba.shape, dtype=bool)
        flagged[np.arange(len(y)), y] = _flag(y, proba)
        return LabelQuality(proba[np.arange(len(y)), y], flagged, proba.argmax(axis=1).astype(np.int64))
    flagged = np.column_stack([_flag(*one) for one in _each_class(y, proba)])
    given_lists = [np.flatnonzero(row).tolist() for row in y]
    quality = import_cleanlab().multilabel_classification.get_label_quality_scores(given_lists, proba)
    return LabelQuality(np.asarray(quality, dtype=np.float64), flagged, np.where(flagged, 1 - y, y))


def noise_interval(y: Ints, proba: Floats, unit: Ints, *, seed: int = 0) -> tuple[float, float, float]:
    """Share of articles with a wrong label, as confident learning counts them, and its 95% interval.

    The interval comes from resampling units. It covers how the articles were drawn, but not the models' own errors:
    where labels are hard to tell from the texts, the share is too high. Its upper end is never below what as many units
    can hide of which none is wrong (`share_interval`).

    Example:
        >>> y = np.array([0, 1] * 15)
        >>> share, low, high = noise_interval(y, np.eye(2)[y] * 0.8 + 0.1, np.arange(30))
        >>> share, low, round(high, 2)  # nothing is found, and thirty articles cannot show that nothing is wrong
        (0.0, 0.0, 0.11)
    """
    units, member = np.unique(unit, return_inverse=True)
    rows_of = np.split(np.argsort(member, kind="stable"), np.cumsum(np.bincount(member))[:-1])
    rng = np.random.default_rng(seed)
    rates = []
    for _ in range(SAMPLES):
        rows = np.concatenate([rows_of[k] for k in rng.integers(0, len(units), len(units))])
        rates.append(_wrong(y[rows], proba[rows]))
    low, high = np.quantile(rates, (0.025, 0.975))
    return _wrong(y, proba), float(low), max(float(high), share_interval(np.zeros(len(y)), unit)[1])


def joint(y: Ints, proba: Floats) -> npt.NDArray[np.float64]:
    """Confident learning's estimate of the joint distribution of given (rows) and true labels, for one label each."""
    estimate = _quietly(import_cleanlab().count.estimate_joint, y, proba)
    return np.nan_to_num(np.asarray(estimate, dtype=np.float64))


def outliers(vectors: npt.NDArray[np.float32]) -> tuple[Floats, Bools]:
    """How typical each article is (0 = unlike all others, to 1), and which are outliers; both of shape (n,).

    The score is cleanlab's, from the mean cosine distance to the ten nearest neighbours (Kuan and Mueller, 2022,
    "Back to the basics: revisiting out-of-distribution detection baselines", arXiv:2207.03061).
    """
    n = len(vectors)
    if n < FEWEST:
        return np.ones(n), np.zeros(n, dtype=bool)
    chosen = np.sort(np.random.default_rng(0).permutation(n)[:COMPARED])
    detector = import_cleanlab().outlier.OutOfDistribution({"k": NEIGHBOURS})
    scores = np.empty(n)
    scores[chosen] = _quietly(detector.fit_score, features=vectors[chosen], verbose=False)
    rest = np.setdiff1d(np.arange(n), chosen)
    if len(rest):
        scores[rest] = _quietly(detector.score, features=vectors[rest])
    distances = -np.log(np.maximum(scores, 1e-300))
    first, third = np.quantile(distances, (0.25, 0.75))
    return scores, distances > third + FENCE * (third - first)


def _flag(y: Ints, proba: Floats) -> Bools:
    """Labels that are probably wrong, shape (n,): as many of the least probable as confident learning counts."""
    if len(np.unique(y)) < 2:
        return np.zeros(len(y), dtype=bool)
    find = import_cleanlab().filter.find_label_issues
    flagged = np.asarray(_quietly(find, y, proba, filter_by="low_self_confidence", n_jobs=1), dtype=bool)
    return np.asarray(flagged & (proba.argmax(axis=1) != y))


def _wrong(y: Ints, proba: Floats) -> float:
    """Share of articles whose label confident learning counts as wrong."""
    if y.ndim == 1:
        return _count(y, proba) / len(y)
    return float(np.any([_flag(*one) for one in _each_class(y, proba)], axis=0).mean())


def _each_class(y: Ints, proba: Floats) -> Iterator[tuple[Ints, Floats]]:
    """(0 or 1 for each article, the probabilities of either) of each class on its own."""
    for given, p in zip(y.T, proba.T, strict=True):
        yield given, np.column_stack([1 - p, p])


def _count(y: Ints, proba: Floats) -> int:
    known = np.unique(y)
    if len(known) < 2:
        return 0
    shares = proba[:, known] / np.maximum(proba[:, known].sum(axis=1, keepdims=True), 1e-12)
    return int(_quietly(import_cleanlab().count.num_label_issues, np.searchsorted(known, y), shares))


def _quietly(function: Any, *arguments: Any, **options: Any) -> Any:
    """Call a function of cleanlab's without the warnings that it means for programmers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*arguments, **options)
