import numpy as np
from sklearn import metrics as sk

from classifier.stats.thresholds import best_thresholds, decide


def test_the_highest_is_the_label_or_all_that_reach_their_threshold() -> None:
    proba = np.array([[0.2, 0.5, 0.3], [0.6, 0.1, 0.3]], dtype=np.float32)
    assert decide(proba, False).tolist() == [1, 0]
    assert decide(proba, True).tolist() == [[0, 1, 0], [1, 0, 0]]
    assert decide(proba, True, [0.2, 0.9, 0.3]).tolist() == [[1, 0, 1], [1, 0, 1]]


def test_thresholds_have_the_best_f1() -> None:
    rng = np.random.default_rng(0)
    y = (rng.random((300, 2)) < [0.1, 0.5]).astype(np.int64)
    proba = np.clip(0.3 * y + 0.5 * rng.random((300, 2)), 0, 1).astype(np.float32)
    found = best_thresholds(y, proba)
    for column in range(2):
        scores = [sk.f1_score(y[:, column], proba[:, column] >= t) for t in np.linspace(0, 1, 401)]
        assert sk.f1_score(y[:, column], proba[:, column] >= found[column]) >= max(scores) - 1e-9
    assert best_thresholds(np.zeros((3, 1), dtype=np.int64), np.ones((3, 1), dtype=np.float32)) == [0.5]


def test_a_class_that_is_not_recognised_is_not_given_to_nearly_every_article() -> None:
    proba = np.linspace(0.02, 0.01, 22, dtype=np.float32)[:, None]
    y = np.zeros((22, 1), dtype=np.int64)
    y[18] = 1  # the best F1, .1, would be that of giving it to 19 of 22
    (threshold,) = best_thresholds(y, proba)
    assert (proba >= threshold).sum() == 1
