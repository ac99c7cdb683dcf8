"""What tests of commands share."""

from collections.abc import Iterator

import pytest

from tests.makers.light_process import LightProcess, light_process


@pytest.fixture(scope="session")
def light() -> Iterator[LightProcess]:
    """A process that has loaded the command line alone."""
    with light_process() as process:
        yield process


@pytest.fixture(scope="session")
def refusing() -> Iterator[LightProcess]:
    """A process that has loaded what refuses a file that is not there."""
    with light_process("train", "missing.csv", "--out", "OUT") as process:
        yield process
