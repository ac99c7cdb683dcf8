"""Thresholds and label sets are found on validation, by its sources, and kept with the model."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from classifier.dataset.folder import run_dataset
from classifier.errors import InputError
from classifier.files import write_json
from classifier.jobs.promises import Promises, store_promises, with_promises
from classifier.models.classifier import Classifier
from classifier.models.ensemble import EnsembleInfo, read_ensemble
from classifier.models.model_folder import read_model_info
from classifier.models.run_folder import RunFolder
from classifier.progress import SILENT
from classifier.stats.abstention import Abstention
from tests.makers.articles import SIGNALS, make_articles, write_jsonl
from tests.makers.models import make_model_folder
from tests.makers.sources import made


def make_run(folder: Path, checkpoint: Path, *settings: str) -> RunFolder:
    """A run that was not trained: a model with a random head, and its dataset."""
    found = RunFolder(folder / "run")
    make_model_folder(found.model, checkpoint, labels=tuple(sorted(SIGNALS)))
    dataset = made(write_jsonl(folder / "a.jsonl", make_articles(120)), found.dataset, *settings)
    write_json(found.dataset_info, {"path": "dataset", **asdict(dataset.info)})
    return found


def test_both_are_found_by_the_sources_of_validation_and_stored(tmp_path: Path, checkpoint: Path) -> None:
    run = make_run(tmp_path, checkpoint, "split.group_by=source", "split.validation_size=0.5")
    sources = set(run_dataset(run.path).column("validation", "source"))
    bare, asked = Classifier.load(run.model, device="cpu"), Promises(0.5, 0.6)
    found = with_promises(bare, run, asked, SILENT)
    assert found.info.abstention is not None and found.info.sets is not None
    assert (found.info.abstention.resampled, found.info.sets.resampled) == ("source", "source")
    assert max(found.info.sets.groups) <= len(sources)
    old = run.path / "evaluation" / "validation" / "sets.json"
    write_json(old, {})
    store_promises(run.path, run, None, found.info, asked, run.path / "evaluation" / "test")
    assert not old.exists()  # its figures were of other sets
    assert read_model_info(run.model) == found.info
    proba = np.array([[0.5, 0.3, 0.2]], dtype=np.float32)
    assert np.array_equal(Classifier.load(run.model, device="cpu").in_set(proba), found.in_set(proba))
    assert with_promises(bare, run, Promises(), SILENT) is bare


def test_what_was_not_asked_for_stays_and_an_ensemble_keeps_its_own(tmp_path: Path, checkpoint: Path) -> None:
    run = make_run(tmp_path, checkpoint, "split.validation_size=0.4")
    bare, asked = Classifier.load(run.model, device="cpu"), Promises(None, 0.8)
    found = with_promises(bare, run, asked, SILENT)
    assert found.info.sets is not None and found.info.sets.resampled == "article"
    ensemble = EnsembleInfo(("run/model",), abstention=Abstention(0.9, (None, None, None)))
    store_promises(tmp_path, run, ensemble, found.info, asked, tmp_path / "evaluation" / "test")
    stored = read_ensemble(tmp_path)
    assert (stored.sets, stored.abstention) == (found.info.sets, ensemble.abstention)
    assert read_model_info(run.model).sets is None


def test_what_cannot_be_promised_is_refused(tmp_path: Path, checkpoint: Path) -> None:
    for precision, sets in ((1.5, None), (None, 1.5)):
        with pytest.raises(InputError, match="must be between 0 and 1"):
            Promises(precision, sets)
    run = make_run(tmp_path, checkpoint, "split.validation_size=0")
    bare = Classifier.load(run.model, device="cpu")
    with pytest.raises(InputError, match="--sets needs validation articles"):
        with_promises(bare, run, Promises(None, 0.9), SILENT)
    several = make_model_folder(tmp_path / "several", checkpoint, multi_label=True, thresholds=(0.5, 0.5))
    with pytest.raises(InputError, match="--sets is for models that give one label"):
        with_promises(Classifier.load(several, device="cpu"), run, Promises(None, 0.9), SILENT)
