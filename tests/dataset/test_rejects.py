import json
from pathlib import Path

import pytest

from classifier.dataset.rejects import Rejects
from classifier.errors import Fault


def test_bad_rows_are_one_error_in_the_order_of_their_places() -> None:
    rejects = Rejects(None)
    assert rejects.problem("'a.csv'", 3) is None
    for where in ("a.csv:12", "a.csv:7, row 4", "a.csv:3"):
        rejects.add(Fault(where, "text is empty", record={"text": ""}))
    error = rejects.problem("'a.csv'", 3)
    assert error is not None
    assert error.message == "'a.csv' has 3 bad rows."
    assert [fault.where for fault in error.faults] == ["a.csv:3", "a.csv:7, row 4", "a.csv:12"]
    assert [fault.record for fault in error.faults] == [None] * 3
    assert "--skip-bad" in error.fix


@pytest.mark.parametrize(
    ("kind", "fix"),
    [
        ("label is a string without a declared separator", "data.label_separator"),
        ("changed article", "ids of their own"),
    ],
)
def test_rows_that_are_all_wrong_alike_have_a_fix_of_their_own(kind: str, fix: str) -> None:
    rejects = Rejects(None)
    rejects.add(Fault("a.csv:2", "what is wrong", kind))
    error = rejects.problem("'a.csv'", 3)
    assert error is not None
    assert fix in error.fix


def test_rows_that_are_skipped_are_listed_and_counted(tmp_path: Path) -> None:
    rejects = Rejects(tmp_path / "rejected.jsonl")
    for what in ("b", "a", "a"):
        rejects.add(Fault("a.csv:2", f"{what} is empty", what, record={"half a pair": "\ud800"}))
    assert rejects.problem("'a.csv'", 3) is None
    assert rejects.kinds == {"a": 2, "b": 1}
    lines = (tmp_path / "rejected.jsonl").read_text().splitlines()
    assert len(lines) == 3
    assert json.loads(lines[1]) == {"where": "a.csv:2", "what": "a is empty", "row": {"half a pair": "\ud800"}}


@pytest.mark.parametrize("skip", [False, True])
def test_where_all_rows_are_bad_they_are_not_to_be_skipped(skip: bool, tmp_path: Path) -> None:
    rejects = Rejects(tmp_path / "rejected.jsonl" if skip else None)
    for line in (2, 3):
        rejects.add(Fault(f"a.csv:{line}", "text is a number, as most are", "text is a number"))
    error = rejects.problem("'a.csv'", 0)
    assert error is not None
    assert "--skip-bad" not in str(error)
    assert "no other row is good" in error.fix
    if skip:
        assert error.message == "All 2 rows of 'a.csv' are bad, so none is left: 2 × text is a number."


@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize(
    ("kind", "of_a_column"), [("body is empty", True), ("not valid JSON", False), ("label has several labels", False)]
)
def test_another_column_is_proposed_where_cells_are_wrong(
    kind: str, of_a_column: bool, skip: bool, tmp_path: Path
) -> None:
    rejects = Rejects(tmp_path / "rejected.jsonl" if skip else None)
    rejects.add(Fault("a.csv:2", "what is wrong", kind))
    error = rejects.problem("'a.csv'", 0)
    assert error is not None
    assert ("data.columns.label=NAME" in error.fix) == of_a_column
