"""The worlds of label sets, of abstention and of groups give rows; groups that are worse are found more often."""

import pytest
from worlds import abstention, groups, sets


@pytest.mark.parametrize("part", [abstention.PART, groups.PART, sets.PART], ids=["abstention", "groups", "sets"])
def test_a_part_gives_rows(part: object) -> None:
    rows = list(part.rows(3, 0))  # type: ignore[attr-defined]
    assert rows and all(row.worlds + row.refused == 3 and row.hits <= row.worlds for row in rows)
