import copy
import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from classifier.models.transformer.forward import article_logits, mean_vectors
from classifier.models.transformer.light_encoder import FAMILIES, Affine, LightEncoder, light_encoder
from classifier.models.transformer.light_tokenizer import light_tokenizer
from classifier.models.transformer.network import create_model, load_model, place, save_model
from classifier.models.transformer.packed_encoder import KIN
from classifier.models.transformer.tokenizer import load_tokenizer
from classifier.models.transformer.windows import TextEncoder
from tests.makers.articles import make_articles
from tests.makers.models import make_checkpoint

CPU = torch.device("cpu")
LABELS = ("opinion", "reporting", "satire")


def saved(folder: Path, family: str = "bert") -> Path:
    """What training stores: an encoder of a family whose weights differ enough to matter, and a head."""
    torch.manual_seed(1)
    model = create_model(make_checkpoint(folder / "encoder", family), LABELS, multi_label=False, pooling="mean")
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter * 4 + torch.randn_like(parameter) * 0.05)
    save_model(model, folder / "model")
    load_tokenizer(folder / "encoder").save_pretrained(folder / "model")
    return folder / "model"


@pytest.mark.parametrize("bf16", [False, True])
@pytest.mark.parametrize("pair", [False, True])
@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_its_numbers_are_those_of_transformers_in_bf16_all_bits(
    tmp_path: Path, family: str, pair: bool, bf16: bool
) -> None:
    folder = saved(tmp_path, family)
    articles = make_articles(30, pair=pair)
    found = []
    for light in (True, False):
        model = place(load_model(folder, "mean", 3, light=light).eval(), CPU, bf16=bf16)
        assert isinstance(model.encoder, LightEncoder) is light
        tokenizer = light_tokenizer(folder) if light else load_tokenizer(folder)
        encoder = TextEncoder(tokenizer, max_length=24, windows=3, pair=pair)
        encoded = encoder.encode(articles)
        assert encoded.window_counts.max() == 3
        given = article_logits(model, encoded, encoder, device=CPU)
        found.append((given, mean_vectors(model, encoded, encoder, device=CPU, layers="all")))
    assert np.ptp(found[0][0], axis=0).min() > 0.01
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=0 if bf16 else 1e-5)


def test_every_kin_of_bert_is_read() -> None:
    assert set(FAMILIES) >= KIN


def test_its_weights_get_no_gradients_and_every_one_is_known(tmp_path: Path) -> None:
    encoder = light_encoder(saved(tmp_path))
    assert encoder is not None
    weights = [*encoder.parameters()]
    assert not any(one.requires_grad for one in weights)
    assert sum(one.numel() for one in weights) == sum(
        one.numel() for one in load_file(tmp_path / "model" / "model.safetensors").values()
    )


def weights(change: Callable[[dict[str, torch.Tensor]], Any]) -> Callable[[Path], None]:
    def changed(folder: Path) -> None:
        tensors = load_file(folder / "model.safetensors")
        change(tensors)
        save_file(tensors, folder / "model.safetensors", {"format": "pt"})

    return changed


def settings(**values: Any) -> Callable[[Path], None]:
    def changed(folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text("utf-8"))
        (folder / "config.json").write_text(json.dumps({**config, **values}), "utf-8")

    return changed


QUERY = "encoder.layer.0.attention.self.query.weight"
UNUSUAL = {
    "no weights": lambda folder: (folder / "model.safetensors").unlink(),
    "damaged weights": lambda folder: (folder / "model.safetensors").write_bytes(b"no"),
    "one too few": weights(lambda tensors: tensors.pop(QUERY)),
    "one too many": weights(lambda tensors: tensors.update(more=torch.zeros(1))),
    "a bias too short": weights(lambda tensors: tensors.update({QUERY.replace("weight", "bias"): torch.zeros(3)})),
    "a wrong shape": weights(lambda tensors: tensors.update({QUERY: torch.zeros(16, 32)})),
    "half precision": weights(lambda tensors: tensors.update({QUERY: tensors[QUERY].half()})),
    "no settings": lambda folder: (folder / "config.json").unlink(),
    "damaged settings": lambda folder: (folder / "config.json").write_text("[", "utf-8"),
    "settings that are a list": lambda folder: (folder / "config.json").write_text("[]", "utf-8"),
    "another family": settings(model_type="modernbert"),
    "another activation": settings(hidden_act="gelu_new"),
    "relative positions": settings(position_embedding_type="relative_key"),
    "a decoder": settings(is_decoder=True),
    "attention dropout": settings(attention_probs_dropout_prob=0.1),
    "quantised": settings(quantization_config={"bits": 8}),
    "code of its own": settings(auto_map={"AutoModel": "x.Y"}),
    "fewer layers": settings(num_hidden_layers=1),
    "more layers": settings(num_hidden_layers=3),
    "fewer words": settings(vocab_size=4),
    "heads that do not divide the width": settings(num_attention_heads=3),
}


@pytest.mark.parametrize("unusual", UNUSUAL)
def test_what_it_does_not_know_is_left_to_transformers(tmp_path: Path, unusual: str) -> None:
    folder = saved(tmp_path)
    assert light_encoder(folder) is not None
    UNUSUAL[unusual](folder)
    assert light_encoder(folder) is None


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
@pytest.mark.parametrize("bf16", [False, True])
def test_a_model_that_has_been_placed_can_be_copied_and_pickled(
    tmp_path: Path, copied: Callable[[Any], Any], bf16: bool
) -> None:
    folder = saved(tmp_path)
    encoder = TextEncoder(light_tokenizer(folder), max_length=24)
    encoded = encoder.encode(make_articles(5))
    model = place(load_model(folder, "mean", 3, light=True).eval(), CPU, bf16=bf16)
    wanted, found = (article_logits(one, encoded, encoder, device=CPU) for one in (model, copied(model)))
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize(("dtype", "most"), [(torch.bfloat16, 0), (torch.float32, 1e-5)])
@pytest.mark.parametrize("tokens", [1, 37, 4096])
def test_weights_that_are_laid_out_give_the_same_products(dtype: torch.dtype, most: float, tokens: int) -> None:
    torch.manual_seed(0)
    given = {"up.weight": torch.randn(96, 48, dtype=dtype) / 7, "up.bias": torch.randn(96, dtype=dtype)}
    plain, laid_out = Affine(dict(given), "up"), Affine(dict(given), "up")
    laid_out.lay_out()
    assert laid_out.laid_out is not None or dtype == torch.bfloat16 or not torch.backends.mkldnn.is_available()
    hidden = torch.randn(1, tokens, 48, dtype=dtype)
    torch.testing.assert_close(laid_out(hidden), plain(hidden), rtol=0, atol=most)


def test_a_copy_of_a_folder_can_be_removed_once_it_is_read(tmp_path: Path) -> None:
    moved = shutil.copytree(saved(tmp_path), tmp_path / "copy")
    model = place(load_model(moved, "mean", 3, light=True), CPU, bf16=False)
    shutil.rmtree(moved)
    assert all(bool(torch.isfinite(one).all()) for one in model.parameters())
