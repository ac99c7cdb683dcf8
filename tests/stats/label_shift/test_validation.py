import pytest

from classifier.stats.label_shift import ValidationScores
from classifier.stats.label_shift.validation import STORED
from tests.makers.label_shift import BASE, stored


def test_the_shares_that_scores_take_for_granted_are_those_of_validation_and_not_of_equal_weights() -> None:
    _, known = stored(5000)
    assert known.shares == pytest.approx(BASE, abs=0.02)
    assert sum(known.shares) == pytest.approx(1, abs=1e-5)
    assert known.articles == 5000
    assert len(known.rows) == STORED
    assert known.scores.mean(axis=0) == pytest.approx(known.shares, abs=0.05)
    assert known.truth.mean(axis=0) == pytest.approx(BASE, abs=0.05)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"shares": (0.5, 0.5)}, "validation.shares: there must be 3"),
        ({"shares": (0.5, 0.5, -1.0)}, "validation.shares"),
        ({"rows": ()}, "validation.rows: there are 0"),
        ({"articles": 1}, "of 1 articles"),
        ({"rows": ("0: 1 0 0", "0: 1 0")}, "line 2 is no article of 3 labels"),
        ({"rows": ("x: 1 0 0", "0: 1 0 0")}, "line 1"),
        ({"groups": (1,)}, "validation.groups: there are 1, of 2 lines"),
        ({"rows": ("0 1 0 0", "0: 1 0 0")}, "line 1"),
        ({"rows": ("0: 1 0 7", "0: 1 0 0")}, "line 1"),
    ],
)
def test_what_cannot_be_true_is_said(change: dict, says: str) -> None:  # type: ignore[type-arg]
    values = {"shares": (0.5, 0.3, 0.2), "articles": 2, "rows": ("0: 1 0 0", "2: 0.1 0.2 0.7"), **change}
    good = ValidationScores((0.5, 0.3, 0.2), 2, ("0: 1 0 0", "2: 0.1 0.2 0.7"))
    assert good.wrong(3) == ""
    assert says in ValidationScores(**values).wrong(3)
