"""A Ray cluster on this machine, for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from classifier.jobs.predict.cluster.session import Session, connected


@contextmanager
def small_cluster() -> Iterator[Session]:
    """Two processors, and workers that get the model as those of another machine would; skips without Ray."""
    ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'article-classifier[ray]'")
    with connected("local") as session:
        yield Session(ray, here=False)
    assert session.here
