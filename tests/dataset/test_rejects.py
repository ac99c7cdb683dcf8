import json
from pathlib import Path

import pytest

from classifier.dataset.rejects import Rejects
from classifier.errors import Fault, InputError


def test_bad_rows_are_one_error_in_the_order_of_their_places() -> None:
    rejects = Rejects(None)
    rejects.check("'a.csv'")  # nothing yet
    for line in (12, 3):
        rejects.add(Fault(f"a.csv:{line}", "text is empty", record={"text": ""}))
    with pytest.raises(InputError, match=r"^'a.csv' has 2 bad rows\.") as error:
        rejects.check("'a.csv'")
    assert [fault.where for fault in error.value.faults] == ["a.csv:3", "a.csv:12"]
    assert [fault.record for fault in error.value.faults] == [None, None]
    assert "--skip-bad" in error.value.fix


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
    with pytest.raises(InputError) as error:
        rejects.check("'a.csv'")
    assert fix in error.value.fix


def test_rows_that_are_skipped_are_listed_and_counted(tmp_path: Path) -> None:
    rejects = Rejects(tmp_path / "rejected.jsonl")
    for what in ("b", "a", "a"):
        rejects.add(Fault("a.csv:2", f"{what} is empty", what, record={"half a pair": "\ud800"}))
    rejects.check("'a.csv'")
    assert rejects.kinds == {"a": 2, "b": 1}
    lines = (tmp_path / "rejected.jsonl").read_text().splitlines()
    assert len(lines) == 3
    assert json.loads(lines[1]) == {"where": "a.csv:2", "what": "a is empty", "row": {"half a pair": "\ud800"}}
