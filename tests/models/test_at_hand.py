"""Which encoders need no download, and how many parameters they have."""

import json
import shutil
from pathlib import Path

import pytest
from huggingface_hub import constants
from transformers import AutoModel

from classifier.models import at_hand
from classifier.models.at_hand import (
    PACKAGED_PARAMETERS,
    count_parameters,
    encoders_at_hand,
    parameter_count,
    parameter_words,
)
from classifier.models.transformer.packaged_multilingual import MULTILINGUAL_MODEL
from tests.makers.models import make_checkpoint

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def cache(tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The Hub's cache with an encoder, one without safetensors, and one whose configuration is damaged."""
    hub = tmp_path / "hub"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(hub))
    for name in ("me/small", "me/pickled", "me/damaged"):
        repo = hub / f"models--{name.replace('/', '--')}"
        (repo / "refs").mkdir(parents=True)
        (repo / "refs" / "main").write_text(COMMIT)
        shutil.copytree(checkpoint, repo / "snapshots" / COMMIT)
        if name == "me/pickled":
            (repo / "snapshots" / COMMIT / "model.safetensors").unlink()
        if name == "me/damaged":
            (repo / "snapshots" / COMMIT / "config.json").write_text('{"model_type": "none"}')
    return hub


def test_what_is_in_the_cache_and_can_be_used_is_at_hand_beside_what_is_named(cache: Path, checkpoint: Path) -> None:
    found = encoders_at_hand([str(checkpoint)])
    names = [one.name for one in found]
    assert {"me/small", str(checkpoint)} <= set(names) and not {"me/pickled", "me/damaged"} & set(names)
    assert [one.parameters for one in found] == sorted(one.parameters for one in found)
    assert len({one.parameters for one in found if one.name in ("me/small", str(checkpoint))}) == 1


def test_without_a_cache_nothing_of_it_is_at_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "none"))
    assert {one.name for one in encoders_at_hand()} <= PACKAGED_PARAMETERS.keys()


@pytest.mark.parametrize("installed", [True, False])
def test_the_multilingual_encoder_is_at_hand_where_its_package_is(
    installed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "none"))
    monkeypatch.setattr(at_hand, "installed_file", lambda package, _: tmp_path if installed else None)
    found = {one.name: one.parameters for one in encoders_at_hand()}
    assert found.get(MULTILINGUAL_MODEL) == (117_505_920 if installed else None)


@pytest.mark.parametrize("family", ["bert", "mpnet", "modernbert"])
def test_parameters_are_counted_as_torch_counts_them(family: str, tmp_path: Path) -> None:
    folder = make_checkpoint(tmp_path / family, family)
    model = AutoModel.from_pretrained(folder)
    extra = sum(b.numel() for n, b in model.named_buffers() if n in json.loads((folder / "config.json").read_text()))
    assert count_parameters(folder) == sum(p.numel() for p in model.parameters()) + extra


def test_a_number_of_parameters_in_words_is_never_less_than_it_is() -> None:
    for count in (1, 99_999, 100_000, 22_713_728, 109_486_978, 1_234_567_890):
        assert parameter_count(parameter_words(count)) >= count
