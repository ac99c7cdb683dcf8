from collections.abc import Iterator
from pathlib import Path

import pytest

from classifier.dataset.provenance import hash_path


@pytest.fixture(autouse=True, scope="module")
def _quick() -> Iterator[None]:
    """Without the probe and the page, which take most of a build's time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("classifier.jobs.build.measure_leakage", lambda *_, **__: None)
        patch.setattr("classifier.jobs.build.write_page", lambda *_, **__: None)
        yield


def test_a_hash_tells_contents_and_names(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "x.txt").write_text("one")
    first = hash_path(tmp_path / "a")
    assert hash_path(tmp_path / "a") == first
    assert hash_path(tmp_path / "a" / "b" / "x.txt") == (
        "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"  # sha256sum
    )
    (tmp_path / "a" / "b" / "x.txt").rename(tmp_path / "a" / "b" / "y.txt")
    second = hash_path(tmp_path / "a")
    (tmp_path / "a" / "b" / "y.txt").write_text("two")
    assert len({first, second, hash_path(tmp_path / "a")}) == 3
