from pathlib import Path

import numpy as np
import pytest

from classifier.errors import InputError
from classifier.models.classifier import Classifier
from classifier.models.ensemble import EnsembleInfo, write_ensemble
from classifier.models.loading import load_classifier, load_ensemble, load_model_folder
from tests.makers.models import make_model_folder

TEXTS = ["the council voted on tuesday", "a storm"]


def test_a_folder_gives_the_same_classifier_by_each_way(tmp_path: Path, checkpoint: Path) -> None:
    folder = make_model_folder(tmp_path / "model", checkpoint)
    ways = (load_classifier(folder, device="cpu"), load_model_folder(folder, device="cpu"), Classifier.load(folder))
    proba = [found.predict_proba(TEXTS) for found in ways]
    assert all(np.array_equal(one, proba[0]) for one in proba)
    assert proba[0].shape == (2, 2) and ways[0].classes_.tolist() == ["a", "b"] and ways[0].members == ()


def test_an_ensemble_averages_its_members(tmp_path: Path, checkpoint: Path) -> None:
    members = ("seed-1/model", "seed-2/model")
    alone = [load_model_folder(make_model_folder(tmp_path / name, checkpoint), device="cpu") for name in members]
    write_ensemble(tmp_path, EnsembleInfo(members))
    both = load_classifier(tmp_path, device="cpu")
    assert len(both.members) == 2
    expected = np.mean([one.predict_proba(TEXTS) for one in alone], axis=0)
    assert both.predict_proba(TEXTS) == pytest.approx(expected, abs=1e-7)


def test_models_that_read_in_another_way_are_no_ensemble(tmp_path: Path, checkpoint: Path) -> None:
    make_model_folder(tmp_path / "one" / "model", checkpoint)
    make_model_folder(tmp_path / "two" / "model", checkpoint, max_length=32, strip=("urls",))
    with pytest.raises(InputError, match=r"two/model' does not belong to this ensemble: its max_length, strip differ"):
        load_ensemble(tmp_path, EnsembleInfo(("one/model", "two/model")), device="cpu")


@pytest.mark.parametrize("name", ("config.json", "tokenizer.json", "tokenizer_config.json"))
def test_a_damaged_file_of_transformers_is_said_with_its_folder(name: str, tmp_path: Path, checkpoint: Path) -> None:
    file = make_model_folder(tmp_path / "model", checkpoint) / name
    whole = file.read_bytes()
    for text in (whole[: len(whole) // 2], b"", b"[]", b"null", b'"text"'):
        file.write_bytes(text)
        with pytest.raises(InputError) as error:
            load_model_folder(file.parent, device="cpu")
        assert str(file.parent) in error.value.message
        assert error.value.fix
