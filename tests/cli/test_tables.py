"""Results in tables, and lines of a log."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from classifier.cli.tables import (
    class_table,
    dataset_table,
    figures_table,
    fold_line,
    importance_table,
    mean_table,
    seed_line,
    trials_table,
)
from classifier.dataset.info import Counts
from classifier.jobs.tune.shown import TuningReport
from classifier.jobs.tune.study import TrialResult
from tests.makers.pages import LABELS, make_info
from tests.makers.runs import make_evaluation


def cells(table: Table) -> list[list[str]]:
    """The rows of a table."""
    return [list(row) for row in zip(*([str(cell) for cell in column.cells] for column in table.columns), strict=True)]


def test_articles_per_label_and_split_with_their_shares() -> None:
    rows = cells(dataset_table(make_info()))
    assert rows[0] == ["opinion", "701 (50%)", "101 (50%)", "199 (51%)"]
    assert rows[-1] == ["all", "1,407", "203", "390"]


def test_many_folds_are_summed_up() -> None:
    counts = {f"fold {k}": Counts(30 + k, dict.fromkeys(LABELS, 10)) for k in range(1, 8)}
    table = dataset_table(make_info(counts=counts, folds=7))
    assert [column.header for column in table.columns] == ["label", "all", "per fold"]
    assert cells(table)[0] == ["opinion", "70", "10 – 10"] and cells(table)[-1] == ["all", "238", "31 – 37"]


def test_figures_stand_beside_their_intervals_and_the_baselines() -> None:
    rows = cells(figures_table(make_evaluation()))
    assert rows[1] == ["macro F1", "0.790", "0.740 – 0.840", "0.690", "0.200"]
    assert [row[0] for row in rows] == ["accuracy", "macro F1", "micro F1", "weighted F1", "MCC"]


@pytest.mark.parametrize(("width", "confusion"), [(130, True), (76, False)])
def test_the_confusion_matrix_is_shown_where_it_fits(width: int, confusion: bool) -> None:
    table = class_table(make_evaluation(), width=width)
    assert any(str(column.header).startswith("→") for column in table.columns) is confusion
    assert cells(table)[0][:6] == ["opinion", "0.850", "0.900", "0.870", "0.600 – 0.940", "100"]
    console = Console(width=width, file=None, record=True)
    with console.capture() as shown:
        console.print(table)
    assert "…" not in shown.get()


def test_means_and_lines_of_seeds_and_folds() -> None:
    mean = {name: {"f1_macro": (0.79, 0.02)} for name in ("model", "tfidf", "majority")}
    row = ["macro F1", "0.790 ± 0.020", "0.750 – 0.830", *["0.790 ± 0.020"] * 2]
    assert cells(mean_table("3 seeds", mean, {"f1_macro": (0.75, 0.83)})) == [row]
    assert fold_line(2, make_evaluation()) == (
        "fold 2: 200 test articles, macro F1 0.790, accuracy 0.810 (TF-IDF 0.690, 0.710)"
    )
    assert seed_line(13, make_evaluation()) == "seed 13: macro F1 0.790, accuracy 0.810 on 200 test articles"


def test_what_the_scores_depend_on() -> None:
    assert cells(importance_table({"train.batch_size": 0.72})) == [["train.batch_size", "72%"]]


def test_the_ten_best_trials_are_shown() -> None:
    trials = tuple(
        TrialResult(number, "complete", number / 20, 2, {"train.batch_size": "8"}, 1.0, number == 0)
        for number in range(12)
    )
    table = trials_table(TuningReport(Path("x"), "f1_macro", 20, trials, None, "classifier train", 1.0))
    assert [row[0] for row in cells(table)] == [str(number) for number in range(11, 1, -1)]
    assert table.title == "12 trials on validation"
