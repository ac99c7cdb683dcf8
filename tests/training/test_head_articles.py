import numpy as np

from classifier.training.head_articles import articles_read


def test_the_draw_is_of_all_articles_and_depends_on_the_seed_alone() -> None:
    few = articles_read(50_000, 0, seed=1)
    assert len(few) == 2000
    assert few.min() < 100 and few.max() > 49_900
    assert (np.diff(few) > 0).all()
    assert np.array_equal(few, articles_read(50_000, 0, seed=1))
    assert not np.array_equal(few, articles_read(50_000, 0, seed=2))
    assert np.array_equal(articles_read(150, 900, seed=1), np.arange(150))
