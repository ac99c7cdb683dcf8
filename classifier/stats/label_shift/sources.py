"""Articles of one source are alike: which stand together, and weights with which they are drawn again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from classifier.arrays import Floats, Ints

DRAWS = 200


def source_numbers(sources: Sequence[str | None]) -> Ints | None:
    """A number for each article's source; None where they are not known, or tell nothing: one for all, or one for each.

    An article without a source stands for itself.

    Example:
        >>> source_numbers(["a", "b", "a", None]).tolist()
        [0, 1, 0, 3]
        >>> source_numbers(["a", "b", "c"]) is source_numbers(["a", "a"]) is None
        True
    """
    first = {name: place for place, name in reversed(list(enumerate(sources))) if name}
    if not 1 < len(first) < sum(map(bool, sources)):
        return None
    return np.array([first[name] if name else place for place, name in enumerate(sources)], dtype=np.int64)


def article_weights(rng: np.random.Generator, draws: int, articles: int, times: float, blocks: Ints | None) -> Floats:
    """Weights of the Bayesian bootstrap with a mean of 1, shape (draws, articles)."""
    if blocks is None:
        return rng.standard_gamma(times, (draws, articles)) / times
    numbers = np.unique(blocks, return_inverse=True)[1]
    return rng.standard_exponential((draws, int(numbers.max(initial=-1)) + 1))[:, numbers]
