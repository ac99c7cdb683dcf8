"""The tokenizer of an encoder, or of a saved model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from classifier._version import install_extra
from classifier.errors import InputError
from classifier.models.transformer.encoder_config import most_tokens, read_encoder_config
from classifier.models.transformer.third_party import foreign_errors

TOKENIZER_FILES = ("tokenizer.json", "vocab.txt", "vocab.json", "sentencepiece.bpe.model", "spiece.model", "spm.model")
OTHER_TOKENIZERS = ("tokenizer_config.json", "tokenizer.model", "merges.txt", "bpe.codes")  # of rarer kinds
COPY_TOKENIZER = "Copy the folder again, with all files of its tokenizer, such as tokenizer.json."
LEAST_KNOWN = 0.5  # share of the rows of an encoder's table of words that its tokenizer has words for, or more


def load_tokenizer(folder: Path) -> Any:
    """The tokenizer of an encoder or of a saved model, its length limit set to what the encoder can read.

    Raises:
        InputError: there is none that can be read, or a library that it needs is missing; or it belongs to another
            encoder: its words and the rows of the encoder's table of words do not fit.
    """
    config = read_encoder_config(folder)
    there = any((folder / name).exists() for name in TOKENIZER_FILES)
    what = f"The tokenizer in '{folder}' cannot be loaded" if there else f"There is no tokenizer in '{folder}'"
    fix = f"If it is a SentencePiece model: {install_extra('sentencepiece')}" if there else COPY_TOKENIZER
    with foreign_errors(what, fix=fix):
        import transformers

        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        tokenizer("a", "b")  # a damaged template fails here, and not at the first article
        vocabulary = tokenizer.get_vocab()
        added = tokenizer.added_tokens_encoder
        used = (tokenizer.unk_token, tokenizer.cls_token, tokenizer.sep_token, tokenizer.pad_token)
    own = {word: index for word, index in vocabulary.items() if word not in added}
    rows = getattr(config, "vocab_size", None)
    if rows is not None:
        highest = max([*own.values(), *(vocabulary[word] for word in used if word in vocabulary)], default=-1)
        _check_vocabulary(folder, len(own), highest, int(rows))
    limit = most_tokens(config)
    if limit:
        tokenizer.model_max_length = limit
    return tokenizer


def is_vocabulary_of(words: int, highest: int, *, rows: int) -> bool:
    """Whether a vocabulary and an encoder's table of words can belong together.

    Args:
        words: how many the tokenizer has, without those that were added.
        highest: number of any of them; −1 for none.
        rows: of the encoder's table.

    Example:
        >>> is_vocabulary_of(30_000, 29_999, rows=30_522), is_vocabulary_of(120, 119, rows=30_522)
        (True, False)
    """
    return highest < rows and words >= rows * LEAST_KNOWN


def _check_vocabulary(folder: Path, words: int, highest: int, rows: int) -> None:
    """Raise `InputError` unless a vocabulary and the encoder's table of words can belong together."""
    if not is_vocabulary_of(words, highest, rows=rows):
        raise InputError(
            f"The tokenizer in '{folder}' is not that of its encoder: it has {words:,} words, the highest with the "
            f"number {max(0, highest):,}, and the encoder's table has {rows:,} rows.",
            fix=COPY_TOKENIZER,
        )
