import numpy as np
import pytest

from classifier.stats.label_shift.mixture import mixture_p
from tests.makers.label_shift import BASE, NEW, made, stored


def p(shares: np.ndarray, seed: int, heat: float = 2.0) -> float:
    """Of a corpus of such shares; the model is twice too sure of articles like validation's."""
    calibration, known = stored(400, seed)
    proba = calibration.apply(made(400, shares, 100 + seed, heat)[0]).astype(float)
    return mixture_p(proba, known.scores, known.truth, None, np.random.default_rng(seed))


@pytest.mark.parametrize("shares", [BASE, NEW])
def test_other_shares_alone_seldom_contradict(shares: np.ndarray) -> None:
    assert sum(p(shares, seed) < 0.05 for seed in range(10)) <= 2


def test_scores_that_no_mixture_of_labels_has_contradict() -> None:
    """The model is unsure of every article, as of texts of another kind."""
    for seed in range(3):
        assert p(NEW, seed, heat=0.6) < 0.01
