"""AdamW on a float32 copy of the weights, so that the model itself may compute in bf16 without losing small updates.

The copy of each group of weights is one flat buffer: a step, the norm of the gradient and its sum over processes are
single operations. Source of the float32 copy: Micikevicius et al., 2018, "Mixed Precision Training", arXiv:1710.03740.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import nn

from classifier.models.transformer.network import layers_of

Weights = dict[str, torch.Tensor]


class MasterAdamW:
    """AdamW whose weights are float32 whatever the model's are.

    Args:
        model: on its device, still in float32 (`place` it afterwards); frozen weights are left alone.
        weight_decay: of matrices; biases and norms have none.
        layer_decay: factor of the learning rate from each layer of the encoder to the one below it.

    Attributes:
        parameters: of the model, by group.
        flat: their float32 copies, one vector per group; ``flat[i].grad`` collects the gradient.
    """

    def __init__(self, model: nn.Module, *, weight_decay: float, layer_decay: float = 1.0) -> None:
        self.model = model
        groups = parameter_groups(model, weight_decay=weight_decay, layer_decay=layer_decay)
        self.parameters: list[list[nn.Parameter]] = [group["params"] for group in groups]
        self.scales = [float(group["scale"]) for group in groups]
        self.flat = [_flatten(parameters) for parameters in self.parameters]
        self.adamw = torch.optim.AdamW(
            [
                {"params": [flat], "weight_decay": group["weight_decay"]}
                for flat, group in zip(self.flat, groups, strict=True)
            ],
            lr=1e-4,
            fused=True,
        )

    def collect(self) -> None:
        """Add the model's gradients to the float32 ones, and clear them."""
        for flat, parameters in zip(self.flat, self.parameters, strict=True):
            assert flat.grad is not None
            for part, parameter in zip(_split(flat.grad, parameters), parameters, strict=True):
                if parameter.grad is not None:
                    part.add_(parameter.grad)
                    parameter.grad = None

    def clip(self, max_norm: float) -> torch.Tensor:
        """Scale the gradient down to a norm of at most ``max_norm``; its norm before that."""
        gradients = [flat.grad for flat in self.flat if flat.grad is not None]
        norm: torch.Tensor = torch.linalg.vector_norm(
            torch.stack([torch.linalg.vector_norm(grad) for grad in gradients])
        )
        factor = torch.clamp(max_norm / (norm + 1e-6), max=1.0)
        for grad in gradients:
            grad.mul_(factor)
        return norm

    def step(self, learning_rate: float) -> None:
        """Update the float32 weights, copy them into the model, and clear the gradients."""
        for group, scale in zip(self.adamw.param_groups, self.scales, strict=True):
            group["lr"] = learning_rate * scale
        self.adamw.step()
        self.copy_to_model()
        for flat in self.flat:
            assert flat.grad is not None
            flat.grad.zero_()

    @torch.no_grad()
    def copy_to_model(self) -> None:
        """Copy the float32 weights into the model."""
        for part, parameter in self._parts():
            parameter.copy_(part)

    @torch.no_grad()
    def copy_from_model(self) -> None:
        """Take over the weights of the model's float32 parts, after something else has changed them."""
        for part, parameter in self._parts():
            if parameter.dtype == torch.float32:
                part.copy_(parameter)

    def weights(self) -> Weights:
        """The trained weights in float32, by name; frozen ones, which are as they came, are left out."""
        names = {id(parameter): name for name, parameter in self.model.named_parameters()}
        return {names[id(parameter)]: part.detach() for part, parameter in self._parts()}

    @torch.no_grad()
    def take(self, flat: Sequence[torch.Tensor]) -> None:
        """Put other vectors in the place of `flat`, of the same shapes; the model gets them too."""
        for mine, other in zip(self.flat, flat, strict=True):
            mine.copy_(other)
        self.copy_to_model()

    def _parts(self) -> Iterator[tuple[torch.Tensor, nn.Parameter]]:
        """Each weight in float32, a view of its flat buffer, with the model's own parameter."""
        for flat, parameters in zip(self.flat, self.parameters, strict=True):
            yield from zip(_split(flat, parameters), parameters, strict=True)

    @torch.no_grad()
    def load_weights(self, weights: Mapping[str, torch.Tensor]) -> None:
        """Put weights that `weights` gave back; the model gets them too.

        Raises:
            RuntimeError: they belong to another model.
        """
        mine = self.weights()
        if mine.keys() != weights.keys() or any(mine[name].shape != weights[name].shape for name in mine):
            raise RuntimeError("the weights are those of another model")
        for name, part in mine.items():
            part.copy_(weights[name])
        self.copy_to_model()


def parameter_groups(model: nn.Module, *, weight_decay: float, layer_decay: float = 1.0) -> list[dict[str, Any]]:
    """Trainable weights by depth and by whether they decay: matrices do, biases and norms do not.

    Returns:
        Dictionaries with ``params``, ``weight_decay`` and ``scale``, the factor of the learning rate: 1 for the head,
        ``layer_decay`` to the number of layers above for the encoder (Howard and Ruder, 2018, arXiv:1801.06146).
    """
    groups: dict[tuple[int, bool], list[nn.Parameter]] = {}
    depths = {} if layer_decay == 1 else dict(_depths(model))
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            depth = depths.get(name, 0)
            groups.setdefault((depth, parameter.ndim > 1), []).append(parameter)
    return [
        {"params": parameters, "weight_decay": weight_decay if decays else 0.0, "scale": layer_decay**depth}
        for (depth, decays), parameters in sorted(groups.items())
    ]


def schedule(step: int, total: int, warmup_ratio: float) -> float:
    """Factor of the learning rate: linear warm-up, then linear decay to zero.

    Example:
        >>> [schedule(step, 10, 0.2) for step in (0, 1, 2, 6, 9)]
        [0.5, 1.0, 1.0, 0.5, 0.125]
    """
    warmup = math.ceil(total * warmup_ratio)
    if step < warmup:
        return (step + 1) / warmup
    return (total - step) / max(1, total - warmup)


def _depths(model: nn.Module) -> Iterator[tuple[str, int]]:
    """How many layers of the encoder stand between each weight and the head; embeddings are below the first one."""
    layers = list(layers_of(model))
    layer_of = {id(p): index for index, layer in enumerate(layers) for p in layer.parameters()}
    for name, parameter in model.named_parameters():
        if id(parameter) in layer_of:
            yield name, len(layers) - layer_of[id(parameter)]
        else:
            yield name, len(layers) + 1 if "embed" in name else 0


def _flatten(parameters: list[nn.Parameter]) -> torch.Tensor:
    flat = torch.cat([parameter.detach().float().reshape(-1) for parameter in parameters])
    flat.grad = torch.zeros_like(flat)
    return flat


def _split(flat: torch.Tensor, parameters: list[nn.Parameter]) -> list[torch.Tensor]:
    """Views of a flat buffer in the shapes of the weights."""
    parts = torch.split(flat, [parameter.numel() for parameter in parameters])
    return [part.view(parameter.shape) for part, parameter in zip(parts, parameters, strict=True)]
