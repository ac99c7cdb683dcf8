import numpy as np
import pytest

from classifier.stats.label_shift.sources import article_weights, source_numbers


def test_sources_that_tell_nothing_are_left_out() -> None:
    assert source_numbers(["a", "a", "b", ""]) is not None
    for nothing in ([], ["a", "a"], ["a", "b", "c"], ["", None, ""]):
        assert source_numbers(nothing) is None
    several = source_numbers(["", "a", None, "a", "b"])
    assert several is not None
    assert len(set(several)) == 4


def test_articles_of_a_source_are_drawn_with_one_weight_and_others_by_themselves() -> None:
    rng = np.random.default_rng(0)
    together = article_weights(rng, 4000, 3, 1, np.array([7, 7, 2]))
    assert (together[:, 0] == together[:, 1]).all()
    assert (together[:, 0] != together[:, 2]).all()
    assert together.mean(axis=0) == pytest.approx(1, abs=0.1)
    alone = article_weights(rng, 4000, 3, 25, None)
    assert alone.mean(axis=0) == pytest.approx(1, abs=0.02)
    assert alone.std(axis=0) == pytest.approx(1 / 5, abs=0.02)  # an article that stands for 25 varies less
