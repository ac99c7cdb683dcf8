"""The simulated worlds behind the figures of docs/measured.md on two models that are called level."""

from worlds.level import SETTINGS, rows


def test_each_setting_has_wrong_claims_by_both_rules_and_right_ones() -> None:
    found = list(rows(2, 0))
    assert len(found) == 3 * len(SETTINGS)
    assert {row.worlds + row.refused for row in found} == {2}
