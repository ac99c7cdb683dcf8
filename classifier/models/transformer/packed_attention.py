"""Attention over windows that lie one after the other in a single row of tokens: no padding, and fast on a CPU.

On a CPU ``scaled_dot_product_attention`` needs about 2.5 times as long as plain batched matrix products whose scores
stay in the cache (12 heads of 32 features, windows of 128 to 256 tokens, bf16). So windows are packed into one row,
and each run of windows of one length is multiplied at once, a cache-sized block at a time. A window never sees
another one, so its scores do not depend on its batch mates.

`register` makes this known to `transformers` as the attention ``packed`` (its ``AttentionInterface``); an encoder of
`PACKABLE` hands the keyword ``runs`` on to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from classifier.models.transformer.batches import WindowRun

NAME = "packed"
PACKABLE = frozenset({"bert", "roberta", "xlm-roberta", "camembert", "distilbert", "electra"})  # absolute positions
POSITIONS_AFTER_PAD = frozenset({"roberta", "xlm-roberta", "camembert"})  # the first position is padding_idx + 1
BLOCK = 6 * 2**20  # bytes of attention scores that are computed at once: a core's share of the cache


def register() -> None:
    """Make the attention ``packed`` known to `transformers`."""
    from transformers import AttentionInterface  # takes about two seconds, with its models

    AttentionInterface.register(NAME, packed_attention)


def packed_attention(
    module: nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    *,
    runs: tuple[WindowRun, ...],
    scaling: float,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """Attention of each window to itself, as `transformers` calls it.

    Args:
        module: the attention layer; not used.
        query, key, value: of shape (1, heads, tokens, features).
        attention_mask: not used: there is no padding.
        runs: where the windows are.
        scaling: of the scores.

    Returns:
        Of shape (1, tokens, heads, features), and no weights.
    """
    rows = [tensor[0].transpose(0, 1) for tensor in (query, key, value)]
    mixed: torch.Tensor = _Attention.apply(*rows, runs, scaling)  # type: ignore[no-untyped-call]
    return mixed.unsqueeze(0), None


class _Attention(torch.autograd.Function):
    """Attention within runs; query, key, value and result have the shape (tokens, heads, features)."""

    @staticmethod
    def forward(
        ctx: Any,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        runs: tuple[WindowRun, ...],
        scaling: float,
    ) -> torch.Tensor:
        mixed = torch.empty(query.shape, dtype=query.dtype)
        kept: list[torch.Tensor] = []
        for run in runs:
            q, k, v = _split(query, run) * scaling, _split(key, run), _split(value, run)
            scores = torch.empty(len(q), run.length, run.length, dtype=q.dtype)
            result = torch.empty_like(v)
            for block in _blocks(scores):
                torch.bmm(q[block], k[block].transpose(1, 2), out=scores[block])
                torch.softmax(scores[block], dim=-1, out=scores[block])
                torch.bmm(scores[block], v[block], out=result[block])
            _join(result, mixed, run)
            kept += [q, k, v, scores]
        ctx.save_for_backward(*kept)
        ctx.runs, ctx.scaling = runs, scaling
        return mixed

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        kept = ctx.saved_tensors
        gradients = [torch.empty(gradient.shape, dtype=gradient.dtype) for _ in range(3)]
        for index, run in enumerate(ctx.runs):
            q, k, v, weights = kept[4 * index : 4 * index + 4]
            mixed = _split(gradient, run)
            by_run = [torch.empty_like(q) for _ in range(3)]
            for block in _blocks(weights):
                _backward_block(q[block], k[block], v[block], weights[block], mixed[block], [g[block] for g in by_run])
            by_run[0].mul_(ctx.scaling)
            for part, whole in zip(by_run, gradients, strict=True):
                _join(part, whole, run)
        return (*gradients, None, None)


def _backward_block(
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    weights: torch.Tensor,
    mixed: torch.Tensor,
    gradients: list[torch.Tensor],
) -> None:
    """Gradients of query, key and value from that of the result, into `gradients`."""
    torch.bmm(weights.transpose(1, 2), mixed, out=gradients[2])
    of_weights = torch.bmm(mixed, v.transpose(1, 2))
    of_scores = torch._softmax_backward_data(of_weights, weights, -1, weights.dtype)
    torch.bmm(of_scores, k, out=gradients[0])
    torch.bmm(of_scores.transpose(1, 2), q, out=gradients[1])


def _split(rows: torch.Tensor, run: WindowRun) -> torch.Tensor:
    """(tokens, heads, features) -> the run as (windows × heads, length, features)."""
    _, heads, features = rows.shape
    part = rows[run.start : run.end].view(run.windows, run.length, heads, features)
    return part.transpose(1, 2).contiguous().view(run.windows * heads, run.length, features)


def _join(part: torch.Tensor, rows: torch.Tensor, run: WindowRun) -> None:
    """Write what `_split` took apart back into its place in the rows."""
    _, heads, features = rows.shape
    target = rows[run.start : run.end].view(run.windows, run.length, heads, features)
    target.copy_(part.view(run.windows, heads, run.length, features).transpose(1, 2))


def _blocks(scores: torch.Tensor) -> Iterator[slice]:
    """Slices of the first dimension that fit into the cache."""
    size = max(1, BLOCK // (scores[0].numel() * scores.element_size()))
    for start in range(0, len(scores), size):
        yield slice(start, start + size)
