"""The leakage probe: what a plain random split would have claimed, beside what the chosen split gives.

After Zhou et al., 2021, "Hidden biases in unreliable news detection datasets" (https://aclanthology.org/2021.eacl-main.211):
accuracy on articles of known sources says little about new ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

import numpy as np
import numpy.typing as npt

from classifier.arrays import Ints, Keys
from classifier.articles.article import Article
from classifier.articles.labels import LabelSet
from classifier.articles.split_names import SPLITS
from classifier.dataset.duplicates import first_of_each
from classifier.dataset.info import LeakageProbe
from classifier.dataset.splits import Assignment
from classifier.models.tfidf import fit_counted
from classifier.models.tfidf_features import CountedArticles, count_articles
from classifier.stats.equivalence import smallest_detectable
from classifier.stats.few_groups import FEWEST_EFFECTIVE
from classifier.stats.metrics import headline, intervals, resampled
from classifier.stats.power import intraclass_correlation
from classifier.stats.resampling import Interval
from classifier.stats.two_way import two_way_effective

MOST_TEXTS = 6_000
MOST_ARTICLES = 30_000  # more than texts where many pairs share one
WORD_PAIRS = 3_000_000  # characters up to which the features are those of a training's baseline, not words alone
MOST_FOLDS = 5
UNITS = 20  # a unit is sampled whole unless it would fill more than one part in so many
RANDOM_SPLITS = {2_000: 5, MOST_TEXTS: 2}  # up to so many articles in train and test: how many random splits
METRIC = "f1_macro"

Division = tuple[Ints, Ints]  # rows of train and of test


def probe_rows(assignment: Assignment, text: Keys, *, most: int = MOST_TEXTS, seed: int = 0) -> list[Division]:
    """The rows of train and test on which to probe: one pair, or one for each of the first five folds.

    Large datasets are sampled by whole units, so that what makes them leak stays in the sample; train and test (or
    the folds) keep their proportions, and units that are too large for that are thinned.

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
    units: Ints | None = None,
    crossed: Ints | None = None,
    sampled: bool = False,
    random_splits: int | None = None,
) -> LeakageProbe | None:
    """Train TF-IDF + linear on the chosen split, and on random ones of the same sizes.

    Args:
        articles: all that the divisions name.
        labels: their labels.
        divisions: (train, test) positions in ``articles``; the test parts of several are pooled.
        units: of each article, shape (n,); the interval resamples them whole. None = articles are resampled.
        crossed: a second unit of each article, where pairs are crossed; else None.
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
    counted = _counted(articles)
    true, predicted = _pooled(counted, y, divisions)
    chosen = headline(true, predicted, labels.names)[METRIC]
    claimed = []
    for seed in range(random_splits):
        random_true, random_predicted = _pooled(counted, y, _shuffled(divisions, seed))
        claimed.append(headline(random_true, random_predicted, labels.names)[METRIC])
    tested = np.concatenate([test for _, test in divisions])
    groups, others = (None if side is None else side[tested] for side in (units, crossed))
    random_sd = float(np.std(claimed, ddof=1)) if random_splits > 1 else 0.0
    drawn = resampled(true, [predicted], labels.names, groups=groups, crossed=others)[0]
    own, of_accuracy = (float(drawn[name].std(ddof=1)) for name in (METRIC, "accuracy"))
    error = float(np.hypot(own, random_sd / np.sqrt(random_splits)))
    together = np.arange(len(true)) if groups is None else groups
    right = (true == predicted).reshape(len(true), -1).all(axis=1).astype(np.float64)
    return LeakageProbe(
        metric=METRIC,
        chosen=round(chosen, 4),
        chosen_interval=_rounded(intervals(true, predicted, labels.names, groups=groups, crossed=others)[METRIC]),
        random=round(float(np.mean(claimed)), 4),
        random_sd=round(random_sd, 4),
        random_splits=random_splits,
        train=max(len(train) for train, _ in divisions),
        test=sum(len(test) for _, test in divisions),
        sampled=sampled,
        accuracy=round(float(right.mean()), 4),
        correlation=round(intraclass_correlation(right, together), 4),
        f1_error=round(own / of_accuracy, 4) if of_accuracy > 0 else None,
        **_gap(float(np.mean(claimed)) - chosen, error, two_way_effective(together, others)),
    )


class _Gap(TypedDict):
    gap_interval: Interval | None
    gap_90: Interval | None
    detectable: float | None


def _gap(gap: float, error: float, effective: float) -> _Gap:
    """What can be said of the gap, from its standard error and the effective groups that this rests on."""
    from scipy.stats import t

    if effective < FEWEST_EFFECTIVE:
        return _Gap(gap_interval=None, gap_90=None, detectable=None)
    raised = error * float(np.sqrt((effective + 1) / (effective - 1)))  # the bootstrap's variance is too small
    whole, inner = (raised * float(t.ppf(share, effective - 1)) for share in (0.975, 0.95))
    return _Gap(
        gap_interval=_rounded((gap - whole, gap + whole)),
        gap_90=_rounded((gap - inner, gap + inner)),
        detectable=round(smallest_detectable(raised, effective - 1), 4),
    )


def _rounded(interval: Interval | None) -> Interval | None:
    return None if interval is None else (round(interval[0], 4), round(interval[1], 4))


def _sample(assignment: Assignment, folds: Ints, text: Keys, most: int, seed: int) -> npt.NDArray[np.bool_]:
    """Articles of train and test, or of each fold, until there are enough; validation is not probed."""
    test = folds == SPLITS.index("test")
    rows = np.flatnonzero((assignment.split >= 0) & (test | (folds == SPLITS.index("train"))).any(axis=1))
    home = np.where(test.any(axis=1), test.argmax(axis=1), -1)[rows]
    weight = np.ones(len(rows), dtype=np.int64)
    weight[first_of_each(text[rows])[0]] = max(1, MOST_ARTICLES // most)
    rng = np.random.default_rng(seed)
    chosen = np.zeros(len(folds), dtype=bool)
    for part in np.unique(home):
        here = np.flatnonzero(home == part)
        room = MOST_ARTICLES * weight[here].sum() / max(MOST_ARTICLES, weight.sum())
        chosen[rows[here[_whole_units(assignment.unit[rows[here]], weight[here], room, rng)]]] = True
    return chosen


def _whole_units(unit: Ints, weight: Ints, room: float, rng: np.random.Generator) -> Ints:
    """Positions of the articles of some units, in random order, whose weights together fit into the room."""
    rank = rng.permutation(int(unit.max()) + 1)[unit]
    order = np.lexsort([rng.permutation(len(unit)), rank])
    ends = np.flatnonzero(np.append(np.diff(rank[order]) != 0, True))
    run = np.cumsum(np.append(0, np.diff(rank[order]) != 0))
    before = np.append(0, np.cumsum(weight[order])[ends[:-1]])[run]
    within = np.cumsum(weight[order]) - before
    most = room / UNITS
    while most < room and weight[order][within <= 1.1 * most].sum() <= room:
        most *= 1.1
    kept = within <= min(most, room)
    return np.asarray(order[kept & (np.cumsum(weight[order] * kept)[ends] <= room)[run]], dtype=np.int64)


def _counted(articles: Sequence[Article]) -> CountedArticles:
    """The articles as TF-IDF reads them, counted once for all splits."""
    pair = any(article.target is not None for article in articles)
    words_alone = sum(len(article.text) for article in articles) > WORD_PAIRS
    return count_articles(articles, pair=pair, words_alone=words_alone)


def _pooled(articles: CountedArticles, y: Ints, divisions: Sequence[Division]) -> tuple[Ints, Ints]:
    """True and predicted labels over the test parts of all divisions."""
    predicted = []
    for train, test in divisions:
        fitted = fit_counted(articles.of(train), y[train])
        predicted.append(fitted.labels(fitted.distances(articles.of(test))))
    return y[np.concatenate([test for _, test in divisions])], np.concatenate(predicted)


def _shuffled(divisions: Sequence[Division], seed: int) -> list[Division]:
    """Random divisions of the same sizes; the test parts of several do not overlap."""
    pool = np.unique(np.concatenate([rows for division in divisions for rows in division]))
    order = np.random.default_rng(seed).permutation(pool)
    ends = np.cumsum([len(test) for _, test in divisions])
    tests = np.split(order, ends)[: len(divisions)]
    return [
        (order[~np.isin(order, test)][: len(train)], test) for (train, _), test in zip(divisions, tests, strict=True)
    ]
