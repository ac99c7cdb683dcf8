"""Labels in a cell."""

from typing import Any

import pytest

from classifier.articles.labels import LabelSet
from classifier.errors import InputError
from classifier.evaluation.shares.label_reader import LabelReader


@pytest.mark.parametrize("cell", ["['a']", '["a"]', ["a"]])
def test_a_cell_may_hold_a_list(cell: Any) -> None:
    for multi_label in (False, True):
        reader = LabelReader(LabelSet(("a", "b"), multi_label))
        assert reader.row(cell).tolist() == [1, 0]
    assert LabelReader(LabelSet(("['a']", "b"))).row("['a']").tolist() == [1, 0]
    with pytest.raises(InputError, match=r"looks like a list, but '\[a, b\]' cannot be read"):
        reader.row("[a, b]")


def test_unknown_empty_and_several_labels_are_refused() -> None:
    single, multi = (LabelReader(LabelSet(("opinion", "satire"), many), ";") for many in (False, True))
    with pytest.raises(InputError, match=r"does not know the label 'opnion'\. Did you mean 'opinion'"):
        single.row("opnion")
    for cell in ("", None, float("nan")):
        with pytest.raises(InputError, match="label is empty"):
            single.row(cell)
        assert multi.row(cell).tolist() == [0, 0]
    assert multi.row("satire;opinion").tolist() == [1, 1]
    assert single.row("Satire ").tolist() == [0, 1] and single.respelt
