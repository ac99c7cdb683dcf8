"""Whether errors, and what scores are worth, differ between the groups of a column, from stored predictions alone.

For a column that was asked for (``evaluate --by``), the rates of each of its groups are compared with those of all
other articles: of each label, its recall and its false positives (the share of other articles that get it), and how far
scores are above the share of right labels. Groups may differ in the labels that they have: errors are compared among
articles of the same true label. One test for all error rates of a column, and one for its scores
(`classifier.stats.group_difference`), are corrected for the number of tests (Holm).

- Articles of one cluster (a source, near-duplicates) count together; of crossed pairs, those of a text or of a target,
  whichever are fewer. A group of fewer than three effective clusters is
  not compared, since it is about these alone.
- Where each group is one cluster (``--by source``, sources kept together), the test is about these very groups: their
  articles are taken as independent.

Shares of labels by such a column cannot be compared with one another (``estimate --by``) where errors differ: the same
error rates are then taken off from groups that have others.

evaluation/SPLIT/group_errors.json holds `GroupErrors`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from classifier.arrays import Bools, Floats, Ints
from classifier.articles.labels import LabelSet
from classifier.evaluation.groups import Grouping
from classifier.evaluation.predictions import stored_groups
from classifier.evaluation.slices import values_of
from classifier.files import read_json_as
from classifier.stats.few_groups import FEWEST_EFFECTIVE, effective_groups
from classifier.stats.group_difference import Contrasts, contrast, largest_test, together
from classifier.stats.significance import holm

FILE = "group_errors.json"
LEVEL = 0.05
FEWEST = 5  # articles that a rate must rest on, inside the group and elsewhere
OTHERS = "(others"  # how the slice of rare values begins
RECALL, FALSE, SCORE = "recall", "false positives", "score above right"


@dataclass(frozen=True)
class GroupRate:
    """A rate of one group.

    Attributes:
        value: names the group.
        rate: ``recall`` or ``false positives`` of a label; or ``score above right``: mean score minus share right.
        label: None for scores.
        articles: that the rate is of.
        here: the rate.
        elsewhere: of all other articles that are compared, with the true labels of this group.
        p_adjusted: that they are the same, corrected for all rates and columns.
    """

    value: str
    rate: str
    label: str | None
    articles: int
    here: float
    elsewhere: float
    p_adjusted: float

    @property
    def sure(self) -> bool:
        """Whether there surely is a difference."""
        return self.p_adjusted < LEVEL


@dataclass(frozen=True)
class ColumnErrors:
    """The rates of the groups of a column.

    Attributes:
        column: names it.
        resampled: ``group`` or ``article``: what counts as independent.
        compared: its groups that are compared; fewer than two = there is no test.
        left_out: groups of too few clusters.
        errors, scores: p-value that error rates, and what scores are worth, are the same in all groups, corrected for
            the number of tests; None = there is no test.
        rates: those that differ most first.
    """

    column: str
    resampled: str
    compared: tuple[str, ...]
    left_out: tuple[str, ...]
    errors: float | None
    scores: float | None
    rates: tuple[GroupRate, ...]

    @property
    def tested(self) -> bool:
        """Whether there was enough to test anything."""
        return self.errors is not None or self.scores is not None


@dataclass(frozen=True)
class GroupErrors:
    """What ``group_errors.json`` holds.

    Attributes:
        split: names the articles.
        columns: those that were asked for.
    """

    split: str
    columns: tuple[ColumnErrors, ...]
    format_version: int = 1


@dataclass(frozen=True)
class _Articles:
    """Predictions as arrays, a row for each article."""

    truth: Bools
    predicted: Bools
    strata: Ints  # the true label, or for each label whether it is true
    gap: Floats
    scored: Bools
    clusters: Ints


def find_group_errors(
    table: Any, labels: LabelSet, split: str, by: Sequence[str], *, samples: int = 2000
) -> GroupErrors:
    """Compare the rates of the groups of some columns.

    Args:
        table: as `classifier.evaluation.predictions.predictions_table` makes it.
        labels: of the model.
        split: name of the articles.
        by: columns of the table.
        samples: draws of each test.
    """
    articles = _read(table, labels)
    found = [_column(name, values_of(name, table[name].to_pylist()), articles, labels, samples) for name in by]
    return GroupErrors(split, tuple(_corrected(found)))


def read_group_errors(folder: Path) -> GroupErrors:
    """The group errors of an evaluation folder.

    Raises:
        InputError: they are missing, damaged, or of another format version.
    """
    return read_json_as(folder / FILE, GroupErrors, fix="classifier evaluate RUN --by COLUMN makes it again.")


def _read(table: Any, labels: LabelSet) -> _Articles:
    truth, predicted = (
        labels.matrix(labels.encode((one,) if isinstance(one, str) else tuple(one) for one in table[name].to_pylist()))
        for name in ("label", "predicted")
    )
    scores = np.array(table["scores"].to_pylist(), dtype=np.float64).reshape(truth.shape)
    given = predicted.sum(axis=1)
    gap = ((scores - truth) * predicted).sum(axis=1) / np.maximum(1, given)
    groups, crossed = stored_groups(table)
    clusters = Grouping(groups, "group", crossed).coarser
    strata = truth.astype(np.int64) if labels.multi_label else np.repeat(truth.argmax(axis=1)[:, None], len(labels), 1)
    return _Articles(truth, predicted, strata, gap, given > 0, clusters)


def _column(
    column: str, values: Sequence[str], articles: _Articles, labels: LabelSet, samples: int
) -> tuple[ColumnErrors, Floats, Floats]:
    """The rates of a column, and the uncorrected p-values of its error rates and scores, in the order of the rates."""
    named = np.array(values)
    clusters, resampled, compared = _clusters(named, articles.clusters)
    known = sorted(set(values))
    if len(compared) < 2:
        return ColumnErrors(column, resampled, tuple(compared), tuple(known), None, None, ()), np.ones(0), np.ones(0)
    rows = np.isin(named, compared)
    inside = {value: named == value for value in compared}
    errors = list(_error_rates(articles, labels, inside, rows, clusters))
    scores = list(_score_rates(articles, inside, rows, clusters))
    p = [
        largest_test(together([one for _, one in part]), clusters, samples) if part else np.ones(0)
        for part in (errors, scores)
    ]
    left = tuple(value for value in known if value not in compared)
    found = ColumnErrors(
        column, resampled, tuple(compared), left, None, None, tuple(rate for rate, _ in [*errors, *scores])
    )
    return found, p[0], p[1]


def _clusters(named: Any, clusters: Ints) -> tuple[Ints, str, list[str]]:
    """What counts as independent, and the groups that can be compared."""
    known = sorted(set(named.tolist()))
    own = [value for value in known if not value.startswith(OTHERS)]
    homes = [np.unique(clusters[named == value]) for value in own]
    if all(len(home) == 1 for home in homes) and len({int(home[0]) for home in homes}) == len(own):
        return np.arange(len(named)), "article", own
    single = len(np.unique(clusters)) == len(clusters)
    enough = [value for value in known if effective_groups(clusters[named == value]) >= FEWEST_EFFECTIVE - 1e-9]
    return clusters, "article" if single else "group", enough


def _error_rates(
    articles: _Articles, labels: LabelSet, inside: Mapping[str, Bools], rows: Bools, clusters: Ints
) -> Iterator[tuple[GroupRate, Contrasts]]:
    for k, label in enumerate(labels.names):
        outcome, strata = articles.predicted[:, k].astype(np.float64), articles.strata[:, k]
        for rate, counted in ((RECALL, articles.truth[:, k]), (FALSE, ~articles.truth[:, k])):
            yield from _rates(rate, label, outcome, strata, inside, rows & counted, clusters)


def _score_rates(
    articles: _Articles, inside: Mapping[str, Bools], rows: Bools, clusters: Ints
) -> Iterator[tuple[GroupRate, Contrasts]]:
    alike = np.zeros(len(rows), dtype=np.int64)
    yield from _rates(SCORE, None, articles.gap, alike, inside, rows & articles.scored, clusters)


def _rates(
    rate: str,
    label: str | None,
    outcome: Floats,
    strata: Ints,
    inside: Mapping[str, Bools],
    counted: Bools,
    clusters: Ints,
) -> Iterator[tuple[GroupRate, Contrasts]]:
    """A rate in each group that has enough articles of it, with its contrast."""
    for value, here in inside.items():
        own, others = counted & here, counted & ~here
        enough = min(effective_groups(clusters[own]), effective_groups(clusters[others])) >= FEWEST_EFFECTIVE - 1e-9
        if min(own.sum(), others.sum()) < FEWEST or not enough:
            continue
        elsewhere = _standardised(outcome, strata, own, others, counted)
        found = GroupRate(value, rate, label, int(own.sum()), float(outcome[own].mean()), elsewhere, 1.0)
        yield found, contrast(outcome, here, strata, counted)


def _standardised(outcome: Floats, strata: Ints, own: Bools, others: Bools, counted: Bools) -> float:
    """The mean of other articles, with the strata of the group's own."""
    total = 0.0
    for stratum in np.unique(strata[own]):
        alike = others & (strata == stratum)
        among = alike if alike.any() else counted & (strata == stratum)
        total += float(outcome[among].mean()) * int((own & (strata == stratum)).sum())
    return total / int(own.sum())


def _corrected(found: Sequence[tuple[ColumnErrors, Floats, Floats]]) -> Iterator[ColumnErrors]:
    """Columns with p-values that are corrected for the number of tests, the surest rates first."""
    smallest = [float(p.min()) for _, *both in found for p in both if len(p)]
    adjusted = iter(holm(smallest))
    for column, errors, scores in found:
        tests = [next(adjusted) if len(p) else None for p in (errors, scores)]
        raised: list[float] = []
        for p, test in zip((errors, scores), tests, strict=True):
            raised += [min(1.0, one * (test or 1.0) / float(p.min())) for one in p]
        rates = [replace(rate, p_adjusted=p) for rate, p in zip(column.rates, raised, strict=True)]
        ordered = sorted(rates, key=lambda one: (one.p_adjusted, -abs(one.here - one.elsewhere)))
        yield replace(column, errors=tests[0], scores=tests[1], rates=tuple(ordered))
