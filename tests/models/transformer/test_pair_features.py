import numpy as np
import pytest

from classifier.models.transformer.pair_features import VECTORS, pair_features

RNG = np.random.default_rng(0)


def one_by_one(target: np.ndarray, sentences: np.ndarray) -> np.ndarray:
    """The features of a pair, as the module describes them."""
    v, each = target / np.linalg.norm(target), sentences / np.linalg.norm(sentences, axis=1, keepdims=True)
    weights = np.exp(10 * each @ v)
    u = (weights[:, None] * each).sum(axis=0) / weights.sum()
    return np.concatenate([u, v, u * v, np.abs(u - v), each.mean(axis=0)])


def test_features_are_those_of_each_pair_by_itself() -> None:
    counts = [2, 5, 2, 9]
    vectors = RNG.normal(size=(sum(counts), 6)).astype(np.float32)
    starts = np.concatenate([[0], np.cumsum(counts)])
    found = pair_features(vectors, starts)
    assert found.shape == (4, VECTORS * 6) and found.dtype == np.float32
    for pair in range(4):
        own = vectors[starts[pair] : starts[pair + 1]]
        assert found[pair] == pytest.approx(one_by_one(own[0], own[1:]), abs=1e-5)


def test_a_sentence_like_the_target_counts_most() -> None:
    target, like, other = np.array([1, 0], np.float32), np.array([3, 0.3], np.float32), np.array([0, 9], np.float32)
    found = pair_features(np.stack([target, *[other] * 20, like]), np.array([0, 22]))[0]
    assert found[0] > 0.99 and found[1] < 0.12
    assert found[8] < 0.05  # the plain mean


def test_a_vector_of_zeros_stays_one() -> None:
    found = pair_features(np.zeros((3, 4), np.float32), np.array([0, 3]))
    assert not found.any() and np.isfinite(found).all()
