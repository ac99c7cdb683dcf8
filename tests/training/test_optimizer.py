from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from classifier.models.transformer.network import create_model
from classifier.training.optimizer import MasterAdamW, parameter_groups, schedule

LABELS = ("opinion", "reporting", "satire")


def small_model(dtype: torch.dtype = torch.float32, scale: float = 1.0) -> nn.Module:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 5), nn.LayerNorm(5), nn.Linear(5, 2))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(scale)
    return model.to(dtype)


def backward(model: nn.Module, step: int) -> None:
    torch.manual_seed(step)
    dtype = next(model.parameters()).dtype
    (model(torch.randn(4, 6).to(dtype)) ** 2).sum().backward()


def test_in_float32_it_is_adamw() -> None:
    ours, theirs = small_model(), small_model()
    optimizer = MasterAdamW(ours, weight_decay=0.1)
    groups = [
        {"params": [p for p in theirs.parameters() if (p.ndim > 1) is decays], "weight_decay": 0.1 if decays else 0.0}
        for decays in (True, False)
    ]
    reference = torch.optim.AdamW(groups, lr=1e-2)
    for step in range(20):
        backward(ours, step)
        optimizer.collect()
        optimizer.step(1e-2)
        backward(theirs, step)
        reference.step()
        reference.zero_grad()
        for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
            assert torch.allclose(mine, other, atol=1e-6, rtol=0), step


def test_gradients_of_several_batches_are_summed_in_float32_and_cleared() -> None:
    model = small_model(torch.bfloat16)
    optimizer = MasterAdamW(model, weight_decay=0.0)
    parts = []
    for step in range(3):
        backward(model, step)
        parts.append([p.grad.float().clone() for p in model.parameters() if p.grad is not None])
        optimizer.collect()
        assert all(p.grad is None for p in model.parameters())
    norm = torch.sqrt(sum((sum(tensors) ** 2).sum() for tensors in zip(*parts, strict=True)))
    assert optimizer.clip(1e9) == pytest.approx(norm.item(), rel=1e-6)
    optimizer.step(1e-3)
    assert all(not flat.grad.any() for flat in optimizer.flat if flat.grad is not None)


def test_small_updates_of_a_bf16_model_are_not_lost() -> None:
    model, plain = small_model(torch.bfloat16), small_model(torch.bfloat16)
    with torch.no_grad():
        for parameter in (*model.parameters(), *plain.parameters()):
            parameter.fill_(1.0)
    optimizer = MasterAdamW(model, weight_decay=0.0)
    reference = torch.optim.AdamW(plain.parameters(), lr=1e-4, weight_decay=0.0)
    for _ in range(200):  # each update is 1e-4; neighbours of 1.0 in bf16 are 4e-3 away
        for parameter in (*model.parameters(), *plain.parameters()):
            parameter.grad = torch.ones_like(parameter)
        optimizer.collect()
        optimizer.step(1e-4)
        reference.step()
    assert all((p == 1).all() for p in plain.parameters())
    assert all(torch.allclose(w, torch.tensor(0.98), atol=1e-4) for w in optimizer.weights().values())
    assert all(p.dtype == torch.bfloat16 and (p.float() - 0.98).abs().max() < 4e-3 for p in model.parameters())


@pytest.mark.parametrize("most", [0.5, 1e6])
def test_clipping_is_that_of_torch(most: float) -> None:
    model, plain = small_model(), small_model()
    optimizer = MasterAdamW(model, weight_decay=0.0)
    backward(model, 0)
    backward(plain, 0)
    optimizer.collect()
    theirs = torch.nn.utils.clip_grad_norm_(plain.parameters(), most)
    assert optimizer.clip(most).item() == pytest.approx(theirs.item(), rel=1e-6)
    expected = torch.cat([p.grad.ravel() for p in plain.parameters() if p.grad is not None])
    found = torch.cat([flat.grad for flat in optimizer.flat if flat.grad is not None])
    assert found.norm().item() == pytest.approx(expected.norm().item(), rel=1e-5)
    assert torch.allclose(found.sort().values, expected.sort().values, atol=1e-6)


def test_layer_decay_slows_each_layer_down(checkpoint: Path) -> None:
    model = create_model(checkpoint, LABELS, multi_label=False, pooling="mean")
    names = {id(p): name for name, p in model.named_parameters()}
    groups = parameter_groups(model, weight_decay=0.01, layer_decay=0.5)
    scales = {names[id(p)]: group["scale"] for group in groups for p in group["params"]}
    assert scales["head.weight"] == scales["head.bias"] == 1
    assert scales["encoder.encoder.layer.1.output.dense.weight"] == 0.5
    assert scales["encoder.encoder.layer.0.output.dense.weight"] == 0.25
    assert scales["encoder.embeddings.word_embeddings.weight"] == scales["encoder.embeddings.LayerNorm.bias"] == 0.125
    assert len(scales) == len(list(model.parameters()))
    even = parameter_groups(model, weight_decay=0.01)
    assert [group["scale"] for group in even] == [1, 1]


def test_the_first_step_moves_weights_by_the_scaled_learning_rate(checkpoint: Path) -> None:
    model = create_model(checkpoint, LABELS, multi_label=False, pooling="mean")
    optimizer = MasterAdamW(model, weight_decay=0.0, layer_decay=0.5)
    before = {name: weight.clone() for name, weight in optimizer.weights().items()}
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimizer.collect()
    optimizer.step(1e-2)
    moved = {name: (before[name] - weight).mean().item() for name, weight in optimizer.weights().items()}
    assert moved["head.weight"] == pytest.approx(1e-2, rel=1e-3)
    assert moved["encoder.encoder.layer.0.output.dense.weight"] == pytest.approx(0.25e-2, rel=1e-3)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_weights_go_round(dtype: torch.dtype) -> None:
    first, second = small_model(dtype), small_model(dtype, scale=3)
    one, other = (MasterAdamW(model, weight_decay=0.0) for model in (first, second))
    with torch.no_grad():
        for flat in one.flat:
            flat.add_(1e-4)  # too little for bf16
    other.load_weights(one.weights())
    assert all(torch.equal(a, b) for a, b in zip(one.flat, other.flat, strict=True))
    one.copy_to_model()
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))


def test_read_takes_what_the_model_has() -> None:
    model = small_model()
    optimizer = MasterAdamW(model, weight_decay=0.0)
    with torch.no_grad():
        model[0].weight.fill_(7)
    optimizer.copy_from_model()
    assert (optimizer.weights()["0.weight"] == 7).all()


@pytest.mark.parametrize(
    "change",
    [
        lambda weights: weights.pop("0.bias"),
        lambda weights: weights.update({"9.bias": torch.zeros(2)}),
        lambda weights: weights.update({"0.bias": torch.zeros(2)}),
    ],
)
def test_the_weights_of_another_model_are_refused(change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    optimizer = MasterAdamW(small_model(), weight_decay=0.0)
    weights = dict(optimizer.weights())
    change(weights)
    with pytest.raises(RuntimeError, match="another model"):
        optimizer.load_weights(weights)


def test_frozen_weights_are_left_out() -> None:
    model = small_model()
    model[0].requires_grad_(False)
    optimizer = MasterAdamW(model, weight_decay=0.0)
    assert sorted(optimizer.weights()) == ["1.bias", "1.weight", "2.bias", "2.weight"]


def test_the_schedule_warms_up_and_decays_to_zero() -> None:
    factors = [schedule(step, 100, 0.1) for step in range(100)]
    assert max(factors) == 1.0
    assert factors[:3] == pytest.approx([0.1, 0.2, 0.3])
    assert factors[-1] == pytest.approx(1 / 90)
    assert schedule(0, 5, 0.0) == 1.0


def test_biases_and_norms_have_no_weight_decay(checkpoint: Path) -> None:
    model = create_model(checkpoint, LABELS, multi_label=False, pooling="mean")
    plain, decayed = parameter_groups(model, weight_decay=0.01)
    assert {p.ndim for p in decayed["params"]} == {2}
    assert {p.ndim for p in plain["params"]} == {1}
    assert len(decayed["params"]) + len(plain["params"]) == len(list(model.parameters()))
