"""Attention over windows that lie one after the other in a single row of tokens: no padding, and fast on a CPU.

Windows are packed into one row, and each run of windows of one length is multiplied at once. A window never sees
another one, so its scores do not depend on its batch mates. There are two ways to work it out, and `is_fused` says
which one a processor takes: batched matrix products with a cache-sized block of scores at a time, or PyTorch's
``scaled_dot_product_attention``. Measured by ``scripts/benchmark_attention.py``.

`register` makes this known to `transformers` as the attention ``packed`` (its ``AttentionInterface``); what hands the
keyword ``runs`` on to it stands in `classifier.models.transformer.packed_encoder`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from classifier.models.transformer.batches import WindowRun

NAME = "packed"
BLOCK = 6 * 2**20  # bytes of attention scores that are computed at once: a core's share of the cache
LOG2_E = math.log2(math.e)
MOST = 1e30  # of a sum of weights, and one over it the least
WIDE = 4  # times the reach of a local layer
STRETCH = 2  # half-windows of queries that are multiplied at once in a local layer


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
    bias: torch.Tensor | None = None,
    sliding_window: int | None = None,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """Attention of each window to itself, as `transformers` calls it.

    Args:
        module: the attention layer; not used.
        query, key, value: of shape (1, heads, tokens, features).
        attention_mask: not used: there is no padding.
        runs: where the windows are.
        scaling: of the scores.
        bias: added to the scores, of shape (heads, longest window, longest window); a shorter window takes its corner.
        sliding_window: a token sees those that are fewer than so many places away; None = all of its window.

    Returns:
        Of shape (1, tokens, heads, features), and no weights.
    """
    q, k, v = (tensor[0].transpose(0, 1) for tensor in (query, key, value))
    learns = torch.is_grad_enabled() and any(tensor.requires_grad for tensor in (query, key, value))
    reach = None if sliding_window is None else sliding_window - 1
    fused = is_fused(query.dtype, learns=learns)
    products = tuple(run for run in runs if not fused or _is_wide(run, reach))
    end = products[-1].end if products else 0  # the longest windows come first
    parts = []
    if products:
        parts.append(_Attention.apply(q[:end], k[:end], v[:end], bias, products, scaling, reach))  # type: ignore[no-untyped-call]
    if end < len(q):
        parts.append(_fused(q, k, v, runs[len(products) :], scaling, bias, reach))
    return (parts[0] if len(parts) == 1 else torch.cat(parts)).unsqueeze(0), None


def is_fused(dtype: torch.dtype, *, learns: bool) -> bool:
    """Whether ``scaled_dot_product_attention`` is the faster way here (but not for a wide window of a local layer).

    It is in float32, and in bf16 on a processor with a matrix unit (AMX) where no gradients are asked for. The rule
    is one of kinds, and not a measurement at the start of each process: the two ways differ in their rounding, and
    the noise of a busy machine would then decide what a seed gives.

    Args:
        dtype: of query, key and value.
        learns: whether gradients are asked for.
    """
    return dtype == torch.float32 or (dtype == torch.bfloat16 and not learns and _has_matrix_unit())


def _is_wide(run: WindowRun, reach: int | None) -> bool:
    """Whether a local layer sees so little of a window that working out all of its scores would be a waste."""
    return reach is not None and run.length > WIDE * reach


@cache
def _has_matrix_unit() -> bool:
    return bool(torch.cpu._is_amx_tile_supported())


def _fused(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    runs: tuple[WindowRun, ...],
    scaling: float,
    bias: torch.Tensor | None,
    reach: int | None,
) -> torch.Tensor:
    """Attention by PyTorch's own kernel; query, key, value and result have the shape (tokens, heads, features)."""
    parts = []
    for run in runs:
        shape = (run.windows, run.length, *query.shape[1:])
        q, k, v = (rows[run.start : run.end].view(shape).transpose(1, 2) for rows in (query, key, value))
        added = _added(bias, range(run.length), range(run.length), reach)
        mask = None if added is None else added[None].to(q.dtype)
        mixed = F.scaled_dot_product_attention(q, k, v, mask, scale=scaling)
        parts.append(mixed.transpose(1, 2).flatten(0, 1))
    return torch.cat(parts)


class _Attention(torch.autograd.Function):
    """Attention within runs; query, key, value and result have the shape (tokens, heads, features)."""

    @staticmethod
    def forward(
        ctx: Any,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        bias: torch.Tensor | None,
        runs: tuple[WindowRun, ...],
        scaling: float,
        reach: int | None,
    ) -> torch.Tensor:
        mixed = torch.empty(query.shape, dtype=query.dtype)
        learns, heads = any(ctx.needs_input_grad), query.shape[1]
        kept: list[torch.Tensor] = []
        for run in runs:
            q, k, v = (
                _split(query, run) * (scaling if learns else scaling * LOG2_E),
                _split(key, run),
                _split(value, run),
            )
            result = torch.empty_like(v)
            if learns:
                kept += [q, k, v]
            else:
                k = k - k.mean(dim=1, keepdim=True)  # the weights of a query stay what they are (`_mix_blocks`)
            for rows, columns in _stretches(run.length, reach):
                parts = (q[:, _of(rows)], k[:, _of(columns)], v[:, _of(columns)], result[:, _of(rows)])
                added = _added(bias, rows, columns, reach)
                if learns:
                    kept += _forward_blocks(*parts, added, heads)
                else:
                    _mix_blocks(*parts, None if added is None else added * LOG2_E, heads)
            _join(result, mixed, run)
        ctx.save_for_backward(*kept)
        ctx.runs, ctx.scaling, ctx.reach = runs, scaling, reach
        ctx.bias = bias.detach() if bias is not None and ctx.needs_input_grad[3] else None
        return mixed

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        kept = iter(ctx.saved_tensors)
        gradients = [torch.empty(gradient.shape, dtype=gradient.dtype) for _ in range(3)]
        exact = None if ctx.bias is None else torch.promote_types(ctx.bias.dtype, torch.float32)
        of_bias = None if ctx.bias is None else torch.zeros(ctx.bias.shape, dtype=exact)
        new = torch.empty_like if ctx.reach is None else torch.zeros_like  # each is written once, or added to
        for run in ctx.runs:
            q, k, v = next(kept), next(kept), next(kept)
            mixed = _split(gradient, run)
            by_run = [new(q) for _ in range(3)]
            for rows, columns in _stretches(run.length, ctx.reach):
                asked, seen = (slice(None), _of(rows)), (slice(None), _of(columns))
                there = None if of_bias is None else of_bias[:, _of(rows), _of(columns)]
                parts = (q[asked], k[seen], v[seen], mixed[asked])
                targets = (by_run[0][asked], by_run[1][seen], by_run[2][seen])
                _backward_blocks(*parts, kept, targets, there, adds=ctx.reach is not None)
            by_run[0].mul_(ctx.scaling)
            for part, whole in zip(by_run, gradients, strict=True):
                _join(part, whole, run)
        return (*gradients, None if of_bias is None else of_bias.to(ctx.bias.dtype), None, None, None)


def _forward_blocks(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, result: torch.Tensor, added: torch.Tensor | None, heads: int
) -> list[torch.Tensor]:
    """The mixed values of queries, into `result`, a cache-sized block of windows and heads at a time.

    Args:
        q, k, v: of shape (windows × heads, rows or columns, features).
        result: like the queries.
        added: to the scores, of shape (heads or 1, rows, columns).
        heads: in each window.

    Returns:
        The weights of each block, of shape (windows and heads, rows, columns). They are of a size that the allocator
        has at hand again; memory for all of them at once would come from the system each time.
    """
    kept: list[torch.Tensor] = []
    for block in _cache_blocks(q, k, added, heads):
        some = _scores(q[block], k[block], added, heads, q.new_empty(block.stop - block.start, q.shape[1], k.shape[1]))
        torch.softmax(some, dim=-1, out=some)
        if result.is_contiguous():
            torch.bmm(some, v[block], out=result[block])
        else:
            result[block] = torch.bmm(some, v[block])
        kept.append(some)
    return kept


def _mix_blocks(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, result: torch.Tensor, added: torch.Tensor | None, heads: int
) -> None:
    """What `_forward_blocks` does, where no weights are kept: a quarter faster in bf16.

    The queries are scaled by log2(e) too, so that weights are powers of two; they are not divided by their sum, but the
    mixed values are, which are fewer. No largest score is taken off first: as the keys have mean 0, a query's scores
    have too, so the largest is none below it. Where a sum still leaves the range of numbers, softmax works it out.
    """
    blocks = _cache_blocks(q, k, added, heads)
    scores = q.new_empty(blocks[0].stop, q.shape[1], k.shape[1])
    for block in blocks:
        some = _scores(q[block], k[block], added, heads, scores[: block.stop - block.start])
        sums = torch.exp2(some, out=some).sum(dim=-1, keepdim=True)
        low, high = sums.aminmax()
        if not (low > 1 / MOST and high < MOST):  # or it is no number
            _scores(q[block], k[block], added, heads, some)
            torch.softmax(some.div_(LOG2_E), dim=-1, out=some)
            sums.fill_(1)
        torch.div(torch.bmm(some, v[block]), sums, out=result[block])


def _cache_blocks(q: torch.Tensor, k: torch.Tensor, added: torch.Tensor | None, heads: int) -> list[slice]:
    """Which windows and heads are worked out at once."""
    size = min(len(q), _block((q.shape[1], k.shape[1]), q.element_size(), heads, whole=added is not None))
    return [slice(at, min(at + size, len(q))) for at in range(0, len(q), size)]


def _scores(
    q: torch.Tensor, k: torch.Tensor, added: torch.Tensor | None, heads: int, scores: torch.Tensor
) -> torch.Tensor:
    """The scores of a block, into a tensor of their shape."""
    torch.bmm(q, k.transpose(1, 2), out=scores)
    if added is not None:
        scores.view(-1, heads, *scores.shape[1:]).add_(added)
    return scores


def _backward_blocks(
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    mixed: torch.Tensor,
    kept: Iterator[torch.Tensor],
    gradients: tuple[torch.Tensor, ...],
    of_bias: torch.Tensor | None,
    *,
    adds: bool,
) -> None:
    """Gradients of query, key and value from that of the result, block by block into `gradients`; that of the bias too.

    The weights of the blocks are taken from ``kept``. With ``adds`` gradients are added to what is there: a key is
    seen from several stretches of queries.
    """
    at = 0
    while at < len(q):
        weights = next(kept)
        block = slice(at, at + len(weights))
        parts = [gradient[block] for gradient in gradients]
        of_scores = _backward_block(q[block], k[block], v[block], weights, mixed[block], parts, adds=adds)
        if of_bias is not None:
            of_bias += of_scores.view(-1, *of_bias.shape).sum(0, dtype=of_bias.dtype)
        at = block.stop


def _backward_block(
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    weights: torch.Tensor,
    mixed: torch.Tensor,
    gradients: list[torch.Tensor],
    *,
    adds: bool,
) -> torch.Tensor:
    """Gradients of query, key and value from that of the result, into `gradients`; returns that of the scores."""
    of_weights = torch.bmm(mixed, v.transpose(1, 2))
    of_scores: torch.Tensor = torch._softmax_backward_data(of_weights, weights, -1, weights.dtype)
    pairs = ((of_scores, k), (of_scores.transpose(1, 2), q), (weights.transpose(1, 2), mixed))
    for gradient, (left, right) in zip(gradients, pairs, strict=True):
        if adds:
            gradient.add_(torch.bmm(left, right))
        else:
            torch.bmm(left, right, out=gradient)
    return of_scores


def _added(bias: torch.Tensor | None, rows: range, columns: range, reach: int | None) -> torch.Tensor | None:
    """What is added to the scores of these queries and keys: the bias; minus infinity where a key is out of reach."""
    part = None if bias is None else bias[:, _of(rows), _of(columns)]
    far = None if reach is None else _far(rows, columns, reach)
    if far is None or not far.any():
        return part
    return (torch.zeros(1, *far.shape, dtype=torch.bfloat16) if part is None else part).masked_fill(far, -torch.inf)


def _far(rows: range, columns: range, reach: int) -> torch.Tensor:
    """Which of the keys are further than ``reach`` away from each query, of shape (rows, columns)."""
    places = torch.arange(rows.start, rows.stop)[:, None] - torch.arange(columns.start, columns.stop)
    return places.abs() > reach


def _stretches(length: int, reach: int | None) -> Iterator[tuple[range, range]]:
    """Neighbouring queries of a window with the keys that any of them sees.

    Example:
        >>> list(_stretches(256, None))
        [(range(0, 256), range(0, 256))]
        >>> list(_stretches(256, 64))
        [(range(0, 128), range(0, 192)), (range(128, 256), range(64, 256))]
    """
    size = length if reach is None else max(1, STRETCH * reach)
    for start in range(0, length, size):
        stop = min(length, start + size)
        yield range(start, stop), range(max(0, start - (reach or 0)), min(length, stop + (reach or 0)))


def _of(places: range) -> slice:
    return slice(places.start, places.stop)


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


def _block(shape: tuple[int, ...], width: int, heads: int, *, whole: bool) -> int:
    """How many windows and heads of scores of that shape fit into the cache; with ``whole`` all heads of a window."""
    size = max(1, BLOCK // (shape[0] * shape[1] * width))
    return max(heads, size // heads * heads) if whole else size
