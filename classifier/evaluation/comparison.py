"""Is one run better than another on the same articles? Differences with intervals and p-values, from predictions alone.

What is compared decides the test; all of them resample or swap whole groups of articles
(`classifier.stats.resampling`):

- one training each: paired bootstrap interval, p-value by approximate randomisation (Noreen, 1989; Yeh, 2000), and
  McNemar's test of the accuracy, which treats every article as independent; of crossed pairs, whose texts and targets
  are both new, interval and p-value are those of two-way clusters (`classifier.stats.two_way`);
- several seeds: Student's t over seeds and articles (`classifier.stats.seeds`), for three seeds a side or more; a side
  of one training is taken to vary as the seeds of the other do;
- all folds: the corrected resampled t-test (Nadeau and Bengio, "Inference for the generalization error", 2003), and
  beside it the paired test of the pooled out-of-fold predictions, which treats the models as fixed.

P-values of the classes are corrected for their number (Holm), and their intervals hold 0 wherever that p-value does not
reject it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.arrays import Ints
from classifier.errors import InputError, did_you_mean, names
from classifier.evaluation.ledger import Looks, looks_at
from classifier.evaluation.paired_runs import ComparedPair, open_pair
from classifier.evaluation.result import POOLED_SPLIT
from classifier.stats.metrics import CLASS, Figures, counts, headline_figures, limits_of_difference, paired_gains
from classifier.stats.resampling import Interval, distinct, within
from classifier.stats.sample import Sample
from classifier.stats.seeds import SeedFigures, difference_of_means
from classifier.stats.significance import corrected_t_test, holding_zero, holm, is_sure
from classifier.stats.two_way import two_way_effective
from classifier.summary import Summarised

BOOTSTRAP = 5_000
UNLIKE = 1.2  # most over fewest training articles of folds, from which they are folds over time
FEW_DISCORDANT = 25  # McNemar's test is exact below that
RANDOMISATION, TWO_WAY, OVER_SEEDS, CORRECTED_T = (
    "approximate randomisation",
    "two-way bootstrap over texts and targets",
    "Student's t over seeds and articles",
    "corrected resampled t-test over folds",
)


@dataclass(frozen=True)
class Difference:
    """How much higher a figure of A is than that of B.

    Attributes:
        name: of the headline metric, or of the class.
        a, b: the figure, its mean over seeds or folds.
        a_sd, b_sd: its standard deviation over them; None for one training.
        difference: a minus b.
        interval: 95%, of the difference; None where there are too few groups for one. It holds 0 wherever the p-value
            (the corrected one, where there is one) does not reject that there is none.
        p: two-sided; None likewise.
        p_adjusted: corrected for the number of classes; None for a headline metric.
        interval_90: 90%, for a claim that two are level; None where that is not claimed.
    """

    name: str
    a: float
    b: float
    a_sd: float | None
    b_sd: float | None
    difference: float
    interval: Interval | None
    p: float | None
    p_adjusted: float | None = None
    interval_90: Interval | None = None

    @property
    def sure(self) -> bool:
        """Whether p-value (the corrected one, where there is one) and interval both say that there is a difference."""
        return is_sure(self.interval, self.p if self.p_adjusted is None else self.p_adjusted)


@dataclass(frozen=True)
class McNemar:
    """Articles that only one of two trainings has right; ``exact`` is the binomial test, else χ² with continuity."""

    only_a: int
    only_b: int
    p: float
    exact: bool


@dataclass(frozen=True)
class Comparison(Summarised):
    """How one run compares with another.

    Attributes:
        a, b: the folders.
        split: whose articles.
        metric: on which the verdict is given.
        test: where the intervals and p-values of ``metrics`` are from.
        articles, groups, resampled: how many, and what is resampled together.
        effective: how many groups of equal size these count for (`classifier.stats.few_groups`).
        trainings: of A and B: 1, or the number of seeds or folds.
        metrics: the headline metrics.
        per_class: F1 of each class that an article here has; of the pooled predictions where there are folds.
        pooled: of folds, the headline metrics of all out-of-fold predictions together; empty otherwise.
        mcnemar: of one training each, or of the pooled folds; None for seeds.
        differing: how many articles got different labels (of seeds: from most of them).
        notes: how the two sides differ in their articles and labels.
        trained_texts: of A and B: how many of its articles have a text that it was trained on, as far as that is known.
        looks: how often these articles were looked at, by both and the runs beside them; None = it was not recorded.
    """

    a: str
    b: str
    split: str
    metric: str
    test: str
    articles: int
    groups: int
    effective: float
    resampled: str
    trainings: tuple[int, int]
    metrics: tuple[Difference, ...]
    per_class: tuple[Difference, ...]
    pooled: tuple[Difference, ...]
    mcnemar: McNemar | None
    differing: int
    notes: tuple[str, ...]
    trained_texts: tuple[int, int] = (0, 0)
    looks: Looks | None = None
    format_version: int = 2

    @property
    def main(self) -> Difference:
        """The difference on which the verdict is given."""
        return next(found for found in self.metrics if found.name == self.metric)


def compare_runs(
    a: str | Path, b: str | Path, *, split: str = "test", metric: str = "f1_macro"
) -> tuple[Comparison, list[dict[str, Any]]]:
    """Compare two runs (or evaluation folders, or folders of seeds or folds) on the articles that both predicted.

    Args:
        a, b: the folders.
        split: whose stored predictions.
        metric: of the verdict.

    Returns:
        The comparison, and the articles that got different labels: id, label, a, b, score_a, score_b, right, source,
        group.

    Raises:
        InputError: there are no predictions, nothing in common, or no such metric.

    Example:
        >>> found, articles = compare_runs(Path("runs/first"), Path("runs/second"))
        >>> (low, high), difference = found.main.interval, found.main.difference
        >>> low <= difference <= high, 0 <= found.main.p <= 1
        (True, True)
    """
    pair = open_pair(a, b, split)
    known = headline_figures(np.zeros(3 * len(pair.labels) + 4), pair.labels.names, multi_label=pair.labels.multi_label)
    if metric not in known:
        raise InputError(
            f"There is no metric '{metric}' here.{did_you_mean(metric, known)}", fix=f"Choose from {', '.join(known)}."
        )
    found = replace(compare_pair(pair, split, metric), looks=_looks(pair, split))
    return found, differing_articles(pair)


def _looks(pair: ComparedPair, split: str) -> Looks | None:
    """How often the articles of both sides were looked at."""
    homes = [side.home for side in pair.sides]
    name = POOLED_SPLIT if pair.sides[0].kind == "folds" else split
    return looks_at(homes[0], name, homes[1]) or looks_at(homes[1], name, homes[0])


def compare_pair(pair: ComparedPair, split: str = "test", metric: str = "f1_macro", seed: int = 0) -> Comparison:
    """Test every headline metric and every class; see the module for how."""
    one, other = pair.predicted
    groups = len(np.unique(pair.groups))
    several = len(one) > 1 or len(other) > 1
    found = _over_seeds(pair, seed) if several else _paired(pair, one[0], other[0], seed)
    metrics = tuple(entry for entry in found if not entry.name.startswith(CLASS))
    untested = _untested(pair)
    compared = {f"{CLASS}{name}" for name in pair.labels.names if name not in untested}
    classes = [entry for entry in found if entry.name in compared]
    adjusted = zip(classes, _corrected(classes), strict=True)
    in_folds = _corrected_t(pair, one[0], other[0]) if pair.folds is not None else ()
    test = CORRECTED_T if in_folds else OVER_SEEDS if several else _paired_test(pair)
    fold_count = 0 if pair.folds is None else len(np.unique(pair.folds))
    return Comparison(
        a=pair.sides[0].path,
        b=pair.sides[1].path,
        split=split,
        metric=metric,
        test=test,
        articles=len(pair.ids),
        groups=groups,
        effective=two_way_effective(pair.groups, pair.crossed),
        resampled=pair.resampled if groups < len(pair.ids) or pair.crossed is not None else "article",
        trainings=(fold_count or len(one), fold_count or len(other)),
        metrics=in_folds or metrics,
        per_class=tuple(_of_class(entry, p) for entry, p in adjusted),
        pooled=metrics if in_folds else (),
        mcnemar=None if several else mcnemar(pair.truth, one[0], other[0]),
        differing=int(_unlike(*(_usual(runs) for runs in pair.predicted)).sum()),
        notes=(*pair.notes, *_note_of(untested)),
        trained_texts=(pair.sides[0].trained_texts, pair.sides[1].trained_texts),
    )


def _untested(pair: ComparedPair) -> tuple[str, ...]:
    """Labels that no article here has: nothing can be said of them, so that they are no hypotheses either."""
    tested = _figures(pair).classes
    return tuple(name for name, known in zip(pair.labels.names, tested, strict=True) if not known)


def _note_of(untested: Sequence[str]) -> Iterator[str]:
    if untested:
        yield f"Not compared, and left out of macro F1, as no article here has the label: {names(untested)}."


def _paired_test(pair: ComparedPair) -> str:
    return RANDOMISATION if pair.crossed is None else TWO_WAY


def _of_class(entry: Difference, p: float | None) -> Difference:
    """The difference of a class with its corrected p-value, and the interval that goes with it."""
    bounds = entry.interval if entry.interval is None or p is None else holding_zero(entry.interval, p)
    return replace(entry, name=entry.name.removeprefix(CLASS), interval=bounds, p_adjusted=p)


def _corrected(classes: Sequence[Difference]) -> list[float | None]:
    """P-values corrected for the number of classes; None where there are too few groups for any."""
    known = [entry.p for entry in classes if entry.p is not None]
    return list(holm(known)) if len(known) == len(classes) else [None] * len(classes)


def differing_articles(pair: ComparedPair) -> list[dict[str, Any]]:
    """The articles with different labels (of several seeds: the most frequent one), and which is right."""
    a, b = (_usual(runs) for runs in pair.predicted)
    rows = np.flatnonzero(_unlike(a, b))
    truth, first, second = (_named(pair, values[rows]) for values in (pair.truth, a, b))
    return [
        {
            "id": pair.ids[row],
            "label": true,
            "a": one,
            "b": other,
            "score_a": round(float(pair.scores[0][row]), 6),
            "score_b": round(float(pair.scores[1][row]), 6),
            "right": "a" if one == true else "b" if other == true else "neither",
            "source": pair.source[row],
            "group": int(pair.groups[row]),
        }
        for row, true, one, other in zip(rows, truth, first, second, strict=True)
    ]


def mcnemar(truth: Ints, a: Ints, b: Ints) -> McNemar:
    """McNemar's test of the articles that only one has right (of multi-label: all labels right).

    Exact binomial for fewer than 25 such articles, else χ² with continuity correction (Edwards, 1948).
    """
    from scipy.stats import binomtest, chi2

    right = [~_unlike(truth, values) for values in (a, b)]
    only_a, only_b = int((right[0] & ~right[1]).sum()), int((right[1] & ~right[0]).sum())
    total = only_a + only_b
    if total < FEW_DISCORDANT:
        return McNemar(only_a, only_b, float(binomtest(only_a, total).pvalue) if total else 1.0, True)
    statistic = max(0, abs(only_a - only_b) - 1) ** 2 / total
    return McNemar(only_a, only_b, float(chi2.sf(statistic, 1)), False)


def _paired(pair: ComparedPair, a: Ints, b: Ints, seed: int) -> list[Difference]:
    """Of one training each: the paired bootstrap, and approximate randomisation."""
    tallied, width = _counts_side_by_side(pair, [a, b])
    figures, parts = _figures(pair), (slice(width), slice(width, 2 * width))
    ours, theirs = (figures.of(tallied.sums[part]) for part in parts)
    return [
        Difference(
            name=name,
            a=float(ours[name]),
            b=float(theirs[name]),
            a_sd=None,
            b_sd=None,
            difference=gain.value,
            interval=gain.interval,
            p=gain.p,
            interval_90=gain.interval_90,
        )
        for name, gain in paired_gains(tallied, parts, figures, seed).items()
    ]


def _over_seeds(pair: ComparedPair, seed: int) -> list[Difference]:
    """Of several seeds: Student's t over seeds and articles, see `classifier.stats.seeds`."""
    runs = [*pair.predicted[0], *pair.predicted[1]]
    tallied, width = _counts_side_by_side(pair, runs)
    first, figures = len(pair.predicted[0]), _figures(pair)
    observed = figures.of(tallied.sums.reshape(len(runs), width))
    draws = tallied.draws(BOOTSTRAP, seed).reshape(BOOTSTRAP, len(runs), width)
    sampled = figures.drawn(draws, np.random.default_rng([seed, 1]))
    found = []
    for name, values in observed.items():
        a, b = (SeedFigures(values[part], sampled[name][:, part]) for part in (slice(first), slice(first, None)))
        a_sd, b_sd = (float(side.values.std(ddof=1)) if len(side.values) > 1 else None for side in (a, b))
        p, bounds = difference_of_means(a, b, tallied.effective) or (None, None)
        bounds = within(bounds, limits_of_difference(name))
        found.append(Difference(name, a.mean, b.mean, a_sd, b_sd, a.mean - b.mean, bounds, p))
    return found


def _corrected_t(pair: ComparedPair, a: Ints, b: Ints) -> tuple[Difference, ...]:
    """Of all folds: the mean of the folds' differences, its variance raised for training sets that overlap."""
    assert pair.folds is not None
    parts = [np.flatnonzero(pair.folds == fold) for fold in np.unique(pair.folds)]
    if len(parts) < 2:
        return ()
    values = [[_headline(pair, predicted, rows) for rows in parts] for predicted in (a, b)]
    ratio = _tested_per_trained(pair, len(parts))
    found = []
    for name in values[0][0]:
        one, other = (np.array([fold[name] for fold in side]) for side in values)
        p, bounds = corrected_t_test(one - other, ratio)
        spread = float(one.std(ddof=1)), float(other.std(ddof=1))
        gain = float((one - other).mean())
        held = within(bounds, limits_of_difference(name))
        found.append(Difference(name, float(one.mean()), float(other.mean()), *spread, gain, held, p))
    return tuple(found)


def _tested_per_trained(pair: ComparedPair, folds: int) -> float:
    """Test articles per training article; where all that a fold does not test trains it, their shares tell."""
    sizes = [side.trained for side in pair.sides if side.trained]
    if any(max(trained) >= UNLIKE * min(trained) for trained in sizes):  # folds over time
        return len(pair.ids) / max(1, min(map(sum, sizes)))
    tested = len(pair.ids) / folds
    return tested / max(1.0, len(pair.ids) * (1 - max(side.validation for side in pair.sides)) - tested)


def _headline(pair: ComparedPair, predicted: Ints, rows: Ints) -> dict[str, float]:
    sums = counts(pair.truth[rows], predicted[rows], pair.labels.names).sum(axis=0)
    found = headline_figures(sums, pair.labels.names, multi_label=pair.labels.multi_label)
    return {name: float(value) for name, value in found.items()}


def _counts_side_by_side(pair: ComparedPair, runs: Sequence[Ints]) -> tuple[Sample, int]:
    """The counts of some predictions side by side, and how many columns each has."""
    first, kind = distinct([pair.truth, *runs])
    rows = [counts(pair.truth[first], predicted[first], pair.labels.names) for predicted in runs]
    return Sample(np.concatenate(rows, axis=1), kind, pair.groups, pair.crossed), rows[0].shape[1]


def _figures(pair: ComparedPair) -> Figures:
    """The headline metrics, and the F1 of each class."""
    return Figures.of_articles(pair.truth, pair.labels.names, each=True)


def _usual(runs: Sequence[Ints]) -> Ints:
    """The label that most seeds give; of multi-label, those that at least half of them give."""
    if len(runs) == 1:
        return runs[0]
    stacked = np.stack(runs)
    if stacked.ndim == 3:
        return np.asarray(stacked.mean(axis=0) >= 0.5, dtype=np.int64)
    return np.array([np.bincount(column).argmax() for column in stacked.T], dtype=np.int64)


def _unlike(a: Ints, b: Ints) -> npt.NDArray[np.bool_]:
    return np.asarray(a != b if a.ndim == 1 else (a != b).any(axis=1))


def _named(pair: ComparedPair, values: Ints) -> list[Any]:
    decoded = pair.labels.decode(values)
    return [list(found) for found in decoded] if pair.labels.multi_label else [found[0] for found in decoded]
