"""The fingerprint of a model: the same wherever it lies, another as soon as another score may come out."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from classifier.checksums import CHECKSUMS
from classifier.errors import InputError
from classifier.models.ensemble import EnsembleInfo, write_ensemble
from classifier.models.fingerprint import fingerprint, model_name
from classifier.models.model_folder import read_model_info, write_model_info
from classifier.models.trained import open_trained
from classifier.stats.abstention import Abstention
from classifier.stats.calibration import Calibration
from classifier.stats.conformal import ConformalSets
from tests.makers.models import make_model_folder

CALIBRATION = Calibration((1.5,), (0.0, 0.1), False)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Path:
    return make_model_folder(tmp_path_factory.mktemp("models") / "mine", checkpoint)


def of(path: Path) -> str:
    return fingerprint(open_trained(path))


def test_a_copy_under_another_name_has_the_same(in_examples: Path) -> None:
    run = in_examples / "runs" / "first"
    own, other = model_name(open_trained(run)), model_name(open_trained(in_examples / "runs" / "second"))
    assert own.name == "first" and len(own.fingerprint) == 12 and own.fingerprint != other.fingerprint
    assert model_name(open_trained(run / "model")) == own
    shutil.copytree(run / "model", in_examples / "elsewhere")
    run.rename(in_examples / "runs" / "renamed")
    assert of(in_examples / "elsewhere") == of(in_examples / "runs" / "renamed") == own.fingerprint
    (in_examples / "elsewhere" / "README.md").write_text("mine")
    (in_examples / "elsewhere" / ".DS_Store").write_text("mine")
    for sums in (in_examples / "elsewhere").rglob(CHECKSUMS):
        sums.unlink()
    assert of(in_examples / "elsewhere") == own.fingerprint, "files are read where there are no checksums"


@pytest.mark.parametrize(
    "change",
    [
        {"abstention": Abstention(0.9, (0.5, None))},
        {"sets": ConformalSets(0.9, (0.5, 0.5), (1, 2), (9, 9))},
        {"columns": {"text": "body"}},
        {"version": "9", "bf16": True, "dropped": 0.5},
    ],
)
def test_what_changes_no_score_changes_no_fingerprint(model: Path, tmp_path: Path, change: dict[str, Any]) -> None:
    copy = shutil.copytree(model, tmp_path / "copy")
    write_model_info(copy, replace(read_model_info(copy), **change))
    assert of(copy) == of(model)


@pytest.mark.parametrize(
    "change",
    [
        {"calibration": CALIBRATION},
        {"labels": ("b", "a")},
        {"windows": 7},
        {"strip": ("footer",)},
        {"blend": (1.0, 0.5)},
        {"label_by": "score"},
        {"layers": "all"},
        {"stride": 8},
    ],
)
def test_what_may_change_a_score_changes_the_fingerprint(model: Path, tmp_path: Path, change: dict[str, Any]) -> None:
    copy = shutil.copytree(model, tmp_path / "copy")
    write_model_info(copy, replace(read_model_info(copy), **change))
    assert of(copy) != of(model)


@pytest.mark.parametrize("name", ["model.safetensors", "head.safetensors", "tokenizer.json"])
def test_other_weights_or_words_have_another(model: Path, tmp_path: Path, name: str) -> None:
    copy = shutil.copytree(model, tmp_path / "copy")
    (copy / CHECKSUMS).unlink(missing_ok=True)
    (copy / name).write_bytes((copy / name).read_bytes() + b" ")
    assert of(copy) != of(model)


def test_fields_of_later_versions_leave_it_as_it_is(model: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(model, tmp_path / "copy")
    values = json.loads((copy / "classifier.json").read_text())
    for name in ("label_by", "sets", "abstention", "calibration", "blend"):  # older versions did not write them
        values.pop(name, None)
    (copy / "classifier.json").write_text(json.dumps(values))
    assert of(copy) == of(model)


def test_several_seeds_have_one_of_their_own(model: Path, tmp_path: Path, checkpoint: Path) -> None:
    other = make_model_folder(tmp_path / "other", checkpoint, label_by="score")
    for name in ("x", "y"):
        folder = tmp_path / name
        shutil.copytree(model, folder / "seed-1" / "model")
        shutil.copytree(other, folder / "seed-2" / "model")
    write_ensemble(tmp_path / "x", EnsembleInfo(("seed-1/model", "seed-2/model")))
    write_ensemble(tmp_path / "y", EnsembleInfo(("seed-2/model", "seed-1/model")))
    assert of(tmp_path / "x") == of(tmp_path / "y")
    assert len({of(tmp_path / "x"), of(model), of(other)}) == 3
    before = of(tmp_path / "x")
    member = tmp_path / "x" / "seed-1" / "model"
    write_model_info(member, replace(read_model_info(member), calibration=CALIBRATION))
    assert of(tmp_path / "x") == before, "calibrations of members are not used"
    write_ensemble(tmp_path / "x", EnsembleInfo(("seed-1/model", "seed-2/model"), calibration=CALIBRATION))
    assert of(tmp_path / "x") != before


def test_damaged_checksums_are_said(model: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(model, tmp_path / "copy")
    (copy / CHECKSUMS).write_text("{")
    with pytest.raises(InputError, match="is damaged"):
        of(copy)


def test_thresholds_of_several_labels_change_the_fingerprint(model: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(model, tmp_path / "copy")
    found = set()
    for thresholds in ((0.5, 0.5), (0.5, 0.4), None):
        write_model_info(copy, replace(read_model_info(copy), multi_label=True, thresholds=thresholds))
        found.add(of(copy))
    assert len(found) == 3
