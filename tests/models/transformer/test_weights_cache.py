import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from classifier.errors import InputError
from classifier.models.transformer.weights_cache import cache_folder, installed_file, made_once
from classifier.one_writer import unfinished


def write(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"weights")


def test_it_is_beside_what_the_hub_has_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HOME", "elsewhere")
    assert cache_folder() == Path("elsewhere/article-classifier")


def test_a_file_of_a_package_is_found_where_it_is_installed() -> None:
    assert installed_file("pytest", "pytest/__init__.py")
    assert installed_file("pytest", "pytest/no-such-file") is None
    assert installed_file("no-such-package-here", "x") is None


def test_several_may_make_it_at_once_and_it_is_made_once(tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "model"
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: made_once(folder, write), range(8))) == {folder}
    assert [entry.name for entry in folder.parent.iterdir()] == ["model"]
    assert made_once(folder, lambda partial: pytest.fail("made again")) == folder


def test_what_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        write(folder)
        raise InputError("damaged")

    with pytest.raises(InputError, match="damaged"):
        made_once(tmp_path / "cache" / "model", fail)
    assert not list((tmp_path / "cache").iterdir())


def test_a_folder_that_was_changed_is_refused(tmp_path: Path) -> None:
    folder = made_once(tmp_path / "model", write)
    (folder / "model.safetensors").write_bytes(b"other")
    with pytest.raises(InputError, match="is not as it was written") as error:
        made_once(folder, write)
    assert f"Remove '{folder}'" in error.value.fix


def test_a_cache_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(InputError, match="cannot be written") as error:
        made_once(tmp_path / "cache" / "model", write)
    assert "HF_HOME" in error.value.fix


def test_what_a_killed_process_left_is_removed_once_it_is_old(tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "model"
    old, young = unfinished(folder), unfinished(folder)
    for left in (old, young):
        left.mkdir(parents=True)
    os.utime(old, (time.time() - 7200,) * 2)
    made_once(folder, write)
    assert young.exists()
    assert not old.exists()
