"""The worlds of other shares of labels give rows, and sources that differ are no shift."""

import pytest
from worlds import label_shift


def test_each_setting_has_intervals_and_alarms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        label_shift, "SETTINGS", (label_shift.Setting(3, 400, 300), label_shift.Setting(2, 300, 300, 25))
    )
    rows = list(label_shift.PART.rows(8, 0))
    assert [row.worlds for row in rows] == [24, 24, 8, 8, 8, 16, 16, 8, 8, 8, 8]
    held = [row for row in rows if row.width is not None]
    assert all(row.rate >= 0.7 for row in held)
    assert rows[2].rate >= 0.6, "a shift that is there is found"
    assert max(rows[3].rate, rows[8].rate) <= 0.4
    assert rows[9].hits >= rows[8].hits, "articles of a source look like a shift where each stands for itself"
