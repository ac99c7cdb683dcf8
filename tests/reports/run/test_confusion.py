"""The confusion matrix as the page shows it."""

from __future__ import annotations

from classifier.reports.run.confusion import confusions, heat
from tests.makers.runs import make_evaluation


def test_the_confusion_matrix_has_shares_of_the_rows() -> None:
    rows = heat(make_evaluation())
    assert [(label, [cell.count for cell in cells]) for label, cells in rows][1] == ("press_release", [12, 42, 6])
    assert [round(cell.share, 2) for cell in rows[1][1]] == [0.2, 0.7, 0.1]
    assert [cell.shade for cell in rows[0][1]] == [9, 1, 1]
    assert confusions(make_evaluation(), most=2) == [
        ("press_release", "opinion", 12, 0.2),
        ("opinion", "press_release", 8, 0.08),
    ]
    many = tuple(map(str, range(31)))
    assert heat(make_evaluation(labels=many, confusion=[[1] * 31] * 31)) == []
    assert (
        heat(make_evaluation(confusion=[[[1, 2], [3, 4]]] * 3)) == confusions(make_evaluation(confusion=[[[1]]])) == []
    )
