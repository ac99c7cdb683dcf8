"""The worlds of label sets, of abstention and of groups give rows; groups that are worse are found more often."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[2] / "scripts"))
from worlds import abstention, groups, sets


@pytest.mark.parametrize("part", [abstention.PART, groups.PART, sets.PART], ids=["abstention", "groups", "sets"])
def test_a_part_gives_rows(part: object) -> None:
    rows = list(part.rows(3, 0))  # type: ignore[attr-defined]
    assert rows and all(row.worlds + row.refused == 3 and row.hits <= row.worlds for row in rows)
