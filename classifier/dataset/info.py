"""`DatasetInfo`: the content of ``dataset.json``, which describes a dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from classifier.arrays import Ints
from classifier.articles.annotators import Agreement
from classifier.articles.labels import LabelSet, count_labels
from classifier.articles.split_names import SPLITS
from classifier.dataset.corrections import Corrections
from classifier.dataset.duplicates import DuplicateCounts
from classifier.dataset.splits import Assignment
from classifier.dataset.units import join_units
from classifier.files import damaged, read_json_as
from classifier.stats.few_groups import effective_groups


@dataclass(frozen=True)
class Counts:
    """Articles of a split, in all and per label."""

    articles: int
    labels: Mapping[str, int]


@dataclass(frozen=True)
class DatasetInfo:
    """The content of ``dataset.json``.

    Attributes:
        labels: label names in the order of their ids.
        multi_label: whether an article may have none or several.
        pair: whether the input is a (target, text) pair.
        split_method: ``given`` | ``stratified`` | ``grouped`` | ``crossed`` | ``temporal``.
        group_by: columns that were kept together.
        crossed_by: those of them that were divided independently of the texts, for a crossed split.
        known_targets: share of the test articles with a target whose target stands in train too; None where there is
            no such article, or the dataset is older.
        validation_by: the column by which validation was split off from train, because the given test has
            only values of it that train lacks.
        validation_given: whether the input says which articles are validation; None where the dataset is older.
        counts: split -> how many articles it has, in all and per label.
        notes: what to know about the split (small classes, articles left out).
        sources: input files with their SHA-256.
        settings: all settings, without paths.
        asked: split -> the share of articles that it should have; empty for given splits.
        cuts: split -> its first date, for a temporal split; None otherwise.
        folds: number of folds; None for one split into train, validation and test.
        duplicates: exact and near-duplicate texts.
        probe: the score on random splits, to compare; None if it could not be measured.
        giveaways: lines, names or tokens that alone predict a label.
        rejected: kind of fault -> rows that were skipped.
        corrections: counts of the corrected labels; None if no file of corrections was given.
        size_of_test: what difference between two models the test articles can show; None if that was not foreseen.
        test_groups: how many groups test has; None where no column was kept together, or not known.
        languages_left_out: language -> articles in it that were left out (``data.languages``).
        agreement: between annotators; None where no article keeps their labels, or the dataset is older.
    """

    labels: tuple[str, ...]
    multi_label: bool
    pair: bool
    split_method: str
    group_by: tuple[str, ...]
    counts: Mapping[str, Counts]
    notes: tuple[str, ...]
    sources: tuple[Mapping[str, str], ...]
    settings: Mapping[str, Any]
    asked: Mapping[str, float] = field(default_factory=dict)
    validation_by: tuple[str, ...] = ()
    validation_given: bool | None = None
    crossed_by: tuple[str, ...] = ()
    known_targets: float | None = None
    cuts: Mapping[str, str] | None = None
    folds: int | None = None
    duplicates: DuplicateCounts | None = None
    probe: LeakageProbe | None = None
    giveaways: tuple[Giveaway, ...] = ()
    rejected: Mapping[str, int] = field(default_factory=dict)
    corrections: Corrections | None = None
    size_of_test: SizeOfTest | None = None
    test_groups: TestGroups | None = None
    languages_left_out: Mapping[str, int] = field(default_factory=dict)
    agreement: Agreement | None = None
    format_version: int = 1

    @property
    def label_set(self) -> LabelSet:
        """The labels as a `LabelSet`."""
        return LabelSet(tuple(self.labels), self.multi_label)

    @property
    def validation_is_cut(self) -> bool:
        """Whether the validation articles, where there are some, were cut from those for training."""
        given = self.split_method == "given" and not self.validation_by
        return not (given if self.validation_given is None else self.validation_given)


def count_splits(labels: Sequence[tuple[str, ...]], assignment: Assignment) -> dict[str, Counts]:
    """Articles of each split, or of each fold's test part, in all and per label."""
    if assignment.folds is None:
        parts = {name: assignment.split == code for code, name in enumerate(SPLITS)}
    else:
        test = assignment.folds == SPLITS.index("test")
        parts = {f"fold {k + 1}": test[:, k] for k in range(test.shape[1])}
    return {
        name: Counts(int(chosen.sum()), count_labels(labels[int(row)] for row in np.flatnonzero(chosen)))
        for name, chosen in parts.items()
        if chosen.any()
    }


@dataclass(frozen=True)
class TestGroups:
    """How many groups the articles of test are in; with folds, those of the fold where they count for fewest.

    Attributes:
        count: how many there are.
        effective: how many groups of equal size they count for (`classifier.stats.few_groups`).
        alone: how many of them are single texts, with their copies, that have no value in the columns.
    """

    __test__ = False  # no test of pytest

    count: int
    effective: float
    alone: int = 0


def count_test_groups(assignment: Assignment, groups: Sequence[Ints]) -> TestGroups | None:
    """The groups of test: articles that share a code, or a unit, are one; None if there is no code or no test article.

    Args:
        assignment: of all articles.
        groups: codes of each column that was kept together, -1 for no value; each of shape (n,).
    """
    folds = assignment.split[:, None] if assignment.folds is None else assignment.folds
    tests = [rows for fold in folds.T if len(rows := np.flatnonzero(fold == SPLITS.index("test")))]
    found = []
    for rows in tests if groups else []:
        unit = join_units(len(rows), [assignment.unit[rows], *(codes[rows] for codes in groups)])
        named = np.unique(unit[np.any([codes[rows] >= 0 for codes in groups], axis=0)])
        count = int(unit.max()) + 1
        found.append(TestGroups(count, round(effective_groups(unit), 2), alone=count - len(named)))
    return min(found, key=lambda one: one.effective, default=None)


@dataclass(frozen=True)
class Giveaway:
    """Something in the articles that predicts a label without being what the label is about.

    Attributes:
        kind: ``header`` | ``line`` | ``title`` | ``host`` | ``source name`` | ``token``.
        what: the line, pattern, host or token itself, at most 80 characters.
        label: the label that it predicts.
        articles: how many articles hold it.
        precision: share of those that have the label.
        recall: share of the label's articles that hold it.
        source: the source that it names, for a source name; else None.
    """

    kind: str
    what: str
    label: str
    articles: int
    precision: float
    recall: float
    source: str | None = None


@dataclass(frozen=True)
class LeakageProbe:
    """Scores of TF-IDF with a linear model on random splits and on the chosen one, with equally many articles.

    Attributes:
        metric: ``f1_macro``.
        chosen: the figure on the chosen split's test articles.
        chosen_interval: its 95% interval; None where there are too few groups for one.
        random: mean of the figure over the random splits.
        random_sd: its standard deviation over them.
        random_splits: how many there were.
        train, test: how many articles were used of each split (with folds: test articles of all folds that were used).
        sampled: whether these are a sample.
        gap_interval, gap_90: of ``random`` minus ``chosen``, at 95% and 90%; None below three effective groups, and in
            files of older versions.
        detectable: the smallest gap that would be found in four of five cases; None likewise.
        accuracy: on the chosen split.
        correlation: of right answers within a unit of the chosen split.
        f1_error: standard error of the chosen figure, as a multiple of that of the accuracy; None where that is 0.
    """

    metric: str
    chosen: float
    chosen_interval: tuple[float, float] | None
    random: float
    random_sd: float
    random_splits: int
    train: int
    test: int
    sampled: bool
    gap_interval: tuple[float, float] | None = None
    gap_90: tuple[float, float] | None = None
    detectable: float | None = None
    accuracy: float | None = None
    correlation: float | None = None
    f1_error: float | None = None

    @property
    def gap(self) -> tuple[float, float] | None:
        """The 95% interval of the gap; files of older versions have that of the chosen figure alone."""
        if self.gap_interval is not None or self.chosen_interval is None:
            return self.gap_interval
        low, high = self.chosen_interval
        return self.random - high, self.random - low

    @property
    def harder(self) -> bool:
        """Whether a random split surely would have claimed more."""
        return self.gap is not None and self.gap[0] > 0

    @property
    def easier(self) -> bool:
        """Whether a random split surely would have claimed less."""
        return self.gap is not None and self.gap[1] < 0


@dataclass(frozen=True)
class SizeOfTest:
    """What difference between two models the test articles (of all folds together) can show, as a build foresees it.

    Attributes:
        articles, groups: of test: how many, and groups of like ones, which are drawn together.
        effective: how many groups of equal size these count for.
        accuracy: of the leakage probe on the chosen split.
        correlation: of its right answers within a group; 0 where each article stands by itself.
        detectable: the smallest difference in accuracy that is shown in four of five cases; None = none can be shown.
        detectable_f1: the same in macro F1.
        wanted: a small difference.
        articles_needed, groups_needed: how many articles like these would show it in accuracy, and in how many groups;
            None where a million times as many would not do.
    """

    articles: int
    groups: int
    effective: float
    accuracy: float
    correlation: float
    detectable: float | None
    detectable_f1: float | None
    wanted: float
    articles_needed: int | None
    groups_needed: int | None


@dataclass(frozen=True)
class TrainedOn:
    """What the ``dataset.json`` of a run adds to that of the dataset: the path of the dataset, and the fold."""

    path: str
    fold: int | None = None


def read_dataset_info(file: Path) -> DatasetInfo:
    """Read ``dataset.json`` of a dataset, or of a run without the fields of `TrainedOn`.

    Raises:
        InputError: it is missing, damaged, or of another format version.
    """
    ours = [part.name for part in fields(TrainedOn)]
    fix = "Build the dataset again, or train again."
    info = read_json_as(file, DatasetInfo, without=ours, fix=fix)
    problem = _problem(info)
    if problem:
        raise damaged(file, problem, fix)
    return info


def _problem(info: DatasetInfo) -> str:
    """What cannot be so, if anything is."""
    if not info.labels or len(set(info.labels)) < len(info.labels):
        return f"labels must be different names. Got {', '.join(map(repr, info.labels)) or 'none'}"
    known = SPLITS if info.folds is None else [f"fold {k}" for k in range(1, info.folds + 1)]
    if not info.counts or not set(info.counts) <= set(known):
        return f"counts must be of {', '.join(known)}. Got {', '.join(info.counts) or 'none'}"
    return ""


def read_trained_on(file: Path) -> TrainedOn:
    """The path of a run's dataset, from the run's ``dataset.json``; raises as `read_dataset_info`."""
    return read_json_as(file, TrainedOn, unknown="ignore", fix="Train again, or copy the run again.")
