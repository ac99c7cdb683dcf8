import numpy as np
import pytest

from classifier.arrays import evenly


@pytest.mark.parametrize(("count", "most"), [(0, 5), (1, 5), (5, 5), (7, 5), (1000, 999), (100_000, 2000)])
def test_places_are_different_ones_from_the_first_to_the_last(count: int, most: int) -> None:
    found = evenly(count, most)
    assert len(found) == min(count, most)
    assert not count or (found[0], found[-1]) == (0, count - 1)
    steps = np.diff(found)
    assert (steps >= 1).all() and steps.max(initial=0) - steps.min(initial=2**60) <= 1
