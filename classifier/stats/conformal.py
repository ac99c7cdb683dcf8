"""Sets of labels that hold the true one as often as asked, also for articles of sources that are new.

A model that is unsure between two labels may name both. From which score on a label is named is found on validation
articles, so that the set holds the true label with the asked probability (conformal prediction; Angelopoulos and Bates,
"A gentle introduction to conformal prediction", 2021, arXiv:2107.07511). The label that the model gives is always in
the set, so no set is empty; a further label is in it from a score of its own on, which is the least ambiguous rule with
the same promise for each class (Sadinle, Lei and Wasserman, Journal of the American Statistical Association 114, 2019).

Articles of one source are alike, so those of a new source are not exchangeable with those of validation; the sources
themselves are. So each source counts once, its articles share its weight, and the new source counts as one more whose
scores could be anything (hierarchical conformal prediction: Lee, Barber and Willett, "Distribution-free inference with
hierarchical data", 2023, arXiv:2306.06342). The promise is then for an article of a new source, each source counting
the same, and holds in the mean over samples of validation sources, whatever the model and the sources are like.

The promise is for each class on its own: of the articles of that class, the asked share. A class of too few sources has
none of its own; such classes share one with one another, and with the next rarer class where these are still too few.
Then a rare class may be left out more often than asked, and a frequent one less often.

Validation also chose the thresholds and the calibration, so its scores are a little too good. The
figures on test articles (``evaluation/test/sets.json``) are free of that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from classifier.arrays import Bools, Floats, Floats32, Ints
from classifier.errors import InputError, shell_word
from classifier.stats.resampling import Interval
from classifier.stats.significance import share_of
from classifier.stats.two_way import two_way_effective

NEARLY = 1e-9  # a sum of weights may be this much below what it should be


@dataclass(frozen=True)
class ConformalSets:
    """From which score on each class is in the set of an article.

    Attributes:
        level: the share of sets that are to hold the true label.
        thresholds: per class; None = it is in the set only where it is the label given.
        promises: per class, the number of its promise; classes with the same number share one.
        groups: per class, how many validation groups the promise rests on.
        resampled: what these are: ``article``, or groups as in `classifier.evaluation.groups`.
        found_on: ``validation``, or ``cross-validation``: articles scored by models that were trained without them.
    """

    level: float
    thresholds: tuple[float | None, ...]
    promises: tuple[int, ...]
    groups: tuple[int, ...]
    resampled: str = "article"
    found_on: str = "validation"

    def holds(self, proba: Floats32, given: Bools) -> Bools:
        """Which classes are in the set of each article, shape (articles, classes).

        Args:
            proba: calibrated, the same shape.
            given: which class the model gives to each article, the same shape.
        """
        least = np.array([math.inf if t is None else t for t in self.thresholds])
        return np.asarray(given | (proba >= least))

    def together(self, labels: Sequence[str]) -> list[list[str]]:
        """The labels that share a promise, each such list; the most frequent last."""
        found = [[labels[k] for k, one in enumerate(self.promises) if one == p] for p in sorted(set(self.promises))]
        return [names for names in found if len(names) > 1]


def check_level(level: float) -> None:
    """Raise `InputError` unless sets can be asked for at that level."""
    if not 0 < level < 1:
        raise InputError(
            f"--sets must be between 0 and 1, both excluded. Got {level:g} instead.", fix="For example --sets 0.9"
        )


def check_has_sets(*, multi_label: bool, run: object = "RUN") -> None:
    """Raise `InputError` for a model that may give an article several labels."""
    if multi_label:
        raise InputError(
            "--sets is for models that give one label, and this one may give an article several.",
            fix=f"Leave it out; classifier evaluate {shell_word(run)} --min-precision 0.9 finds from which score on "
            "each label is right often enough.",
        )


def check_stored_sets(
    sets: ConformalSets | None, level: float | None = None, run: object = "RUN", *, multi_label: bool = False
) -> ConformalSets:
    """The sets that are stored with a model.

    Args:
        sets: of the model.
        level: that is asked for; None = whichever is stored.
        run: named in the message.
        multi_label: whether the model may give an article several labels; then it has none.

    Raises:
        InputError: there are none, or they are of another level.
    """
    check_has_sets(multi_label=multi_label, run=run)
    if level is not None:
        check_level(level)
    fix = f"classifier evaluate {shell_word(run)} --sets {0.9 if level is None else level:g}"
    if sets is None:
        raise InputError("This model has no sets of labels yet: they are found on validation articles.", fix=fix)
    if level is not None and not math.isclose(level, sets.level):
        raise InputError(f"The sets that are stored with this model are for {sets.level:g}, not {level:g}.", fix=fix)
    return sets


def fewest_groups(level: float) -> int:
    """The fewest validation groups (or independent articles) that can promise this level.

    Example:
        >>> fewest_groups(0.9), fewest_groups(0.95)
        (9, 19)
    """
    return math.ceil(level / (1 - level) - NEARLY)


def fit_sets(
    proba: Floats32,
    given: Bools,
    truth: Ints,
    level: float,
    groups: Ints | None = None,
    resampled: str = "article",
) -> ConformalSets:
    """Find from which score on each class is in the set of an article.

    Args:
        proba: calibrated, shape (articles, classes), of articles that the model was not trained on.
        given: which class the model gives to each article, the same shape.
        truth: the true class of each article, shape (articles,).
        level: the share of sets that are to hold it.
        groups: which articles stand together, shape (articles,), any numbers; None = each stands for itself.
        resampled: what the groups are.

    Raises:
        InputError: the level is not between 0 and 1, or there are too few groups for it.
    """
    check_level(level)
    numbers = np.arange(len(truth)) if groups is None else np.unique(groups, return_inverse=True)[1]
    has = np.zeros((int(numbers.max(initial=-1)) + 1, proba.shape[1]), dtype=bool)
    has[numbers, truth] = True
    need = fewest_groups(level)
    if len(has) < need:
        raise _too_few(len(has), level, resampled)
    promises = _promises(has, np.bincount(truth, minlength=proba.shape[1]), need)
    scores = np.where(given[np.arange(len(truth)), truth], np.inf, proba[np.arange(len(truth)), truth])
    thresholds, counted = [np.inf] * len(promises), [0] * len(promises)
    for one in set(promises):
        classes = [k for k, promise in enumerate(promises) if promise == one]
        rows = np.isin(truth, classes)
        least = lowest_score(scores[rows], numbers[rows], level)
        for k in classes:
            thresholds[k], counted[k] = least, len(np.unique(numbers[rows]))
    kept = tuple(None if math.isinf(least) else least for least in thresholds)
    return ConformalSets(level, kept, tuple(promises), tuple(counted), resampled)


def _too_few(found: int, level: float, resampled: str) -> InputError:
    what = "validation articles" if resampled == "article" else f"groups of validation articles ({resampled})"
    most = math.floor(100 * found / (found + 1)) / 100
    lower = f", or a lower level: --sets {most:g}" if most > 0 else ""
    return InputError(
        f"Sets that hold the true label in {level:.0%} take at least {fewest_groups(level)} {what}. There are {found}.",
        fix="Add --folds FOLDS, of a cross-validation (classifier train my.csv --set split.folds=10 --all-folds "
        f"--out FOLDS), or train with more of them (a larger split.validation_size){lower}",
    )


def _promises(has: Bools, articles: Ints, need: int) -> list[int]:
    """The number of each class's promise: its own, or the first one, which is shared by those of too few groups.

    Args:
        has: whether each group has an article of each class, shape (groups, classes).
        articles: of each class.
        need: groups that a promise takes; there are as many at least.
    """
    counts = has.sum(axis=0)
    order = np.lexsort((articles, counts)).tolist()  # by groups, then by articles
    shared = [k for k in order if counts[k] < need]
    while shared and has[:, shared].any(axis=1).sum() < need:
        shared.append(order[len(shared)])
    return [0 if k in shared else k + 1 for k in range(len(counts))]


def lowest_score(scores: Floats, groups: Ints, level: float) -> float:
    """The score from which on a label is in a set, so that the set holds the true label at this level.

    Args:
        scores: of the true label, shape (articles,); infinite where it is in the set at any rate.
        groups: which articles stand together, the same shape; at least `fewest_groups` of them.
        level: the share of sets that are to hold it.

    Example:
        >>> lowest_score(np.linspace(0.1, 0.9, 9), np.arange(9), 0.9), lowest_score(np.ones(9), np.arange(9), 0.9)
        (0.1, 1.0)
    """
    numbers, sizes = np.unique(groups, return_inverse=True, return_counts=True)[1:]
    order = np.argsort(-scores, kind="stable")
    weights = np.cumsum(1 / ((len(sizes) + 1) * sizes[numbers[order]]))
    return float(scores[order][int(np.searchsorted(weights, level - NEARLY))])


@dataclass(frozen=True)
class ClassSets:
    """What the sets hold of one class.

    Attributes:
        articles: that are of it.
        held: the share of these whose set holds it; None where there are none.
        interval: 95%, by groups; None where these articles are of fewer than three effective groups.
        size: labels in these sets, on average; None where there are none.
        groups: validation groups that its promise rests on.
        shared: whether it shares the promise with other classes.
    """

    articles: int
    held: float | None
    interval: Interval | None
    size: float | None
    groups: int
    shared: bool


@dataclass(frozen=True)
class SetsOutcome:
    """What the sets hold of labelled articles: ``sets.json``.

    Attributes:
        split: names the articles.
        level: the share of sets that were to hold the true label.
        held, interval: the share that do, and its 95% interval by groups; None below three effective groups.
        size: labels in a set, on average.
        single: the share of sets of one label.
        single_right, single_interval: the share of these whose label is right.
        classes: label -> the same for the articles of that class.
        together: labels that share a promise, because validation has too few groups of each.
        resampled: what the intervals are taken over.
        groups: how many of these the articles count for.
        validation: what the promise is taken over.
        found_on: where the sets were found, as in `ConformalSets`.
    """

    split: str
    level: float
    held: float
    interval: Interval | None
    size: float
    single: float
    single_right: float | None
    single_interval: Interval | None
    classes: Mapping[str, ClassSets]
    together: tuple[tuple[str, ...], ...]
    resampled: str
    groups: float
    validation: str
    found_on: str = "validation"
    schema_version: int = 1


def measure_sets(
    split: str,
    sets: ConformalSets,
    labels: Sequence[str],
    proba: Floats32,
    given: Bools,
    truth: Ints,
    groups: Ints | None = None,
    resampled: str = "article",
    crossed: Ints | None = None,
) -> SetsOutcome:
    """Count how many sets hold the true label, and how large they are.

    Args:
        split: names the articles.
        sets: from which scores on labels are in a set.
        labels: names of the classes.
        proba, given, truth, groups, resampled: as in `fit_sets`, for the articles to measure on; at least one.
        crossed: a second grouping of the articles, where pairs are crossed; None = there is none.
    """

    def counted(right: Bools, rows: Bools) -> tuple[float | None, Interval | None]:
        return share_of(right[rows], together[rows], None if crossed is None else crossed[rows])

    together = np.arange(len(truth)) if groups is None else groups
    inside = sets.holds(proba, given)
    size, held = inside.sum(axis=1), inside[np.arange(len(truth)), truth]
    share, interval = counted(held, np.ones(len(truth), dtype=bool))
    classes = {}
    for k, name in enumerate(labels):
        own = truth == k
        mean = float(size[own].mean()) if own.any() else None
        shared = sets.promises.count(sets.promises[k]) > 1
        classes[name] = ClassSets(int(own.sum()), *counted(held, own), mean, sets.groups[k], shared)
    return SetsOutcome(
        split,
        sets.level,
        share or 0.0,
        interval,
        float(size.mean()),
        float((size == 1).mean()),
        *counted(held, size == 1),
        classes,
        tuple(map(tuple, sets.together(labels))),
        resampled,
        two_way_effective(together, crossed),
        sets.resampled,
        sets.found_on,
    )
