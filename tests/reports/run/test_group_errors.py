"""What differs between groups, in words."""

from __future__ import annotations

from dataclasses import replace

from classifier.evaluation.group_errors import ColumnErrors, GroupErrors, GroupRate
from classifier.reports.run.group_errors import group_findings, group_lines, rate_words

RECALL = GroupRate("home", "recall", "satire", 40, 0.62, 0.88, 0.003)
SCORE = GroupRate("home", "score above right", None, 90, 0.12, -0.01, 0.2)
COLUMN = ColumnErrors("desk", "group", ("home", "world"), ("sport",), 0.003, 0.2, (RECALL, SCORE))


def test_groups_that_differ_are_a_point_to_mind_with_what_follows() -> None:
    (found,) = group_findings(GroupErrors("test", (COLUMN,)))
    assert (found.tone, found.title) == ("care", "Error rates differ between the groups of desk")
    assert found.text == (
        "home: recall of satire .62, elsewhere .88 (p = 0.003). Shares by these groups (estimate --by desk) cannot be "
        "compared with one another, unless labelled articles of each group say how the model errs there."
    )
    (scores,) = group_findings(GroupErrors("test", (replace(COLUMN, errors=0.4, scores=0.0001),)))
    assert scores.title == "What scores are worth differs between the groups of desk"
    assert scores.text.startswith(
        "home: scores .12 above the share of right labels, elsewhere .01 below it (p = 0.200)."
    )
    assert list(group_findings(None)) == []


def test_where_nothing_surely_differs_there_is_no_point_but_a_line() -> None:
    found = GroupErrors("test", (replace(COLUMN, errors=0.3, scores=None),))
    assert list(group_findings(found)) == []
    assert group_lines(found) == [
        "By desk, error rates do not surely differ (p = 0.300), whole groups of articles counted; sport left out, of "
        "too few groups of articles."
    ]


def test_groups_that_cannot_be_compared_are_said() -> None:
    found = GroupErrors("test", (ColumnErrors("desk", "group", (), ("home",), None, None, ()),))
    assert [finding.tone for finding in group_findings(found)] == ["note"]
    assert group_lines(found)[0].startswith("The groups of desk cannot be compared.")


def test_a_rate_beside_that_of_the_others() -> None:
    assert rate_words(replace(RECALL, rate="false positives")) == "home: false positives of satire .62, elsewhere .88"
