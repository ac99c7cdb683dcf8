"""Weights of labels with the highest expected macro F1, against the best of all labellings."""

import itertools

import numpy as np
import pytest

from classifier.stats.expected_f1 import best_weights


def expected(proba: np.ndarray, given: np.ndarray) -> float:
    """Macro F1 with what is expected of hits and of articles that are of each label."""
    classes = range(proba.shape[1])
    hits = [proba[given == k, k].sum() for k in classes]
    return float(np.mean([2 * hits[k] / ((given == k).sum() + proba[:, k].sum()) for k in classes]))


@pytest.mark.parametrize("seed", range(5))
def test_no_labelling_is_better_on_few_articles(seed: int) -> None:
    proba = np.random.default_rng(seed).dirichlet([3, 1, 0.3], size=8).astype(np.float32)
    best = max(expected(proba, np.array(given)) for given in itertools.product(range(3), repeat=8))
    found = expected(proba, (proba * best_weights(proba)).argmax(axis=1))
    assert found >= best - 0.02
    assert found > expected(proba, proba.argmax(axis=1))


def test_a_rare_label_is_given_about_as_often_as_it_is_expected() -> None:
    proba = np.random.default_rng(1).dirichlet([9, 1], size=2000).astype(np.float32)
    given = (proba * best_weights(proba)).argmax(axis=1)
    assert (proba.argmax(axis=1) == 1).sum() < 40
    assert 100 < (given == 1).sum() < 600


def test_equal_articles_get_equal_labels_and_weights_multiply_to_one() -> None:
    proba = np.repeat(np.array([[0.7, 0.3], [0.4, 0.6]], np.float32), 50, axis=0)
    weights = best_weights(proba)
    assert np.prod(weights) == pytest.approx(1)
    given = (proba * weights).argmax(axis=1)
    assert set(given[:50]) == {0}
    assert set(given[50:]) == {1}


def test_many_articles_are_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    from classifier.stats import expected_f1

    proba = np.random.default_rng(2).dirichlet([4, 1], size=4000).astype(np.float32)
    whole = best_weights(proba)
    monkeypatch.setattr(expected_f1, "MOST", 2000)
    assert best_weights(proba) == pytest.approx(whole, rel=0.2)
