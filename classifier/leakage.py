"""The leakage probe: what a plain random split would have claimed, beside what the chosen split gives.

After Zhou et al., 2021, "Hidden biases in unreliable news detection datasets" (https://aclanthology.org/2021.eacl-main.211):
accuracy on articles of known sources says little about new ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.articles import Article
from classifier.baselines import fit_baselines
from classifier.duplicates import Keys, first_of_each
from classifier.labels import LabelSet
from classifier.metrics import headline, intervals
from classifier.splits import SPLITS, Assignment

MOST_TEXTS = 6_000
MOST_ARTICLES = 30_000  # more than texts where many pairs share one
MOST_FOLDS = 5
RANDOM_SPLITS = {2_000: 5, MOST_TEXTS: 2}  # up to so many articles in train and test: how many random splits
METRIC = "f1_macro"
Ints = npt.NDArray[np.int64]
Division = tuple[Ints, Ints]  # rows of train and of test


@dataclass(frozen=True)
class LeakageProbe:
    """TF-IDF + linear on random splits and on the chosen one, of the same sizes.

    Attributes:
        metric: ``f1_macro``.
        chosen: the figure on the chosen split's test articles.
        chosen_interval: its 95% bootstrap interval.
        random: mean of the figure over the random splits.
        random_sd: its standard deviation over them.
        random_splits: how many there were.
        train, test: how many articles were used of each split (with folds: test articles of all folds that were used).
        sampled: whether these are a sample.
    """

    metric: str
    chosen: float
    chosen_interval: tuple[float, float]
    random: float
    random_sd: float
    random_splits: int
    train: int
    test: int
    sampled: bool


def probe_rows(assignment: Assignment, text: Keys, *, most: int = MOST_TEXTS, seed: int = 0) -> list[Division]:
    """The rows of train and test on which to probe: one pair, or one for each of the first five folds.

    Large datasets are sampled by whole units, so that what makes them leak stays in the sample.

    Args:
        assignment: of all articles.
        text: a key for each text, shape (n,).
        most: distinct texts.
        seed: of the sample.
    """
    folds = assignment.split[:, None] if assignment.folds is None else assignment.folds[:, :MOST_FOLDS]
    kept = _sample(assignment, folds, text, most, seed)
    rows = (np.flatnonzero(kept & (codes == SPLITS.index(name))) for codes in folds.T for name in ("train", "test"))
    return [(train, test) for train, test in zip(rows, rows, strict=True) if len(train) and len(test)]


def measure_leakage(
    articles: Sequence[Article],
    labels: LabelSet,
    divisions: Sequence[Division],
    *,
    sampled: bool = False,
    random_splits: int | None = None,
) -> LeakageProbe | None:
    """Train TF-IDF + linear on the chosen split, and on random ones of the same sizes.

    Args:
        articles: all that the divisions name.
        labels: their labels.
        divisions: (train, test) positions in ``articles``; the test parts of several are pooled.
        sampled: whether the articles are a sample; recorded.
        random_splits: how many random splits to average over; five for a small dataset, two for a large one when None.

    Returns:
        The probe; None where there is nothing to measure, such as one class alone.
    """
    if not divisions or len({article.labels for article in articles}) < 2:
        return None
    if random_splits is None:
        random_splits = next((n for size, n in RANDOM_SPLITS.items() if len(articles) <= size), 2)
    y = labels.encode(article.labels for article in articles)
    true, predicted = _pooled(articles, y, divisions)
    chosen = headline(true, predicted, labels.names)[METRIC]
    claimed = []
    for seed in range(random_splits):
        random_true, random_predicted = _pooled(articles, y, _shuffled(divisions, seed))
        claimed.append(headline(random_true, random_predicted, labels.names)[METRIC])
    low, high = intervals(true, predicted, labels.names)[METRIC]
    return LeakageProbe(
        metric=METRIC,
        chosen=round(chosen, 4),
        chosen_interval=(round(low, 4), round(high, 4)),
        random=round(float(np.mean(claimed)), 4),
        random_sd=round(float(np.std(claimed, ddof=1)), 4) if random_splits > 1 else 0.0,
        random_splits=random_splits,
        train=max(len(train) for train, _ in divisions),
        test=sum(len(test) for _, test in divisions),
        sampled=sampled,
    )


def _sample(assignment: Assignment, folds: Ints, text: Keys, most: int, seed: int) -> npt.NDArray[np.bool_]:
    """Articles of units in random order until there are enough; validation is not probed."""
    used = (assignment.split >= 0) & ((folds == SPLITS.index("train")) | (folds == SPLITS.index("test"))).any(axis=1)
    rank = np.random.default_rng(seed).permutation(int(assignment.unit.max(initial=0)) + 1)[assignment.unit]
    rows = np.flatnonzero(used)
    ordered = rows[np.argsort(rank[rows], kind="stable")]
    new = np.zeros(len(ordered), dtype=np.int64)
    new[first_of_each(text[ordered])[0]] = 1
    enough = min(MOST_ARTICLES, int(np.searchsorted(np.cumsum(new), most, side="right")))
    chosen = np.zeros(len(used), dtype=bool)
    chosen[ordered[:enough]] = True
    return chosen


def _pooled(articles: Sequence[Article], y: Ints, divisions: Sequence[Division]) -> tuple[Ints, Ints]:
    """True and predicted labels over the test parts of all divisions."""
    pair = any(article.target is not None for article in articles)
    predicted = []
    for train, test in divisions:
        fitted = fit_baselines([articles[row] for row in train], y[train], pair=pair)
        predicted.append(fitted.predict_tfidf([articles[row] for row in test]))
    return y[np.concatenate([test for _, test in divisions])], np.concatenate(predicted)


def _shuffled(divisions: Sequence[Division], seed: int) -> list[Division]:
    """Random divisions of the same sizes; the test parts of several do not overlap."""
    pool = np.unique(np.concatenate([rows for division in divisions for rows in division]))
    order = np.random.default_rng(seed).permutation(pool)
    ends = np.cumsum([len(test) for _, test in divisions])
    tests = np.split(order, ends)[: len(divisions)]
    return [
        (np.setdiff1d(order, test)[: len(train)] if len(divisions) > 1 else order[ends[0] :][: len(train)], test)
        for (train, _), test in zip(divisions, tests, strict=True)
    ]
