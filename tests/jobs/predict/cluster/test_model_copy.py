import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from classifier.errors import InputError
from classifier.jobs.predict.cluster.model_copy import ModelCopy, model_copy, placed
from classifier.models.classifier import Classifier
from classifier.models.ensemble import EnsembleInfo, write_ensemble
from classifier.models.fingerprint import fingerprint
from classifier.models.trained import open_trained
from tests.makers.models import make_model_folder


def same(data: bytes) -> bytes:
    return data


@pytest.fixture
def model(tmp_path: Path, checkpoint: Path) -> Path:
    return make_model_folder(tmp_path / "here" / "model", checkpoint)


def test_a_model_that_lies_there_is_taken_as_it_is(model: Path) -> None:
    copy = model_copy(open_trained(model))
    assert copy.files == ()
    assert placed(copy, same) == model


def test_a_model_that_does_not_lie_there_comes_along(model: Path, tmp_path: Path) -> None:
    copy = model_copy(open_trained(model), same)
    proba = Classifier.load(model, device="cpu").predict_proba(["a b a"])
    shutil.rmtree(model)
    there = placed(copy, same, tmp_path / "there")
    assert there == tmp_path / "there"
    assert fingerprint(open_trained(there)) == copy.fingerprint
    assert (Classifier.load(there, device="cpu").predict_proba(["a b a"]) == proba).all()


def test_another_model_under_the_same_path_is_not_taken(model: Path, tmp_path: Path, checkpoint: Path) -> None:
    copy = model_copy(open_trained(model), same)
    shutil.rmtree(model)
    make_model_folder(model, checkpoint, thresholds=(0.1, 0.2), multi_label=True)
    assert fingerprint(open_trained(model)) != copy.fingerprint
    there = placed(copy, same, tmp_path / "there")
    assert there != model
    assert fingerprint(open_trained(there)) == copy.fingerprint


def test_a_model_that_is_nowhere_is_an_error() -> None:
    with pytest.raises(InputError, match=r"The model '/no/such' is not on the machine of a worker\.\nFix: .*same path"):
        placed(ModelCopy("/no/such", "0" * 12), same)


def test_several_seeds_come_along(tmp_path: Path, checkpoint: Path) -> None:
    seeds = ("seed-1/model", "seed-2/model")
    for name in seeds:
        make_model_folder(tmp_path / "seeds" / name, checkpoint)
    write_ensemble(tmp_path / "seeds", EnsembleInfo(seeds))
    copy = model_copy(open_trained(tmp_path / "seeds"), same)
    there = placed(replace(copy, path="/no/such"), same, tmp_path / "there")
    assert fingerprint(open_trained(there)) == copy.fingerprint
    here, copied = (Classifier.load(path, device="cpu") for path in (tmp_path / "seeds", there))
    assert (here.predict_proba(["a b"]) == copied.predict_proba(["a b"])).all()


def test_of_a_run_only_what_predicts_comes_along(in_examples: Path, tmp_path: Path) -> None:
    copy = model_copy(open_trained("runs/first"), same)
    there = placed(replace(copy, path="/no/such"), same, tmp_path / "there")
    assert {file.name for file in there.iterdir()} == {file.name for file in Path("runs/first/model").iterdir()}
    assert fingerprint(open_trained(there)) == copy.fingerprint
