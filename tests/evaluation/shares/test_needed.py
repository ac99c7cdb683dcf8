import numpy as np
import pytest

from classifier.evaluation.shares.needed import Needed
from classifier.evaluation.shares.prediction_counts import GroupCounts

GOOD, BAD = (np.array([[right, 1 - right], [1 - right, right]]) for right in (0.95, 0.6))


@pytest.mark.parametrize("multi_label", [False, True])
def test_the_more_errors_the_more_labels(multi_label: bool) -> None:
    count = GroupCounts(np.array([700, 300]), 1000)
    good, bad = (Needed((c, c) if multi_label else (c,), multi_label).articles(count) for c in (GOOD, BAD))
    assert good is not None and bad is not None and 30 <= good < bad < 1000


def test_a_group_that_is_too_small_has_no_number() -> None:
    assert Needed((GOOD,), False).articles(GroupCounts(np.array([20, 9]), 29)) is None
    assert Needed((BAD,), False).articles(GroupCounts(np.array([20, 20]), 40)) is None
