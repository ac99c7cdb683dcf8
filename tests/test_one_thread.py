"""What numpy computes inside takes one thread, and as many as before after it."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from classifier.one_thread import one_thread


def _threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_blas_has_one_thread_inside_and_as_many_as_before_outside() -> None:
    np.linalg.eigh(np.eye(2))
    with threadpool_limits(2, user_api="blas"):
        with one_thread():
            assert _threads() == {1}
        assert _threads() == {2}


LATER = """
import numpy
from threadpoolctl import threadpool_info
from classifier.one_thread import one_thread
def pools():
    return {pool["filepath"]: pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}
with one_thread():
    first = pools()
import scipy.linalg
outside = pools()
with one_thread():
    second = pools()
assert second.keys() > first.keys()
assert {*first.values(), *second.values()} == {1}
assert pools() == outside
"""


def test_a_library_that_is_loaded_after_the_first_use_has_one_thread_too() -> None:
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "2"}
    subprocess.run([sys.executable, "-c", LATER], check=True, env=environment)
