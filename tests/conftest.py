"""Fixtures that every test may use."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from classifier.collecting import uncollected
from tests.makers.cascade import make_cascade_run
from tests.makers.examples import make_examples
from tests.makers.models import make_checkpoint

settings.register_profile("same", derandomize=True, database=None)
settings.register_profile("other")  # other examples in each run: pytest --hypothesis-profile=other
settings.load_profile("same")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is imported and collected stays to the end: each look for garbage would go through all of it again."""
    with uncollected():
        found = yield
    gc.freeze()
    return found


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    import logging

    yield
    logger = logging.getLogger("classifier")
    logger.handlers, logger.propagate = [], True
    logger.setLevel(logging.NOTSET)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("checkpoint") / "bert")


@pytest.fixture(scope="session")
def cascade_run(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Path:
    """A run that stores how often TF-IDF alone gives its label; not to be written to."""
    return make_cascade_run(tmp_path_factory.mktemp("cascade"), checkpoint)


@pytest.fixture(scope="session")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the docstrings' examples run; not to be written to."""
    return make_examples(tmp_path_factory.mktemp("examples") / "folder")


@pytest.fixture
def in_examples(examples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, as the working directory."""
    folder = shutil.copytree(examples, tmp_path / "folder")
    monkeypatch.chdir(folder)
    return folder
