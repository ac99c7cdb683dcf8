"""The mean of the weights of the last steps, kept as one running mean: no copy of each step.

Near the end of a training the weights move around a place that their mean is closer to, and a mean needs no choice
among epochs on a few validation articles. Source: Izmailov et al., 2018, "Averaging Weights Leads to Wider Optima and
Better Generalization", arXiv:1803.05407.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch


class WeightAverage:
    """A running mean of vectors of weights.

    Attributes:
        count: how many steps it is the mean of.
        mean: a vector for each one that is averaged; empty before the first step.

    Example:
        >>> average = WeightAverage()
        >>> for value in (1.0, 2.0, 6.0):
        ...     average.add([torch.tensor([value])])
        >>> average.count, average.mean
        (3, [tensor([3.])])
    """

    def __init__(self) -> None:
        self.count = 0
        self.mean: list[torch.Tensor] = []

    @torch.no_grad()
    def add(self, weights: Sequence[torch.Tensor]) -> None:
        """Take in the weights of another step."""
        self.count += 1
        if self.count == 1:
            self.mean = [part.detach().clone() for part in weights]
            return
        for mean, part in zip(self.mean, weights, strict=True):
            mean.lerp_(part, 1 / self.count)

    def state(self) -> dict[str, Any]:
        """All that `load_state` needs to go on exactly."""
        return {"count": self.count, "mean": self.mean}

    def load_state(self, state: Mapping[str, Any], like: Sequence[torch.Tensor]) -> None:
        """Go on where `state` was taken.

        Args:
            state: what `state` gave back.
            like: the weights themselves, for their shapes and their device.

        Raises:
            RuntimeError: it belongs to another model.
        """
        mean = state["mean"]
        if mean and [part.shape for part in mean] != [part.shape for part in like]:
            raise RuntimeError("the mean of the weights is that of another model")
        self.count = state["count"]
        self.mean = [part.to(place.device) for part, place in zip(mean, like, strict=False)]


def averaged_from(total: int, share: float) -> int:
    """The first step whose weights are averaged, counted from 1; one after the last where none are.

    Args:
        total: steps of the training.
        share: of them, counted from the end.

    Example:
        >>> averaged_from(100, 0.5), averaged_from(5, 0.5), averaged_from(100, 0)
        (51, 4, 101)
    """
    return total - int(total * share) + 1
