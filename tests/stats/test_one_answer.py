import numpy as np
import pytest
from sklearn import metrics as sk

from classifier.stats.metrics import intervals
from classifier.stats.one_answer import above_one_answer


def test_a_figure_above_one_answer_is_that_of_scikit_learn_and_mcc_is_a_correlation() -> None:
    rng = np.random.default_rng(4)
    y = rng.integers(0, 3, 200)
    given = np.where(rng.random(200) < 0.6, y, rng.integers(0, 3, 200))
    found = above_one_answer(y, given, np.full(200, 1), ["a", "b", "c"], samples=200)
    assert found["accuracy"].value == pytest.approx((y == given).mean() - (y == 1).mean())
    assert found["matthews_correlation"].value == pytest.approx(sk.matthews_corrcoef(y, given))
    one = np.eye(3, dtype=np.int64)
    several = above_one_answer(one[y], one[given], one[np.full(200, 1)], ["a", "b", "c"], samples=200)
    assert several["matthews_correlation"].value == pytest.approx(sk.matthews_corrcoef(y, given))
    assert several["matthews_correlation"].interval[0] > 0
    groups = np.arange(200) % 6
    grouped = above_one_answer(y, given, np.full(200, 1), ["a", "b", "c"], groups=groups, samples=200)
    bounds = intervals(y, given, ["a", "b", "c"], groups=groups, samples=200)["matthews_correlation"]
    assert grouped["matthews_correlation"].interval == bounds  # one answer has 0 in every sample
    two = above_one_answer(y, given, np.full(200, 1), ["a", "b", "c"], groups=np.arange(200) % 2, samples=50)
    assert all(gain.interval is None for gain in two.values())
