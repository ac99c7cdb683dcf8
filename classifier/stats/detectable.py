"""How much worse some articles must be for the score test of slices to find it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from classifier.arrays import Floats, Ints
from classifier.stats.equivalence import detectable_errors
from classifier.stats.significance import fewest_groups, score_parts
from classifier.stats.two_way import clustered_square

STEPS = 1000  # in which the smallest difference is looked for


def smallest_by_score(
    right: Floats, inside: npt.NDArray[np.bool_], groups: Ints, crossed: Ints | None = None, *, level: float
) -> float:
    """How much smaller the share inside must be for `score_test` to find it in about four of five cases.

    The share outside stays as it is, and groups go on to be as alike as they are. A difference adds to the variance by
    which it is judged, since the test does not know of it: where a few groups are inside, none may be large enough.

    Args:
        right, inside, groups, crossed: as in `score_test`.
        level: of the test; divided by the number of tests where they are corrected.

    Returns:
        Between 0 and 1; 1 where no difference could be found.

    Example:
        >>> right, inside = np.tile([1.0, 1.0, 1.0, 0.0], 100), np.arange(400) < 100
        >>> round(smallest_by_score(right, inside, np.arange(400), level=0.05), 2)
        0.16
    """
    from scipy.stats import t

    count = fewest_groups(groups, crossed)
    outside = 0.0 if inside.all() else float(right[~inside].mean())
    if count < 2 or not outside:
        return 1.0
    _, spread, weights = score_parts(right, inside, groups, crossed)
    squares = weights**2
    own = clustered_square(squares, groups, crossed)  # what a difference of 1 adds to the variance
    critical = float(t.ppf(1 - level / 2, count - 1))
    beyond = detectable_errors(squares.sum() ** 2 / own - 1, level=level) - critical  # the variance is uncertain too
    steps = np.linspace(0, outside, STEPS + 1)[1:]
    worse, share = outside - steps, outside - steps * inside.mean()  # of those inside, and of all
    plain = right.mean() * (1 - right.mean()) * squares.sum()
    alike = spread**2 / plain if plain > 0 and count < len(right) else 1.0  # how much groups widen the variance
    sampled = alike * (worse * (1 - worse) * squares[inside].sum() + outside * (1 - outside) * squares[~inside].sum())
    judged = np.maximum(sampled + steps**2 * own, share * (1 - share) * squares.sum())
    sure = steps * squares.sum() >= critical * np.sqrt(judged)  # an observed difference that is called sure
    if not sure.any():
        return 1.0
    found = (steps - steps[sure.argmax()]) * squares.sum() >= beyond * np.sqrt(sampled)
    return float(steps[found.argmax()]) if found.any() else 1.0
