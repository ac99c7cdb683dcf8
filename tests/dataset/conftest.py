"""What tests of datasets share."""

from collections.abc import Iterator

import pytest

from classifier.jobs.building import dataset, leaks


@pytest.fixture(scope="module")
def quick_builds() -> Iterator[None]:
    """Builds without the probe and the page, which take most of their time and have tests of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(leaks, "measure_leakage", lambda *_, **__: None)
        patch.setattr(dataset, "write_page", lambda *_, **__: None)
        yield
