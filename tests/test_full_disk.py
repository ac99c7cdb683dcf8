"""A disk that fills up: every library that writes for us says it in its own way, and it is no fault of ours."""

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import safetensors.numpy
import safetensors.torch
import torch
from transformers import AutoModel, AutoTokenizer

from classifier.errors import InputError, InterruptedTrainingError
from classifier.files import whole_folder
from classifier.full_disk import check_room, full_disk
from classifier.jobs.train import train
from classifier.training.checkpoints import STATE_FILE
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.disk import limited_file_size
from tests.makers.settings import tiny
from tests.makers.tuning import stop_after

VALUES = np.random.default_rng(0).random(100_000)
LIMIT = 20_000


def save_state(checkpoint: Path, place: Path) -> None:
    with (place / STATE_FILE).open("wb") as file:
        torch.save({"a": torch.from_numpy(VALUES)}, file)


def copy_tree(checkpoint: Path, place: Path) -> None:
    shutil.copytree(checkpoint, place / "model")


WRITERS: dict[str, Callable[[Path, Path], object]] = {
    "arrays": lambda _, place: safetensors.numpy.save_file({"a": VALUES}, place / "a.safetensors"),
    "tensors": lambda _, place: safetensors.torch.save_file({"a": torch.from_numpy(VALUES)}, place / "a.safetensors"),
    "state": save_state,
    "encoder": lambda checkpoint, place: AutoModel.from_pretrained(checkpoint).save_pretrained(place),
    "tokenizer": lambda checkpoint, place: AutoTokenizer.from_pretrained(checkpoint).save_pretrained(place),
    "copy": copy_tree,
    "parquet": lambda _, place: pq.write_table(pa.table({"a": VALUES}), place / "a.parquet"),
    "text": lambda _, place: (place / "a.txt").write_text("a" * 1_000_000),
}


@pytest.mark.parametrize("name", WRITERS)
def test_whatever_writes_the_disk_is_full(name: str, checkpoint: Path, tmp_path: Path) -> None:
    limit = 200 if name == "tokenizer" else LIMIT
    with (
        pytest.raises(InputError, match=r"run' cannot be written: File too large\.\nFix: Make room"),
        limited_file_size(limit),
        whole_folder(tmp_path / "run") as place,
    ):
        WRITERS[name](checkpoint, place)
    assert list(tmp_path.iterdir()) == []


def test_another_error_is_not_taken_for_it(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), whole_folder(tmp_path / "run"):
        raise ZeroDivisionError
    assert full_disk(ValueError("28")) is None
    assert full_disk(OSError(2, "no")) is None


def test_an_error_that_took_the_place_of_it_is_not_one() -> None:
    """`raise … from None` says that what came before does not matter."""
    try:
        try:
            raise OSError(28, "full")
        except OSError:
            raise ValueError from None
    except ValueError as error:
        assert full_disk(error) is None


def test_on_windows_rust_has_the_numbers_of_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    error = Exception("I/O error: There is not enough space on the disk. (os error 112)")
    here = full_disk(error)
    monkeypatch.setattr(os, "name", "nt")
    there = full_disk(error)
    monkeypatch.undo()
    assert (here, there) == (None, errno.ENOSPC)


def test_an_error_that_is_its_own_cause_ends_the_search() -> None:
    error = ValueError("of a library that says raise e from e")
    error.__cause__ = error
    assert full_disk(error) is None


def test_a_training_goes_on_once_there_is_room(tmp_path: Path, checkpoint: Path) -> None:
    source = str(write_jsonl(tmp_path / "a.jsonl", make_articles(40)))
    settings = tiny(checkpoint, **{"train.save_steps": 2})
    whole = train(source, tmp_path / "whole", settings=settings).run
    with pytest.raises(InterruptedTrainingError):
        train(source, tmp_path / "run", settings=settings, should_stop=stop_after(2))
    with (
        pytest.raises(InputError, match=r"' cannot be written: File too large\.\nFix: Make room"),
        limited_file_size((checkpoint / "model.safetensors").stat().st_size // 2),
    ):
        train(None, tmp_path / "run", resume=True)
    run = train(None, tmp_path / "run", resume=True).run
    weights = "model.safetensors"
    assert (run.model / weights).read_bytes() == (whole.model / weights).read_bytes()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a file system that does not tell its size")
def test_a_disk_that_does_not_tell_its_size_may_have_room() -> None:
    check_room(Path("/proc"), 10**9, "The model")


def test_without_validation_one_model_needs_room(
    tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = str(write_jsonl(tmp_path / "a.jsonl", make_articles(40)))
    weights = (checkpoint / "model.safetensors").stat().st_size
    left = shutil.disk_usage(tmp_path)._replace(free=weights)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: left)
    settings = tiny(checkpoint, **{"train.refit": True, "split.validation_size": 0})
    assert train(source, tmp_path / "run", settings=settings).run.model.exists()


def test_a_training_whose_model_will_have_no_room_does_not_begin(
    tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = str(write_jsonl(tmp_path / "a.jsonl", make_articles(40)))
    weights = (checkpoint / "model.safetensors").stat().st_size
    left = shutil.disk_usage(tmp_path)._replace(free=2 * weights - 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: left)
    settings = tiny(checkpoint, **{"train.refit": True, "split.validation_size": 0.2})
    with pytest.raises(
        InputError, match=r"The trained model needs 0 GB, and the disk of '.*run' has 0 GB left\.\nFix: Make room"
    ):
        train(source, tmp_path / "run", settings=settings)
    assert not (tmp_path / "run" / "metrics.jsonl").exists()
    monkeypatch.undo()
    assert train(None, tmp_path / "run", resume=True).run.model.exists()
