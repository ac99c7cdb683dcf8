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
