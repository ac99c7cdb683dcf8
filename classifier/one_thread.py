"""Small linear algebra with one thread: two would wait for one another longer than either computes."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any


def one_thread() -> AbstractContextManager[Any]:
    """What numpy and scikit-learn compute inside takes one thread.

    Where another program has a core, BLAS's threads wait for one another at each of many short products: for seconds,
    where one thread alone is done in a moment.

    Example:
        >>> import numpy as np
        >>> with one_thread():
        ...     np.linalg.eigh(np.eye(2)).eigenvalues.tolist()
        [1.0, 1.0]
    """
    limits: AbstractContextManager[Any] = _libraries(len(sys.modules)).limit(limits=1, user_api="blas")
    return limits


@lru_cache(maxsize=1)
def _libraries(modules: int) -> Any:  # a library comes with a module that is imported
    """The libraries that compute in threads: to look for them takes longer than many a product."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
