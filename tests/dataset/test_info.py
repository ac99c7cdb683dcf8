import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifier.dataset.corrections import Corrections
from classifier.dataset.duplicates import DuplicateCounts
from classifier.dataset.info import (
    Counts,
    DatasetInfo,
    Giveaway,
    LeakageProbe,
    TestGroups,
    count_splits,
    count_test_groups,
    read_dataset_info,
)
from classifier.dataset.splits import Assignment

INFO = DatasetInfo(
    labels=("a", "b"),
    multi_label=False,
    pair=True,
    split_method="grouped",
    group_by=("source",),
    counts={"train": Counts(3, {"a": 2, "b": 1})},
    notes=("a note",),
    sources=({"name": "a.csv", "sha256": "0"},),
    settings={"data": {}},
    asked={"train": 0.7},
    validation_by=("target",),
    validation_given=False,
    cuts={"test": "2024-05-31"},
    duplicates=DuplicateCounts(1, 0, 1, 2, 2, 0, 0.8),
    probe=LeakageProbe("f1_macro", 0.5, (0.4, 0.6), 0.7, 0.1, 5, 100, 30, False),
    giveaways=(Giveaway("line", "Sign up", "a", 12, 1.0, 0.5),),
    rejected={"text is empty": 2},
    corrections=Corrections("audit.csv", "0", 1, 2, 3),
    test_groups=TestGroups(14, 9.75),
)


def read_back(folder: Path, values: dict[str, Any]) -> DatasetInfo:
    (folder / "dataset.json").write_text(json.dumps(values), encoding="utf-8")
    return read_dataset_info(folder / "dataset.json")


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    values = json.loads(json.dumps(asdict(INFO)))
    assert read_back(tmp_path, values) == INFO
    assert read_back(tmp_path, {**values, "path": "../dataset", "fold": 2}) == INFO  # as a run holds it
    assert INFO.label_set.names == ("a", "b")


def test_a_file_from_before_corrections_and_without_a_probe_is_read(tmp_path: Path) -> None:
    values = json.loads(json.dumps(asdict(INFO)))
    del values["corrections"], values["test_groups"]
    found = read_back(tmp_path, {**values, "probe": None, "duplicates": None})
    assert (found.corrections, found.probe, found.duplicates, found.test_groups) == (None, None, None, None)


@pytest.mark.parametrize(
    ("method", "by", "given", "cut"),
    [
        ("grouped", (), False, True),
        ("given", (), True, False),
        ("given", (), False, True),
        ("grouped", (), None, True),  # what follows is older: a given validation may be meant by "given"
        ("given", (), None, False),
        ("given", ("target",), None, True),
    ],
)
def test_whether_validation_was_cut_from_train(method: str, by: tuple[str, ...], given: bool | None, cut: bool) -> None:
    info = replace(INFO, split_method=method, validation_by=by, validation_given=given)
    assert info.validation_is_cut is cut


def test_groups_of_test_are_counted_and_what_they_count_for() -> None:
    unit = np.array([0, 0, 0, 1, 2, 3, 3])
    assignment = Assignment(np.array([2, 2, 2, 2, 0, 2, -1]), unit, {})
    assert count_test_groups(assignment, [unit]) == TestGroups(3, 2.27)
    assert count_test_groups(assignment, [unit, np.array([0, 0, 0, 7, 7, 7, 7])]) == TestGroups(2, 1.92)
    nameless = np.where(unit == 1, -1, unit)
    assert count_test_groups(assignment, [nameless]) == TestGroups(3, 2.27, alone=1)
    assert count_test_groups(assignment, [nameless, unit]) == TestGroups(3, 2.27)  # it has a value in another column
    assert count_test_groups(assignment, []) is None
    assert count_test_groups(Assignment(np.zeros(7, dtype=np.int64), unit, {}), [unit]) is None
    folds = np.array([[2, 0], [2, 0], [2, 0], [0, 2], [0, 2], [-1, 2], [0, 2]])
    assert count_test_groups(Assignment(np.zeros(7, dtype=np.int64), unit, {}, folds=folds), [unit]) == TestGroups(1, 1)


def test_articles_are_counted_by_split_and_label_or_by_fold() -> None:
    labels = [("a",), ("b", "a"), (), ("b",), ("a",)]
    unit = np.arange(5)
    split = np.array([0, 0, 2, 2, -1])
    assert count_splits(labels, Assignment(split, unit, {})) == {
        "train": Counts(2, {"a": 2, "b": 1}),
        "test": Counts(2, {"b": 1}),
    }
    folds = np.array([[2, 0], [2, 1], [0, 2], [0, 2], [-1, -1]])
    assert count_splits(labels, Assignment(split, unit, {}, folds=folds)) == {
        "fold 1": Counts(2, {"a": 2, "b": 1}),
        "fold 2": Counts(2, {"b": 1}),
    }
