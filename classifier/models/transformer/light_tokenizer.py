"""A model's tokenizer by the `tokenizers` library alone, for prediction: `transformers` takes seconds to import.

What is unusual about it (another class, files that do not fit) is left to `transformers`, which says what is wrong
where something is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from classifier.models.transformer.encoder_config import most_tokens
from classifier.models.transformer.third_party import PANIC
from classifier.models.transformer.tokenizer import is_vocabulary_of

CONFIG_FILE, TOKENIZER_FILE, SETTINGS_FILE = "config.json", "tokenizer.json", "tokenizer_config.json"
NO_TYPES, TYPES = ("input_ids", "attention_mask"), ("input_ids", "token_type_ids", "attention_mask")
INPUTS = {  # what a class gives the encoder where its settings do not say
    "BertTokenizer": TYPES,
    "BertTokenizerFast": TYPES,
    "MPNetTokenizer": NO_TYPES,
    "MPNetTokenizerFast": NO_TYPES,
    "DistilBertTokenizer": NO_TYPES,
    "DistilBertTokenizerFast": NO_TYPES,
    "RobertaTokenizer": NO_TYPES,
    "RobertaTokenizerFast": NO_TYPES,
    "XLMRobertaTokenizer": NO_TYPES,
    "XLMRobertaTokenizerFast": NO_TYPES,
}
USED = ("unk_token", "cls_token", "sep_token", "pad_token")


@dataclass(frozen=True)
class LightTokenizer:
    """What `classifier.models.transformer.windows.TextEncoder` needs of a tokenizer, named as in `transformers`.

    Attributes:
        backend_tokenizer: a ``tokenizers.Tokenizer``.
        model_input_names: what the encoder is given.
        model_max_length: most tokens that the encoder can read.
        pad_token_id: of padding.
        is_fast: it is one.
    """

    backend_tokenizer: Any
    model_input_names: tuple[str, ...]
    model_max_length: int
    pad_token_id: int | None
    is_fast: bool = True


def light_tokenizer(folder: Path) -> LightTokenizer | None:
    """The tokenizer of a model folder; None where `transformers` has to read it."""
    from tokenizers import Tokenizer

    try:
        config = SimpleNamespace(**json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8")))
        settings = json.loads((folder / SETTINGS_FILE).read_text(encoding="utf-8"))
        if settings.get("split_special_tokens"):  # [SEP] in a text is then no separator, and TOKENIZER_FILE lacks that
            return None
        inputs = settings.get("model_input_names") or INPUTS[settings["tokenizer_class"]]
        backend = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
        backend.no_truncation()
        backend.no_padding()
        backend.encode("a", "b")  # a damaged template fails here
        fits = is_vocabulary_of(*_vocabulary(backend, settings), rows=int(config.vocab_size))
        limit, pad = most_tokens(config), settings.get("pad_token")
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != PANIC:
            raise
        return None
    if not fits or limit is None or not (pad is None or isinstance(pad, str)):
        return None
    return LightTokenizer(backend, tuple(inputs), limit, None if pad is None else backend.token_to_id(pad))


def _vocabulary(backend: Any, settings: Mapping[str, Any]) -> tuple[int, int]:
    """How many words a tokenizer has beside those that were added, and the highest number in use (−1 = none)."""
    vocabulary = backend.get_vocab()
    added = {token.content for token in backend.get_added_tokens_decoder().values()}
    own = [number for word, number in vocabulary.items() if word not in added]
    used = [vocabulary[settings[name]] for name in USED if settings.get(name) in vocabulary]
    return len(own), max([*own, *used], default=-1)
