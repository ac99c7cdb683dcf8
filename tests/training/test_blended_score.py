"""Scores of a model as it would predict: with TF-IDF or without, nothing fitted in sample."""

import numpy as np
import pytest

from classifier.config import TrainConfig
from classifier.stats.metrics import headline
from classifier.training.blended_score import ValidationJudge

LABELS = ("a", "b", "c")


def noise(rng: np.random.Generator, y: np.ndarray, signal: float) -> np.ndarray:
    return (signal * np.eye(3)[y] + rng.normal(size=(len(y), 3))).astype(np.float32)


def test_without_tfidf_it_is_the_score_of_the_logits() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=90)
    logits = noise(rng, y, 1.0)
    judge = ValidationJudge(y, LABELS, "f1_macro", TrainConfig(), ("none",), np.arange(90) % 5)
    assert judge.scores(logits) == {"none": headline(y, logits.argmax(axis=1), LABELS)["f1_macro"]}


@pytest.mark.parametrize(("better", "blend"), [("auto", "auto"), ("none", 0.9)])
def test_the_better_of_the_two_is_found(better: str, blend: str | float) -> None:
    rng = np.random.default_rng(1)
    y = rng.integers(3, size=300)
    logits = noise(rng, y, 3.0 if better == "none" else 0.5)
    tfidf = noise(rng, y, 2.0 if better == "auto" else 0.0)
    judge = ValidationJudge(
        y, LABELS, "accuracy", TrainConfig(num_train_epochs=3), (blend, "none"), np.arange(300) % 5, tfidf, 1.0
    )
    found = judge.scores(logits)
    assert max(found, key=lambda blend: found[blend]) == better


def test_nothing_is_fitted_on_the_articles_that_are_scored() -> None:
    """Thresholds of several labels that chance alone offers are worth something in sample, and nothing out of fold."""
    rng = np.random.default_rng(2)
    gains = []
    for _ in range(20):
        y = (rng.random((40, 3)) < 0.3).astype(np.int64)
        logits = rng.normal(size=(40, 3)).astype(np.float32)
        parts = (np.arange(40) % 5, None)
        found = [
            ValidationJudge(y, LABELS, "f1_macro", TrainConfig(), ("none",), part).scores(logits)["none"]
            for part in parts
        ]
        gains.append(found[1] - found[0])
    assert np.mean(gains) > 0.03
