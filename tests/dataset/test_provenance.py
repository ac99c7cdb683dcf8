from pathlib import Path

import pytest

from classifier.dataset.provenance import hash_path

pytestmark = pytest.mark.usefixtures("quick_builds")


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


def test_a_hash_tells_contents_behind_links(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "x.txt").write_text("one")
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "news").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    first = hash_path(tmp_path / "corpus")
    (tmp_path / "elsewhere" / "x.txt").write_text("two")
    assert hash_path(tmp_path / "corpus") != first
