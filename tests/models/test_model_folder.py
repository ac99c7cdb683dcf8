import json
from dataclasses import replace
from pathlib import Path

import pytest

from classifier.errors import InputError
from classifier.models.model_folder import read_model_info, write_model_info
from classifier.stats.calibration import Calibration
from tests.makers.models import make_tokenizer
from tests.makers.runs import make_model_info

INFO = replace(
    make_model_info(),
    windows="all",
    bf16="auto",
    columns={"text": "body"},
    blend=(0.5, 1.0),
    strip=("urls",),
    calibration=Calibration((2.0,), (0.0, 0.1)),
)


def test_it_is_read_back_and_written_again_byte_for_byte(tmp_path: Path) -> None:
    write_model_info(tmp_path, INFO)
    first = (tmp_path / "classifier.json").read_bytes()
    found = read_model_info(tmp_path)
    assert found == INFO
    write_model_info(tmp_path, found)
    assert (tmp_path / "classifier.json").read_bytes() == first


def test_an_unknown_version_is_refused_with_both_numbers(tmp_path: Path) -> None:
    write_model_info(tmp_path, replace(INFO, format_version=99))
    with pytest.raises(InputError, match=r"classifier\.json' has format version 99; this version .* reads 1"):
        read_model_info(tmp_path)


def test_a_lone_surrogate_in_a_label_does_no_harm(tmp_path: Path) -> None:
    write_model_info(tmp_path, replace(INFO, labels=("a", "b\udce9")))
    assert read_model_info(tmp_path).labels == ("a", "b\udce9")


def test_labels_and_encoder_are_those_of_training(tmp_path: Path) -> None:
    assert INFO.label_set.names == ("a", "b")
    encoder = INFO.encoder(make_tokenizer())
    assert (encoder.windows, encoder.stride, encoder.pair, encoder.strip) == ("all", 0, False, ("urls",))
    (tmp_path / "classifier.json").write_text(json.dumps({"format_version": 1}))
    with pytest.raises(InputError, match=r"is damaged: labels: Field required; .* \(and \d+ more\)"):
        read_model_info(tmp_path)
