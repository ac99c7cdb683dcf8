"""The mean vector of the word pieces of a text, as the encoder has them before its first layer.

Such a vector costs a table look-up for each piece, where one from the encoder's last layer costs all of its layers. It
is a summary of the words, not of what they say together.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from classifier.arrays import Floats32
from classifier.errors import InputError
from classifier.models.model_folder import COPY_AGAIN

LONGEST = 2_000  # characters of a text that are looked at
AT_ONCE = 256  # texts


@dataclass(frozen=True)
class WordVectors:
    """Vectors of word pieces.

    Attributes:
        tokenizer: of the library `tokenizers`.
        table: a vector for each piece, shape (pieces, width).
    """

    tokenizer: Any
    table: Floats32

    def means(self, texts: Sequence[str]) -> Floats32:
        """The mean vector of each text, shape (texts, width); NaN for a text without a piece."""
        found = np.full((len(texts), self.table.shape[1]), np.nan, dtype=np.float32)
        for start in range(0, len(texts), AT_ONCE):
            rows = range(start, min(start + AT_ONCE, len(texts)))
            own = [texts[row][:LONGEST].encode("utf-8", "replace").decode() for row in rows]
            for row, encoded in zip(rows, self.tokenizer.encode_batch(own, add_special_tokens=False), strict=True):
                if encoded.ids:
                    found[row] = self.table[encoded.ids].mean(axis=0)
        return found


def table_name(folder: Path) -> str | None:
    """The name of the table of word pieces among the weights of a model; None where none is like it.

    It is what has a row for each word of the vocabulary.

    Args:
        folder: of the model.
    """
    from safetensors import safe_open

    words = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("vocab_size")
    for file in _files(folder):
        with safe_open(file, framework="numpy") as tensors:
            for name in sorted(tensors.keys()):
                shape = tensors.get_slice(name).get_shape()
                if len(shape) == 2 and shape[0] == words and "embed" in name and "position" not in name:
                    return str(name)
    return None


def load_word_vectors(folder: Path, table: str) -> WordVectors:
    """The vectors of word pieces of a model.

    Args:
        folder: of the model.
        table: from `table_name`.

    Raises:
        InputError: they are not there.
    """
    from safetensors import safe_open
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    for file in _files(folder):
        with safe_open(file, framework="numpy") as tensors:
            if table in tensors.keys():  # noqa: SIM118 - it is no dictionary
                return WordVectors(tokenizer, tensors.get_tensor(table))
    raise InputError(f"The model in '{folder}' has no weights '{table}'.", fix=COPY_AGAIN)


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("model*.safetensors"))
