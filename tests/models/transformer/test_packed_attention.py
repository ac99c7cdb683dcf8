import copy
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from classifier.models.transformer import packed_attention as attention
from classifier.models.transformer.batches import Batch, WindowRun, collate
from classifier.models.transformer.forward import article_logits
from classifier.models.transformer.network import ArticleNetwork, create_model, place
from classifier.models.transformer.packed_attention import packed_attention
from classifier.models.transformer.packed_encoder import PACKABLE
from classifier.models.transformer.tokenizer import load_tokenizer
from classifier.models.transformer.windows import TextEncoder
from tests.makers.articles import make_articles
from tests.makers.models import make_checkpoint

CPU = torch.device("cpu")
LABELS = ("opinion", "reporting", "satire")
FAMILIES = sorted(PACKABLE)


def models(folder: Path) -> tuple[ArticleNetwork, ArticleNetwork]:
    """One classifier twice: with the attention of transformers and with packed attention."""
    torch.manual_seed(0)
    plain = create_model(folder, LABELS, multi_label=False, pooling="mean").eval()
    with torch.no_grad():
        for parameter in plain.parameters():
            parameter.mul_(6 if parameter.ndim > 1 else 1)  # else all scores are alike, and any attention is right
    packed = place(copy.deepcopy(plain), CPU, bf16=False)
    assert packed.packed
    assert not plain.packed
    return plain, packed


def batches(folder: Path, *, pair: bool) -> tuple[Batch, Batch]:
    """Articles of one to three windows of uneven lengths, padded and packed."""
    encoder = TextEncoder(load_tokenizer(folder), max_length=24, windows=3, pair=pair)
    articles = [
        replace(a, text=" ".join(a.text.split()[: 6 * i + 3])) for i, a in enumerate(make_articles(9, pair=pair))
    ]
    encoded = encoder.encode(articles)
    assert len(set(np.diff(encoded.window_starts).tolist())) > 3
    assert set(encoded.window_counts.tolist()) >= {1, 3}
    padded, packed = (collate(encoded, range(9), encoder.template, 0, packed=way) for way in (False, True))
    assert any(run.windows > 1 for run in packed.runs)
    return padded, packed


def gradients(model: ArticleNetwork, batch: Batch) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    logits = model(batch)
    weights = torch.linspace(-1, 1, logits.numel()).view_as(logits)
    (logits * weights).sum().backward()
    return logits.detach(), {name: p.grad for name, p in model.named_parameters() if p.grad is not None}


@pytest.fixture(params=["products", "fused"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to work attention out, whatever this processor takes."""
    monkeypatch.setattr(attention, "is_fused", lambda *_, **__: request.param == "fused")
    return str(request.param)


@pytest.mark.parametrize("pair", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.usefixtures("way")
def test_packed_windows_give_the_outputs_and_gradients_of_padded_ones(tmp_path: Path, family: str, pair: bool) -> None:
    folder = make_checkpoint(tmp_path, family)
    plain, packed = models(folder)
    padded_batch, packed_batch = batches(folder, pair=pair)
    if pair and family in ("bert", "electra"):
        assert packed_batch.token_type_ids is not None
        assert set(packed_batch.token_type_ids.unique().tolist()) == {0, 1}
    expected, wanted = gradients(plain, padded_batch)
    found, given = gradients(packed, packed_batch)
    assert (found - expected).abs().max() < 1e-5 * max(1, expected.abs().max())
    assert given.keys() == wanted.keys()
    for name, gradient in wanted.items():
        if not name.endswith(("key.bias", "k_lin.bias", "attn.k.bias")):  # softmax does not depend on it
            assert gradient.abs().max() > 0, name
            assert (given[name] - gradient).abs().max() < 1e-5 * max(1, gradient.abs().max()), name


@pytest.mark.parametrize("family", FAMILIES)
def test_an_article_alone_gets_the_scores_it_has_in_a_batch(tmp_path: Path, family: str) -> None:
    folder = make_checkpoint(tmp_path, family)
    model = models(folder)[1]
    encoder = TextEncoder(load_tokenizer(folder), max_length=24, windows="all")
    articles = make_articles(12)
    together = article_logits(model, encoder.encode(articles), encoder, device=CPU)
    alone = [article_logits(model, encoder.encode([article]), encoder, device=CPU)[0] for article in articles]
    assert np.ptp(together, axis=0).max() > 0.1
    assert np.abs(together - np.stack(alone)).max() < 1e-5


@pytest.mark.parametrize("family", ["bert", "mpnet", "modernbert"])
def test_several_cache_blocks_are_one(tmp_path: Path, family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention, "is_fused", lambda *_, **__: False)
    folder = make_checkpoint(tmp_path, family)
    batch = batches(folder, pair=False)[1]
    one, given = gradients(models(folder)[1], batch)
    monkeypatch.setattr(attention, "BLOCK", 3 * 24 * 24 * 4)  # three windows and heads of the longest
    assert attention._block((24, 24), 4, heads=2, whole=False) == 3
    assert attention._block((24, 24), 4, heads=2, whole=True) == 2
    several, found = gradients(models(folder)[1], batch)
    assert torch.allclose(one, several, atol=1e-6)
    assert all(torch.allclose(found[name], given[name], atol=1e-5, rtol=1e-4) for name in given)
    with torch.no_grad():
        alone = models(folder)[1](batch)
    assert torch.allclose(one, alone, atol=1e-6)


@pytest.mark.parametrize("size", [1, 30, 1000])
@pytest.mark.parametrize("shift", [0, 60, -60])
@pytest.mark.parametrize("reach", [None, 2])
@pytest.mark.parametrize("biased", [False, True])
def test_without_gradients_it_is_softmax_however_large_the_scores(
    biased: bool, reach: int | None, shift: float, size: float
) -> None:
    torch.manual_seed(0)
    query, key, value = (torch.randn(10, 2, 4) for _ in range(3))
    query, key = query * size, key + shift
    bias = torch.randn(2, 5, 5) * 50 if biased else None
    given = query.clone(), key.clone(), value.clone()
    runs = (WindowRun(0, 1, 4), WindowRun(4, 2, 3))
    with torch.no_grad():
        found = attention._Attention.apply(query, key, value, bias, runs, 0.5, reach)
    assert all(torch.equal(one, other) for one, other in zip(given, (query, key, value), strict=True))
    for start, length in ((0, 4), (4, 3), (7, 3)):
        rows = slice(start, start + length)
        scores = torch.einsum("ahf,bhf->hab", query[rows].double() * 0.5, key[rows].double())
        scores += 0 if bias is None else bias[:, :length, :length]
        if reach is not None:
            places = torch.arange(length)
            scores = scores.masked_fill((places[:, None] - places).abs() > reach, -torch.inf)
        wanted = torch.einsum("hab,bhf->ahf", scores.softmax(-1), value[rows].double())
        assert (found[rows] - wanted).abs().max() < 1e-5 * max(1, size * max(1, abs(shift)))


@pytest.mark.parametrize("reach", [None, 2])
@pytest.mark.parametrize("biased", [False, True])
def test_the_gradient_is_that_of_numerical_differences(biased: bool, reach: int | None) -> None:
    torch.manual_seed(0)
    runs = (WindowRun(0, 2, 6), WindowRun(12, 1, 3))
    inputs = [torch.randn(1, 2, 15, 3, dtype=torch.float64).transpose(1, 2).contiguous().transpose(1, 2) for _ in "qkv"]
    bias = [torch.randn(2, 6, 6, dtype=torch.float64)] if biased else []
    window = None if reach is None else reach + 1

    def mix(*tensors: torch.Tensor) -> torch.Tensor:
        more = {"bias": tensors[3] if biased else None, "sliding_window": window}
        return packed_attention(torch.nn.Identity(), *tensors[:3], None, runs=runs, scaling=0.6, **more)[0]

    assert torch.autograd.gradcheck(mix, [tensor.requires_grad_() for tensor in (*inputs, *bias)])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("reach", [None, 5, 40])
def test_both_ways_are_attention_as_it_is_defined(dtype: torch.dtype, reach: int | None) -> None:
    torch.manual_seed(0)
    runs = (WindowRun(0, 2, 37), WindowRun(74, 1, 6))
    query, key, value = (torch.randn(1, 3, 80, 8).to(dtype) for _ in "qkv")
    bias = torch.randn(3, 37, 37).to(dtype) if reach is None else None
    window = None if reach is None else reach + 1
    expected = torch.empty(1, 80, 3, 8)
    for start, length in ((0, 37), (37, 37), (74, 6)):
        q, k, v = (tensor[0, :, start : start + length].double() for tensor in (query, key, value))
        scores = q @ k.transpose(1, 2) * 0.4 + (0 if bias is None else bias[:, :length, :length].double())
        apart = (torch.arange(length)[:, None] - torch.arange(length)).abs()
        if reach is not None:
            scores[:, apart > reach] = -torch.inf
        expected[0, start : start + length] = (scores.softmax(-1) @ v).transpose(0, 1).float()
    rows = [tensor[0].transpose(0, 1) for tensor in (query, key, value)]
    fused = attention._fused(*rows, runs, 0.4, bias, reach)
    products = attention._Attention.apply(*rows, bias, runs, 0.4, reach)
    for found in (fused, products):
        assert (found.float() - expected[0]).abs().max() < (1e-5 if dtype == torch.float32 else 0.05)
    more = {"bias": bias, "sliding_window": window}
    called = packed_attention(torch.nn.Identity(), query, key, value, None, runs=runs, scaling=0.4, **more)[0]
    assert (called.float() - expected).abs().max() < (1e-5 if dtype == torch.float32 else 0.05)


def test_wide_windows_of_local_layers_are_worked_out_by_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = (WindowRun(0, 1, 40), WindowRun(40, 2, 20), WindowRun(80, 1, 5))
    query, key, value = (torch.randn(1, 2, 85, 4) for _ in "qkv")
    taken: list[int] = []
    forward = attention._mix_blocks
    monkeypatch.setattr(attention, "_mix_blocks", lambda q, *a, **k: taken.append(q.shape[1]) or forward(q, *a, **k))
    for window, expected in ((6, [10, 10, 10, 10]), (5, [8, 8, 8, 8, 8, 8, 8, 4]), (50, []), (None, [])):
        taken.clear()
        mixed = packed_attention(
            torch.nn.Identity(), query, key, value, None, runs=runs, scaling=0.5, sliding_window=window
        )[0]
        assert taken == expected
        assert mixed.shape == (1, 85, 2, 4)


def test_which_way_is_a_rule_of_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    for unit in (False, True):
        monkeypatch.setattr(attention, "_has_matrix_unit", lambda unit=unit: unit)
        assert attention.is_fused(torch.float32, learns=True)
        assert attention.is_fused(torch.float32, learns=False)
        assert not attention.is_fused(torch.bfloat16, learns=True)
        assert attention.is_fused(torch.bfloat16, learns=False) is unit


@pytest.mark.parametrize("family", ["bert", "roberta", "mpnet", "modernbert"])
def test_bf16_is_close_to_float32(tmp_path: Path, family: str) -> None:
    folder = make_checkpoint(tmp_path, family)
    exact = models(folder)[1]
    rough = place(copy.deepcopy(exact), CPU, bf16=True)
    batch = batches(folder, pair=False)[1]
    expected, wanted = gradients(exact, batch)
    found, given = gradients(rough, batch)
    assert found.dtype == torch.float32
    assert 0 < (found - expected).abs().max() < 0.05 * expected.abs().max()
    for name, gradient in wanted.items():
        if not name.endswith(("key.bias", "attn.k.bias")):
            assert torch.nn.functional.cosine_similarity(given[name].float().ravel(), gradient.ravel(), dim=0) > 0.97


def test_dropout_in_attention_keeps_the_attention_of_transformers(checkpoint: Path) -> None:
    model = create_model(checkpoint, LABELS, multi_label=False, pooling="mean", attention_dropout=0.1)
    assert not place(model, CPU, bf16=False).packed


def test_the_models_of_transformers_are_loaded_with_the_first_network_only() -> None:
    code = (
        "import sys, classifier.training.prepare;"
        "print('torch' in sys.modules, 'transformers.modeling_utils' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert found.split() == ["True", "False"]
