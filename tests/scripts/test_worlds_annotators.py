"""The simulated worlds behind the figures of docs/measured.md on annotators."""

import numpy as np
from worlds.annotators import labelled, true_difference


def test_a_model_like_an_annotator_agrees_like_one_and_a_worse_one_does_not() -> None:
    assert abs(true_difference(0.8, 0.8)) < 0.01
    assert true_difference(0.8, 0.6) < -0.05
    votes, model = labelled(np.random.default_rng(0), np.repeat(np.arange(20), 5), 0.8, 0.8)
    assert votes.shape == (100, 1, 3) and (votes.sum(axis=2) == 3).all() and model.shape == (100, 1)
