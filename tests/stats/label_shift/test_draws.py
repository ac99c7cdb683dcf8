import numpy as np
import pytest

from classifier.stats.label_shift.draws import share_draws
from tests.makers.label_shift import NEW, made, stored


def draws(corpus: int, validation: int) -> np.ndarray:
    calibration, known = stored(validation)
    proba = calibration.apply(made(corpus, NEW, 7, heat=2.0)[0]).astype(float)
    sizes, rng = (corpus, validation), np.random.default_rng(1)
    return share_draws(proba, known.scores, known.truth, np.array(known.shares), sizes, None, rng)


def test_the_draws_are_shares_around_the_true_ones_and_vary_less_with_more_articles() -> None:
    found = draws(1000, 2000)
    assert found.sum(axis=1) == pytest.approx(1)
    assert found.mean(axis=0) == pytest.approx(NEW, abs=0.08)
    assert draws(100, 2000).std(axis=0).mean() > 1.5 * found.std(axis=0).mean()
    assert draws(1000, 100).std(axis=0).mean() > 1.5 * found.std(axis=0).mean()


def test_stored_articles_stand_for_all_of_validation() -> None:
    """At most 500 are stored; those of 2,000 are drawn with weights that vary less."""
    assert draws(5000, 500).std(axis=0).mean() > 1.3 * draws(5000, 2000).std(axis=0).mean()
