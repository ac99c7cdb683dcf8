import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from classifier.checksums import check_checksums, write_checksums
from classifier.errors import InputError
from classifier.models.model_folder import read_model_info, share_weights, write_model_info
from classifier.stats.abstention import Abstention
from classifier.stats.calibration import Calibration
from classifier.stats.conformal import ConformalSets
from tests.makers.disk import limited_file_size
from tests.makers.models import make_tokenizer
from tests.makers.runs import make_model_info

INFO = replace(
    make_model_info(),
    windows="all",
    bf16="auto",
    languages={"en": True, "fr": False},
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


MANY = replace(INFO, multi_label=True, thresholds=(0.5, 0.4), calibration=Calibration((1.0, 2.0), (0.0, 0.1), True))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"labels": ("a", "a")}, "labels: 'a' stands there more than once"),
        ({"labels": ()}, "labels: there is none"),
        ({"labels": ("a", " ")}, "labels: one of them is empty"),
        ({"max_length": 0}, "max_length: 0 is less than 1"),
        ({"windows": -1}, "windows: -1 is less than 1"),
        ({"stride": -1}, "stride: -1 is less than 0"),
        ({"dropped": 1.5}, "dropped: 1.5 is no share"),
        ({"blend": (-1.0, 1.0)}, "blend: -1.0 is not between 0 and inf"),
        ({"thresholds": (0.5,)}, "thresholds: there must be 2, and there are 1"),
        ({"thresholds": (0.5, 1.5)}, "thresholds: 1.5 is not between 0 and 1"),
        ({"multi_label": False}, "thresholds: they are for models that may give several labels"),
        ({"calibration": Calibration((1.0,), (0.0, 0.1), True)}, "calibration.temperatures: there must be 2"),
        ({"calibration": Calibration((1.0, 0.0), (0.0, 0.1), True)}, "calibration.temperatures: 0.0 is not between"),
        ({"calibration": Calibration((1.0, 1.0), (0.0,), True)}, "calibration.offsets: there must be 2"),
        ({"calibration": Calibration((1.0, 1.0), (0.0, 0.1))}, "calibration.multi_label"),
        ({"abstention": Abstention(0.9, (0.5,))}, "abstention.thresholds: there must be 2"),
        ({"abstention": Abstention(0.9, (None, 2.0))}, "abstention.thresholds: 2.0 is not between 0 and 1"),
        ({"abstention": Abstention(1.0, (0.5, None))}, "abstention.min_precision"),
        ({"abstention": Abstention(0.9, (0.5, None), alike=2.0)}, "abstention.alike: 2.0 is not between 0 and 1"),
        ({"sets": ConformalSets(1.0, (0.5, None), (1, 2), (9, 9))}, "sets.level"),
        ({"sets": ConformalSets(0.9, (0.5,), (1, 2), (9, 9))}, "sets.thresholds: there must be 2"),
        ({"sets": ConformalSets(0.9, (0.5, 2.0), (1, 2), (9, 9))}, "sets.thresholds: 2.0 is not between 0 and 1"),
        ({"sets": ConformalSets(0.9, (0.5, None), (1,), (9, 9))}, "sets.promises: there must be 2"),
    ],
    ids=str,
)
def test_values_that_cannot_all_be_true_are_refused(changes: dict[str, Any], said: str, tmp_path: Path) -> None:
    write_model_info(tmp_path, MANY)
    assert read_model_info(tmp_path) == MANY
    write_model_info(tmp_path, replace(MANY, **changes))
    with pytest.raises(InputError) as error:
        read_model_info(tmp_path)
    assert said in error.value.message
    assert "classifier.json' is damaged: " in error.value.message


@pytest.mark.parametrize(("key", "value"), [("pooling", "max"), ("window_choice", "first"), ("label_by", "luck")])
def test_a_word_that_is_none_of_the_possible_ones_is_refused(key: str, value: str, tmp_path: Path) -> None:
    write_model_info(tmp_path, replace(INFO, **{key: value}))  # type: ignore[arg-type]
    with pytest.raises(InputError, match=rf"classifier\.json' is damaged: {key}: Input should be"):
        read_model_info(tmp_path)


def test_what_is_written_anew_has_a_new_checksum(tmp_path: Path) -> None:
    write_model_info(tmp_path, INFO)
    write_checksums(tmp_path)
    write_model_info(tmp_path, replace(INFO, dropped=0.5))
    assert check_checksums(tmp_path)


def test_a_full_disk_leaves_a_model_that_can_be_read(tmp_path: Path) -> None:
    write_model_info(tmp_path, INFO)
    for number in range(100):
        (tmp_path / f"{number}.txt").write_text("a part of it")
    write_checksums(tmp_path)
    with limited_file_size(9000), pytest.raises(InputError, match=r"checksums\.json' cannot be written"):
        write_model_info(tmp_path, replace(INFO, dropped=0.5))
    assert check_checksums(tmp_path) and read_model_info(tmp_path) == INFO


def test_weights_that_two_models_have_in_common_are_on_the_disk_once(tmp_path: Path) -> None:
    for name, weights, head in (("older", b"frozen", b"1"), ("model", b"frozen", b"2")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.safetensors").write_bytes(weights)
        (tmp_path / name / "head.safetensors").write_bytes(head)
    model, older = tmp_path / "model", tmp_path / "older"
    for _ in range(2):
        share_weights(model, older)
        assert (model / "model.safetensors").samefile(older / "model.safetensors")
        assert not (model / "head.safetensors").samefile(older / "head.safetensors")
    assert (model / "head.safetensors").read_bytes() == b"2"
    share_weights(model, tmp_path / "nothing")
    shutil.rmtree(older)
    assert (model / "model.safetensors").read_bytes() == b"frozen"


def test_where_there_are_no_hard_links_both_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(95, "not supported")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    for name in ("older", "model"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.safetensors").write_bytes(b"frozen")
    share_weights(tmp_path / "model", tmp_path / "older")
    assert [len(list((tmp_path / name).iterdir())) for name in ("older", "model")] == [1, 1]
