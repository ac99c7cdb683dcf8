import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from classifier.errors import InputError
from classifier.models.transformer.encoder_config import read_encoder_config
from classifier.models.transformer.network import create_model


def changed(folder: Path, checkpoint: Path, **values: Any) -> Path:
    shutil.copytree(checkpoint, folder)
    file = folder / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))
    return folder


@pytest.mark.parametrize(
    "values",
    [
        {"_attn_implementation": "someone/kernel"},
        {"attn_implementation": "flash_attention_2"},
        {"experts_implementation": "someone/kernel"},
        {"return_dict": False},
        {"output_attentions": True, "output_hidden_states": True},
        {"auto_map": {"AutoModel": "someone/code--x.Y"}},
    ],
    ids=str,
)
def test_what_says_how_to_compute_is_left_out(values: dict[str, Any], tmp_path: Path, checkpoint: Path) -> None:
    folder = changed(tmp_path / "encoder", checkpoint, **values)
    config = read_encoder_config(folder)
    assert config.return_dict and not config.output_attentions
    encoder: Any = create_model(folder, ("a", "b"), multi_label=False, pooling="mean").encoder
    assert encoder.config._attn_implementation == "sdpa"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"quantization_config": {"quant_method": "bitsandbytes", "load_in_8bit": True}}, "are quantised"),
        ({"quantization_config": {"quant_method": "gptq", "bits": 4}}, "are quantised"),
        ({"is_decoder": True}, r"\(bert\) is not an encoder"),
        ({"model_type": "t5"}, r"is not an encoder"),
        ({"model_type": "strange"}, "not an encoder that transformers can read"),
        ({"hidden_size": "wide"}, "not an encoder that transformers can read"),
        ({"id2label": ["a"]}, "not an encoder that transformers can read"),
        ({"layer_norm_eps": float("nan")}, "NaN is not a number"),
    ],
    ids=str,
)
def test_what_cannot_be_used_is_refused(values: dict[str, Any], said: str, tmp_path: Path, checkpoint: Path) -> None:
    with pytest.raises(InputError, match=said) as error:
        read_encoder_config(changed(tmp_path / "encoder", checkpoint, **values))
    assert error.value.fix


def test_no_configuration_at_all(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"it has no config\.json"):
        read_encoder_config(tmp_path)
