from pathlib import Path

import pytest

from classifier.evaluation.result import Evaluation
from classifier.reports.paper.tables import PaperTable, Range, cell_words, paper_tables, plain_columns
from tests.makers.runs import MadeRecord, make_evaluation


def tables(evaluation: Evaluation, **changes: object) -> dict[str, PaperTable]:
    return {table.name: table for table in paper_tables(MadeRecord(evaluation, **changes))}


def test_figures_of_every_evaluation_stand_beside_the_baselines_of_all() -> None:
    other = make_evaluation(split="validation", articles=90)
    found = tables(make_evaluation(), others={"validation": other})["figures"]
    assert found.columns == ("evaluation", "articles", "figure", "model", "95% interval", "TF-IDF + linear", "majority")
    assert [row[0] for row in found.rows] == ["test"] * 5 + ["validation"] * 5
    assert found.rows[1][1:4] == (200, "macro F1", 0.79) and found.rows[1][4] == Range((0.74, 0.79 + 0.05))


def test_classes_and_confusion_are_those_of_the_evaluation() -> None:
    found = tables(make_evaluation())
    assert found["classes"].rows[0][:4] == ("opinion", 100, 0.85, Range((0.6, 0.95)))
    assert found["confusion"].rows == (
        ("opinion", 90, 8, 2, 100),
        ("press_release", 12, 42, 6, 60),
        ("satire", 4, 6, 30, 40),
    )


def test_several_labels_have_right_and_wrong_per_class() -> None:
    confusion = [[[5, 1], [2, 3]]] * 3
    found = tables(make_evaluation(confusion=confusion))["confusion"]
    assert found.columns[1:] == ("rightly given", "wrongly given", "missed", "rightly not given")
    assert found.rows[0] == ("opinion", 3, 1, 2, 5)


def test_seeds_have_a_table_of_runs_and_one_of_means() -> None:
    figures = make_evaluation().figures
    mean = {name: dict.fromkeys(figures, (0.7, 0.02)) for name in ("model", "tfidf", "majority")}
    members = {"seed 1": make_evaluation(), "seed 2": make_evaluation()}
    found = tables(make_evaluation(), kind="seeds", members=members, mean=mean, mean_intervals={"f1_macro": (0.6, 0.8)})
    assert [row[0] for row in found["runs"].rows] == ["seed 1", "seed 2"]
    rows = {row[0]: row[1:] for row in found["means"].rows}
    assert rows["macro F1"] == (0.7, 0.02, Range((0.6, 0.8)), 0.7, 0.02) and rows["accuracy"][2] == Range(None)


@pytest.mark.parametrize(("cell", "words"), [(-0.02, "−.020"), (0, "0"), (1.0, "1.000"), ("a_b", "a_b")])
def test_cells_are_words_for_people(cell: object, words: str) -> None:
    assert cell_words(cell) == words  # type: ignore[arg-type]


def test_articles_add_up(examples: Path) -> None:
    from classifier.reports.run.record import read_run_record

    found = {table.name: table for table in paper_tables(read_run_record(examples / "runs/first"))}["articles"]
    *rows, whole = found.rows
    assert whole[0] == "all"
    for place in range(1, len(found.columns)):
        assert sum(row[place] for row in rows) == whole[place]  # type: ignore[misc]


def test_an_interval_that_is_not_there_leaves_both_columns_empty() -> None:
    table = PaperTable("t", "", ("figure", "interval"), (("a", Range((0.1, 0.2))), ("b", Range(None))))
    assert plain_columns(table)[2] == ("b", "", "")
