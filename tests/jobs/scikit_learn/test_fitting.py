"""A training without a test split: what is held apart, and what is kept of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from classifier.errors import InputError
from classifier.jobs.scikit_learn.fitting import Plan, folder_files, load_files, train_on_rows, write_files
from classifier.jobs.scikit_learn.samples import sample_rows
from classifier.progress import SILENT
from tests.makers.articles import make_articles

ARTICLES = make_articles(40)
TEXTS, Y = [one.text for one in ARTICLES], [one.labels[0] for one in ARTICLES]
ROWS = sample_rows(TEXTS, Y, [one.source for one in ARTICLES])


def plan(checkpoint: Path, **more: Any) -> Plan:
    settings = {"model.name": str(checkpoint), "model.max_length": 32, "train.device": "cpu", "train.bf16": False}
    return Plan(
        **{"settings": settings, "validation_fraction": 0.2, "grouped": True, "seed": 3, "progress": SILENT, **more}
    )


def test_the_files_are_those_of_a_model_folder(checkpoint: Path, tmp_path: Path) -> None:
    files = train_on_rows(ROWS, plan(checkpoint))
    assert {"classifier.json", "model.safetensors", "checksums.json", "tfidf/tfidf.json"} <= set(files)
    write_files(files, tmp_path)
    assert folder_files(tmp_path) == dict(files)
    info = load_files(files, device="cpu").info
    assert info.label_by == "score"
    assert info.columns == {}  # none of the names that only these rows have
    assert info.calibration is not None


def test_the_same_seed_gives_the_same_model(checkpoint: Path) -> None:
    one, two = (train_on_rows(ROWS, plan(checkpoint)) for _ in range(2))
    assert one["model.safetensors"] == two["model.safetensors"]


@pytest.mark.parametrize("epochs", [0, 1])
def test_without_validation_there_is_a_blend_and_only_a_head_is_calibrated(epochs: int, checkpoint: Path) -> None:
    tuned = plan(checkpoint, validation_fraction=0.0)
    settings = {**tuned.settings, "train.num_train_epochs": epochs}
    info = load_files(train_on_rows(ROWS, replace(tuned, settings=settings)), device="cpu").info
    assert (info.calibration is None, info.label_by) == (epochs > 0, "fit" if epochs else "score")
    assert info.blend is not None and info.blend[1] > info.blend[0]  # every word of these texts tells its label


def test_one_group_alone_cannot_be_held_apart(checkpoint: Path, caplog: pytest.LogCaptureFixture) -> None:
    files = train_on_rows(sample_rows(TEXTS, Y, ["one"] * 40), plan(checkpoint))
    assert load_files(files, device="cpu").info.calibration is None
    assert "no articles are held apart for validation" in caplog.text


def test_settings_are_checked_before_anything_is_trained(checkpoint: Path) -> None:
    with pytest.raises(InputError, match="batch_size"):
        train_on_rows(ROWS, plan(checkpoint, settings={"train.batch_size": 0}))
    with pytest.raises(InputError, match=r"train\.budget has no effect on an estimator"):
        train_on_rows(ROWS, plan(checkpoint, settings={"train.budget": "1h"}))
