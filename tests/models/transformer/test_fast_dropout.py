"""Dropout from bytes does what torch's does: its shares, its mean, its gradient, its seed."""

from pathlib import Path

import pytest
import torch
from torch import nn

from classifier.models.transformer.fast_dropout import ByteDropout, quicken_dropout
from classifier.models.transformer.network import create_model, place

X = torch.ones(301, 999)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.001, 0.999])
def test_its_share_is_dropped_and_the_mean_stays(p: float) -> None:
    torch.manual_seed(0)
    layer = ByteDropout(p)
    y = layer(X)
    assert (y == 0).float().mean().item() == pytest.approx(layer.p, abs=0.003)
    assert layer.p == pytest.approx(p, abs=1 / 256)
    assert y[y != 0].unique().tolist() == pytest.approx([1 / (1 - layer.p)])


def test_numbers_are_dropped_on_their_own() -> None:
    torch.manual_seed(0)
    dropped = (ByteDropout(0.5)(torch.ones(80_000)) == 0).float().view(-1, 8)
    assert torch.corrcoef(dropped.T).fill_diagonal_(0).abs().max() < 0.05
    assert dropped.mean(dim=0).tolist() == pytest.approx([0.5] * 8, abs=0.02)


def test_the_gradient_is_scaled_and_dropped_alike() -> None:
    x = torch.randn(64, 50, dtype=torch.bfloat16).requires_grad_()
    y = ByteDropout(0.25)(x)
    y.float().sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad == 0, y == 0)
    assert x.grad[x.grad != 0].float().unique().tolist() == pytest.approx([4 / 3], rel=0.01)


def test_a_seed_decides_and_evaluation_changes_nothing() -> None:
    layer = ByteDropout(0.3)
    torch.manual_seed(7)
    first, second = layer(X), layer(X)
    torch.manual_seed(7)
    assert torch.equal(first, layer(X))
    assert not torch.equal(first, second)
    assert layer.eval()(X) is X


def test_every_dropout_of_an_encoder_is_replaced_on_a_cpu(checkpoint: Path) -> None:
    model = place(
        create_model(checkpoint, ["a", "b"], multi_label=False, pooling="mean", dropout=0.2),
        torch.device("cpu"),
        bf16=False,
    )
    quickened = [module for module in model.modules() if isinstance(module, ByteDropout)]
    assert len(quickened) == 1 + 1 + 2 * 2
    assert not [module for module in model.modules() if isinstance(module, nn.Dropout) and module.p > 0]
    loaded = nn.Sequential(nn.Dropout(0.5)).eval()
    quicken_dropout(loaded)
    assert not any(module.training for module in loaded.modules())
    still = nn.Sequential(nn.Dropout(0.0))
    quicken_dropout(still)
    assert isinstance(still[0], nn.Dropout)
