"""DeBERTa-v2's attention over packed rows gives what that of transformers gives, outputs and gradients."""

import copy
from itertools import groupby
from typing import Any

import pytest
import torch
from torch import nn
from transformers import DebertaV2Config, DebertaV2Model

from classifier.models.transformer import disentangled_attention
from classifier.models.transformer.batches import Batch, WindowRun
from classifier.models.transformer.network import ArticleNetwork, place
from tests.makers.models import DEBERTA_V3, SIZES

CPU = torch.device("cpu")
LENGTHS = (70, 70, 70, 40, 33, 33, 7, 2)  # of windows, the longest first
XSMALL = {
    "hidden_size": 384,
    "num_hidden_layers": 12,
    "num_attention_heads": 6,
    "intermediate_size": 128,
    "position_buckets": 256,
}


def network(**config: Any) -> ArticleNetwork:
    torch.manual_seed(0)
    values = {"attention_probs_dropout_prob": 0.0, "hidden_dropout_prob": 0.0, **SIZES, **DEBERTA_V3, **config}
    model = DebertaV2Model(DebertaV2Config(vocab_size=200, max_position_embeddings=512, **values))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.1)  # else all scores are alike, and any attention is right
    return ArticleNetwork(model, nn.Linear(model.config.hidden_size, 2), dropout=0.0)


def batches() -> tuple[Batch, Batch]:
    """The same windows padded and packed."""
    torch.manual_seed(1)
    windows = [torch.randint(1, 200, (length,)) for length in LENGTHS]
    padded = nn.utils.rnn.pad_sequence(windows, batch_first=True)
    runs, averaging = list[WindowRun](), torch.eye(len(LENGTHS))
    for length, group in groupby(LENGTHS):
        runs.append(WindowRun(runs[-1].end if runs else 0, len(list(group)), length))
    positions = torch.cat([torch.arange(length) for length in LENGTHS])[None]
    return (
        Batch(padded, (padded > 0).long(), None, None, averaging),
        Batch(torch.cat(windows)[None], None, positions, None, averaging, tuple(runs)),
    )


def outputs(model: ArticleNetwork, batch: Batch) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    model.zero_grad()
    logits = model(batch)
    (logits * torch.linspace(-1, 1, logits.numel()).view_as(logits)).sum().backward()
    return logits.detach(), {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"share_att_key": False},
        {"pos_att_type": "c2p"},
        {"pos_att_type": "p2c", "share_att_key": False},
        {"pos_att_type": None},
        {"norm_rel_ebd": "none"},
        {"position_buckets": -1},
        {"position_buckets": -1, "max_relative_positions": 20},
        {"position_biased_input": True, "type_vocab_size": 2},
        XSMALL,
    ],
    ids=str,
)
def test_packed_windows_give_the_outputs_and_gradients_of_transformers(config: dict[str, Any]) -> None:
    model, (padded, packed) = network(**config), batches()
    logits, gradients = outputs(model, padded)
    place(model, CPU, bf16=False)
    assert model.packed
    found, theirs = outputs(model, packed)
    assert (found - logits).abs().max() < 1e-5 * max(1.0, float(logits.abs().max()))
    assert theirs.keys() == gradients.keys()
    for name, gradient in gradients.items():
        assert (theirs[name] - gradient).abs().max() < 1e-4 * max(1e-2, float(gradient.abs().max())), name
    with torch.no_grad():
        assert torch.allclose(model(packed), found, atol=1e-6)


def test_blocks_of_one_window_are_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    model, batch = place(network(), CPU, bf16=False), batches()[1]
    logits, gradients = outputs(model, batch)
    monkeypatch.setattr(disentangled_attention, "BLOCK", 1)
    found, theirs = outputs(model, batch)
    assert torch.allclose(found, logits, atol=1e-6)
    assert all(torch.allclose(theirs[name], gradients[name], atol=1e-5) for name in gradients)


def test_in_bf16_it_is_as_near_as_transformers_is() -> None:
    model, (padded, packed) = network(), batches()
    exact = model(padded)
    theirs = copy.deepcopy(model)
    for parameter in theirs.encoder.parameters():
        parameter.data = parameter.data.bfloat16()
    ours = place(model, CPU, bf16=True)
    assert (ours(packed) - exact).abs().mean() < 1.5 * (theirs(padded) - exact).abs().mean()


@pytest.mark.parametrize("config", [{"conv_kernel_size": 3}, {"relative_attention": False}], ids=str)
def test_others_of_the_family_stay_padded(config: dict[str, Any]) -> None:
    model, (padded, _) = network(**config), batches()
    before = model(padded)
    assert not place(model, CPU, bf16=False).packed
    assert torch.equal(model(padded), before)


def test_the_norm_of_distances_is_frozen_with_the_layers_that_read_them() -> None:
    """Else the outputs of frozen layers, which are kept, would change with it."""
    model = network()
    model.freeze(1)
    assert not any(p.requires_grad for p in model.encoder.encoder.LayerNorm.parameters())  # type: ignore[union-attr]
    other = network()
    other.freeze(0)
    assert all(p.requires_grad for p in other.encoder.encoder.LayerNorm.parameters())  # type: ignore[union-attr]
