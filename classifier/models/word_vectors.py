"""The mean vector of the word pieces of a text, as the encoder has them before its first layer.

Such a vector costs a table look-up for each piece, where one from the encoder's last layer costs all of its layers. It
is a summary of the words, not of what they say together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from classifier.arrays import Floats32
from classifier.errors import InputError
from classifier.models.model_folder import COPY_AGAIN

if TYPE_CHECKING:
    from torch import nn

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


def table_name(encoder: nn.Module) -> str:
    """The name of an encoder's table of word pieces in its file of weights."""
    from classifier.models.transformer.light_encoder import WORDS, LightEncoder

    if isinstance(encoder, LightEncoder):
        return WORDS
    table = encoder.get_input_embeddings().weight  # type: ignore[operator]
    return next(name for name, weights in encoder.named_parameters() if weights is table)


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
    for file in sorted(folder.glob("model*.safetensors")):
        with safe_open(file, framework="numpy") as tensors:
            if table in tensors.keys():  # noqa: SIM118 - it is no dictionary
                return WordVectors(tokenizer, tensors.get_tensor(table))
    raise InputError(f"The model in '{folder}' has no weights '{table}'.", fix=COPY_AGAIN)
