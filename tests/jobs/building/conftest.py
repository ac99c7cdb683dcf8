"""What tests of builds share."""

import pytest

from classifier.jobs.building import dataset as dataset_module
from classifier.jobs.building import leaks


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the page and the probe, which take most of a build's time, for what has nothing to do with them."""
    monkeypatch.setattr(dataset_module, "write_page", lambda *_, **__: None)
    monkeypatch.setattr(leaks, "measure_leakage", lambda *_, **__: None)
