"""Which training articles a head is fitted on."""

from __future__ import annotations

import math

import numpy as np

from classifier.arrays import Ints

MOST_ARTICLES = 2000
FEWEST_ARTICLES = 200
SHARE = 0.2  # of the articles that the training reads; reading alone takes a third of a step, so 7% more time in all


def articles_read(articles: int, passes: int, seed: int) -> Ints:
    """Which of the training articles a head is fitted on, ascending.

    Args:
        articles: how many there are.
        passes: articles that the training that follows reads, again in each epoch; 0 where none follows.
        seed: of the draw.

    Example:
        >>> len(articles_read(480, passes=960, seed=13)), len(articles_read(50_000, passes=150_000, seed=13))
        (200, 2000)
    """
    most = min(MOST_ARTICLES, max(FEWEST_ARTICLES, math.ceil(SHARE * passes))) if passes else MOST_ARTICLES
    return np.sort(np.random.default_rng(seed).permutation(articles)[:most])
