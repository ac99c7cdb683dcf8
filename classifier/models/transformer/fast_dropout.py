"""Dropout for a CPU: a random byte decides about each number, where torch draws a float for it, one after the other.

One training step of MiniLM on 2,000 tokens spends an eighth of its time in ``torch.nn.functional.dropout``; this takes
a seventh of that. Probabilities are rounded to 1/256, and what is kept is scaled by what was really kept.
"""

from __future__ import annotations

import torch
from torch import nn

BYTES = 256
LEAST = -(2**63)  # of an integer, so that all of its 64 bits are drawn


class ByteDropout(nn.Module):
    """`torch.nn.Dropout` (Srivastava et al., 2014, JMLR 15) from random bytes.

    Args:
        p: probability that a number is set to 0; rounded to the nearest 1/256, but never to 0 or 1.

    Example:
        >>> ByteDropout(0.1).p
        0.1015625
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.below = max(1, min(BYTES - 1, round(p * BYTES)))

    @property
    def p(self) -> float:
        """The probability as it is."""
        return self.below / BYTES

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Some numbers set to 0, the others scaled so that the mean stays; the input itself in evaluation."""
        return x * self._kept(x) if self.training else x

    def _kept(self, x: torch.Tensor) -> torch.Tensor:
        """A factor for each number: 0, or what makes up for those that are 0."""
        words = torch.empty(-(-x.numel() // 8), dtype=torch.int64).random_(LEAST, None)
        drawn = words.view(torch.uint8)[: x.numel()].view(x.shape)
        kept = torch.empty(x.shape, dtype=x.dtype)
        torch.ge(drawn, self.below, out=kept)
        return kept.mul_(1 / (1 - self.p))


def quicken_dropout(module: nn.Module) -> None:
    """Put a `ByteDropout` in the place of every ``nn.Dropout`` of a module that works on a CPU; changed in place."""
    for parent in list(module.modules()):
        for name, child in parent.named_children():
            if type(child) is nn.Dropout and child.p > 0:
                setattr(parent, name, ByteDropout(child.p).train(child.training))
