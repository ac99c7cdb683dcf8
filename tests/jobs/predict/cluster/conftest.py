"""A small Ray cluster on this machine, and a model for its workers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from classifier.jobs.predict.cluster.session import Session
from tests.makers.models import make_model_folder
from tests.makers.ray_cluster import small_cluster


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with small_cluster() as found:
        yield found


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Path:
    return make_model_folder(tmp_path_factory.mktemp("model") / "model", checkpoint)
