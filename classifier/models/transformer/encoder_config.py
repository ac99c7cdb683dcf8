"""``config.json`` of an encoder: read and checked, without what would choose code or change what comes out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from classifier.errors import InputError
from classifier.files import read_json
from classifier.models.transformer.third_party import foreign_errors

FILE = "config.json"
COPY_AGAIN = "Copy the folder again, whole."
PROBLEMS = {True: "multi_label_classification", False: "single_label_classification"}
KINDS = "Give a BERT, DistilBERT, RoBERTa, DeBERTa, MPNet or ModernBERT model."
ONLY_HOW = ("_attn_implementation", "_experts_implementation")  # how it computes; may name code on the Hub
OUTPUTS = {"return_dict": True, "output_attentions": False, "output_hidden_states": False}


def read_encoder_config(folder: Path) -> Any:
    """The configuration of an encoder, as `transformers` has it.

    A way to compute attention that it names is left out, because it may be code on the Hub: `transformers` chooses one.

    Raises:
        InputError: it is missing or damaged, or `transformers` knows no such model; its weights are quantised; or it is
            a decoder.
    """
    if not (folder / FILE).exists():
        raise InputError(f"'{folder}' is not an encoder that transformers can read: it has no {FILE}.", fix=KINDS)
    values = read_json(folder / FILE, fix=KINDS)
    with foreign_errors(f"'{folder}' is not an encoder that transformers can read", fix=KINDS):
        import transformers  # takes about a second: it loads torch

        config: Any = transformers.AutoConfig.from_pretrained(folder, trust_remote_code=False)
        for name in ONLY_HOW:
            setattr(config, name, None)
        for name, value in OUTPUTS.items():
            setattr(config, name, value)
    kind = values.get("model_type")
    if values.get("quantization_config") or values.get("compression_config"):
        raise InputError(
            f"The weights in '{folder}' are quantised (config.json says so), and only full ones can be trained.",
            fix="Give the model from which it was made: its weights are float32, float16 or bfloat16.",
        )
    if getattr(config, "is_encoder_decoder", False) or getattr(config, "is_decoder", False):
        raise InputError(f"'{folder}' ({kind}) is not an encoder.", fix="Choose an encoder such as BERT.")
    return config


def most_tokens(config: Any) -> int | None:
    """The longest input that an encoder's position table allows, or None when it sets no limit."""
    limit = getattr(config, "max_position_embeddings", None)
    if limit and config.model_type in ("roberta", "xlm-roberta", "camembert", "mpnet"):
        return int(limit) - 2  # their positions start after the padding index
    return int(limit) if limit and limit > 0 else None


def encoder_size(folder: Path) -> tuple[int, int]:
    """Layers of its own that an encoder has (ALBERT's share their weights) and its width, from its configuration."""
    config = read_encoder_config(folder)
    return int(getattr(config, "num_hidden_groups", config.num_hidden_layers)), int(config.hidden_size)


def check_layers(frozen: int, layers: int) -> None:
    """Raise `InputError` if more layers are to be frozen than the encoder has."""
    if frozen > layers:
        raise InputError(
            f"train.freeze_layers must be at most {layers}, the layers of the encoder. Got {frozen} instead.",
            fix="Leave it out, or take half of them.",
        )
