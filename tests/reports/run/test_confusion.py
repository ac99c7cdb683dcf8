"""The confusion matrix as the page shows it."""

from __future__ import annotations

from classifier.reports.run.confusion import confusion_words, confusions, heat
from classifier.stats.confusions import ConfusedPair
from tests.makers.runs import make_evaluation


def test_the_confusion_matrix_has_shares_of_the_rows() -> None:
    rows = heat(make_evaluation())
    assert [(label, [cell.count for cell in cells]) for label, cells in rows][1] == ("press_release", [12, 42, 6])
    assert [round(cell.share, 2) for cell in rows[1][1]] == [0.2, 0.7, 0.1]
    assert [cell.shade for cell in rows[0][1]] == [9, 1, 1]
    many = tuple(map(str, range(31)))
    assert heat(make_evaluation(labels=many, confusion=[[1] * 31] * 31)) == []
    several = make_evaluation(confusion=[[[1, 2], [3, 4]]] * 3)
    assert heat(several) == confusions(several) == []
    assert confusion_words(several) == ""


def test_only_confusions_above_chance_are_listed_and_else_it_is_said() -> None:
    pair = ConfusedPair("press_release", "opinion", 12, 5.1, 0.004)
    assert confusions(make_evaluation(confusions=(pair,))) == [(pair, 0.2)]
    assert confusion_words(make_evaluation(confusions=(pair,))).startswith("Only pairs that are surely confused more")
    assert "the 12 most frequent of 14" in confusion_words(make_evaluation(confusions=(pair,) * 14))
    assert confusion_words(make_evaluation(confusions=())).startswith("No pair of labels is surely confused more")
    assert "classifier evaluate RUN finds it" in confusion_words(make_evaluation())
    two = make_evaluation(labels=("a", "b"), confusion=[[9, 1], [2, 8]], confusions=())
    assert confusion_words(two).startswith("With two labels")
