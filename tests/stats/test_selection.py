"""Uncertain articles that are unlike one another."""

import numpy as np
import pytest

from classifier.stats.selection import candidates, select_diverse, uncertainty


def test_the_margin_of_one_label_per_article() -> None:
    proba = np.array([[0.4, 0.4, 0.2], [0.7, 0.2, 0.1], [1.0, 0.0, 0.0]], dtype=np.float32)
    assert uncertainty(proba, multi_label=False) == pytest.approx([1.0, 0.5, 0.0])
    assert uncertainty(np.ones((2, 1), dtype=np.float32), multi_label=False).tolist() == [0, 0]


def test_several_labels_are_unsure_at_their_thresholds() -> None:
    proba = np.array([[0.2, 0.9], [0.6, 0.0], [1.0, 0.0]], dtype=np.float32)
    assert uncertainty(proba, True, [0.2, 0.5]) == pytest.approx([1.0, 0.5, 0.0])
    assert uncertainty(proba, True) == pytest.approx([0.4, 0.8, 0.0])


def test_only_the_most_uncertain_are_candidates() -> None:
    scores = np.array([0.1, 0.9, 0.5, 0.9, 0.3], dtype=np.float32)
    assert candidates(scores, 1, 2).tolist() == [1, 3]
    assert candidates(scores, 4, 10).tolist() == [1, 3, 2, 4, 0]


def groups(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores and vectors of 90 articles in three far-apart groups of 60, 20 and 10; the first is the most uncertain."""
    rng = np.random.default_rng(seed)
    centres = np.repeat(np.eye(3, 8) * 10, [60, 20, 10], axis=0)
    scores = np.repeat([0.9, 0.6, 0.3], [60, 20, 10]) + rng.uniform(0, 0.05, 90)
    return scores.astype(np.float32), (centres + rng.normal(size=(90, 8)) * 0.1).astype(np.float32)


def test_each_group_gives_one_article_the_most_uncertain_first() -> None:
    scores, vectors = groups()
    batch = select_diverse(scores, vectors, 3, seed=0)
    assert [int(row >= 60) + int(row >= 80) for row in batch.rows] == [0, 1, 2]
    assert batch.alike.tolist() == [60, 20, 10]
    assert np.all(np.diff(scores[batch.rows]) <= 0)


def test_uncertain_articles_weigh_more() -> None:
    """Between two groups, the unsure one is divided, not the sure one."""
    rng = np.random.default_rng(1)
    places = np.concatenate([rng.uniform(0, 1, 50), rng.uniform(2, 3, 50)])
    vectors = np.stack([np.cos(places), np.sin(places)], axis=1).astype(np.float32)
    scores = np.repeat([0.001, 0.9], 50).astype(np.float32)
    batch = select_diverse(scores, vectors, 5, seed=0)
    assert sum(row >= 50 for row in batch.rows) >= 4


def test_equal_vectors_and_few_candidates_still_give_as_many_as_are_wanted() -> None:
    scores = np.linspace(0, 1, 12).astype(np.float32)
    vectors = np.repeat(np.eye(2, 4), 6, axis=0).astype(np.float32)
    batch = select_diverse(scores, vectors, 7, seed=0)
    assert len(set(batch.rows.tolist())) == 7
    assert select_diverse(scores[:3], vectors[:3], 7, seed=0).rows.tolist() == [2, 1, 0]


def test_the_same_seed_gives_the_same_batch() -> None:
    scores, vectors = groups()
    first, second = (select_diverse(scores, vectors, 9, seed=4) for _ in range(2))
    assert first.rows.tolist() == second.rows.tolist()
    assert np.all(np.diff(scores[first.rows]) <= 0)
