"""Types of arrays, so that a signature says what an array holds; docstrings give the shapes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Ints32 = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]
Keys = npt.NDArray[np.uint64]


def evenly(count: int, most: int) -> Ints:
    """At most so many of the places from 0 to below a count, spread evenly, both ends included, ascending.

    Example:
        >>> evenly(9, 3), evenly(2, 3)
        (array([0, 4, 8]), array([0, 1]))
    """
    return np.linspace(0, count - 1, min(count, most)).astype(np.int64)
