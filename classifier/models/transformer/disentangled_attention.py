"""Disentangled attention over a packed row of windows: that of DeBERTa-v2 and v3.

A score is the sum of three products: a query with a key, a query with the vector of how far the key is away (content to
position), and a key with another such vector (position to content). Distances are counted exactly up to some, and in
logarithmic buckets beyond. Source: He et al., "DeBERTa: Decoding-enhanced BERT with Disentangled Attention", 2021,
arXiv:2006.03654; and "DeBERTaV3", arXiv:2111.09543.

`transformers` multiplies with the vectors of all buckets, and gathers for each pair of tokens what belongs to it. Here
the vectors stand in the order of distances, once for each. Then the products of a query with them hold its scores of
all keys one after the other, those of the next query one place further left: a view with another stride takes them (as
in Music Transformer: Huang et al., 2019, arXiv:1809.04281), and nothing is gathered, padded or masked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from classifier.models.transformer.batches import WindowRun

BLOCK = 2**20  # bytes of attention scores that are computed at once; the products with distances take four times that


@dataclass(frozen=True)
class Distances:
    """What each layer needs beside the tokens of a packed batch.

    Attributes:
        runs: where the windows are.
        buckets: bucket of each distance of a query from a key, from the longest window's length less 1 downwards, int64
            of shape (2 × longest window,).
        reversed: of the opposite distances.
    """

    runs: tuple[WindowRun, ...]
    buckets: torch.Tensor
    reversed: torch.Tensor


def is_disentangled(config: Any) -> bool:
    """Whether this is an encoder of the kind that is worked out here; one with a convolution is not."""
    relative = getattr(config, "relative_attention", False)
    return config.model_type == "deberta-v2" and relative and not getattr(config, "conv_kernel_size", 0)


def distances(attention: Any, runs: tuple[WindowRun, ...]) -> Distances:
    """The distances within windows, by the rule of an attention layer of DeBERTa-v2."""
    from transformers.models.deberta_v2.modeling_deberta_v2 import make_log_bucket_position  # the encoder is of it

    longest, span = max(run.length for run in runs), attention.pos_ebd_size
    apart = longest - 1 - torch.arange(2 * longest)
    if attention.position_buckets > 0 and attention.max_relative_positions > 0:
        counted = make_log_bucket_position(apart, attention.position_buckets, attention.max_relative_positions)
        apart = counted.to(torch.long)
    return Distances(runs, *(torch.clamp(way + span, 0, 2 * span - 1) for way in (apart, -apart)))


def attend(
    module: Any,
    hidden: torch.Tensor,
    attention_mask: torch.Tensor | None = None,
    output_attentions: bool = False,
    query_states: torch.Tensor | None = None,
    relative_pos: Distances | None = None,
    rel_embeddings: torch.Tensor | None = None,
) -> tuple[torch.Tensor, None]:
    """The forward pass of ``DisentangledSelfAttention`` on a packed row; it is called as that is.

    Args:
        module: the attention layer.
        hidden: of shape (1, tokens, hidden size).
        attention_mask, output_attentions, query_states: not used.
        relative_pos: where the windows are, and how far tokens are apart.
        rel_embeddings: the vectors of buckets, of shape (2 × buckets, hidden size).

    Returns:
        Of shape (1, tokens, hidden size), and no weights.
    """
    assert relative_pos is not None and rel_embeddings is not None
    heads, kinds = module.num_attention_heads, module.pos_att_type
    projections = (module.query_proj, module.key_proj, module.value_proj)
    query, key, value = (project(hidden)[0].view(hidden.shape[1], heads, -1) for project in projections)
    scaling = float((query.shape[-1] * (1 + ("c2p" in kinds) + ("p2c" in kinds))) ** -0.5)
    table = module.pos_dropout(rel_embeddings)[: 2 * module.pos_ebd_size]
    shared = module.share_att_key
    to_position = to_content = None
    if "c2p" in kinds:
        project = module.key_proj if shared else module.pos_key_proj
        to_position = _by_distance(project, table, relative_pos.buckets, heads)
    if "p2c" in kinds:
        project = module.query_proj if shared else module.pos_query_proj
        to_content = _by_distance(project, table, relative_pos.reversed, heads) * scaling
    mixed = _Disentangled.apply(query * scaling, key, value, to_position, to_content, relative_pos.runs)  # type: ignore[no-untyped-call]
    return mixed.flatten(1).unsqueeze(0), None


def _by_distance(project: nn.Module, table: torch.Tensor, buckets: torch.Tensor, heads: int) -> torch.Tensor:
    """Projected vectors in the order of distances, of shape (heads, distances, features)."""
    projected: torch.Tensor = project(table).view(len(table), heads, -1)[buckets]
    return projected.transpose(0, 1).contiguous()


class _Disentangled(torch.autograd.Function):
    """Attention within runs; query, key, value and result have the shape (tokens, heads, features).

    ``c2p`` and ``p2c`` have the shape (heads, 2 × longest window, features), or are None.
    """

    @staticmethod
    def forward(
        ctx: Any,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        c2p: torch.Tensor | None,
        p2c: torch.Tensor | None,
        runs: tuple[WindowRun, ...],
    ) -> torch.Tensor:
        mixed = torch.empty(query.shape, dtype=query.dtype)
        learns = any(ctx.needs_input_grad)
        kept: list[torch.Tensor] = []
        for run in runs:
            parts = [_split(rows, run) for rows in (query, key, value)]
            tables = [_of_run(table, run.length) for table in (c2p, p2c)]
            result = torch.empty_like(parts[2])
            for head, block in _blocks(parts[0]):
                q, k, v = (part[head, block] for part in parts)
                scores = torch.bmm(q, k.transpose(1, 2))
                for rows, table, turned in ((q, tables[0], False), (k, tables[1], True)):
                    if table is not None:
                        skewed = _skewed(rows.flatten(0, 1) @ table[head].T, run.length)
                        scores += skewed.transpose(1, 2) if turned else skewed
                torch.softmax(scores, dim=-1, out=scores)
                torch.bmm(scores, v, out=result[head, block])
                if learns:
                    kept.append(scores)
            _join(result, mixed, run)
            if learns:
                kept += parts
        ctx.save_for_backward(c2p, p2c, *kept)
        ctx.runs = runs
        return mixed

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        c2p, p2c, *kept = ctx.saved_tensors
        whole = [torch.empty(gradient.shape, dtype=gradient.dtype) for _ in range(3)]
        of_tables = [None if table is None else torch.zeros(table.shape, dtype=torch.float32) for table in (c2p, p2c)]
        at = 0
        for run in ctx.runs:
            mixed = _split(gradient, run)
            blocks = _blocks(mixed)
            weights, parts = kept[at : at + len(blocks)], kept[at + len(blocks) : at + len(blocks) + 3]
            at += len(blocks) + 3
            tables = [_of_run(table, run.length) for table in (c2p, p2c)]
            sums = [_of_run(table, run.length) for table in of_tables]
            by_run = [torch.empty_like(part) for part in parts]
            for (head, block), some in zip(blocks, weights, strict=True):
                q, k, v = (part[head, block] for part in parts)
                of_q, of_k, of_v = (part[head, block] for part in by_run)
                g = mixed[head, block]
                torch.bmm(some.transpose(1, 2), g, out=of_v)
                of_scores = torch._softmax_backward_data(torch.bmm(g, v.transpose(1, 2)), some, -1, some.dtype)
                torch.bmm(of_scores, k, out=of_q)
                torch.bmm(of_scores.transpose(1, 2), q, out=of_k)
                if tables[0] is not None and sums[0] is not None:
                    _add_skewed(of_scores, q, tables[0][head], of_q, sums[0][head])
                if tables[1] is not None and sums[1] is not None:
                    _add_skewed(of_scores.transpose(1, 2), k, tables[1][head], of_k, sums[1][head])
            for part, rows in zip(by_run, whole, strict=True):
                _join(part, rows, run)
        found = [None if table is None else table.to(gradient.dtype) for table in of_tables]
        return (*whole, *found, None)


def _skewed(products: torch.Tensor, length: int) -> torch.Tensor:
    """Products with all distances, (windows × length, 2 × length), as scores: (windows, length, length), a view."""
    wide = 2 * length
    return products.as_strided((len(products) // length, length, length), (wide * length, wide - 1, 1), length - 1)


def _add_skewed(
    of_scores: torch.Tensor, rows: torch.Tensor, table: torch.Tensor, of_rows: torch.Tensor, of_table: torch.Tensor
) -> None:
    """Add the gradients of the rows and of the table in ``_skewed(rows @ table.T)`` from that of the scores."""
    length = of_scores.shape[1]
    products = torch.zeros(len(rows) * length, 2 * length, dtype=of_scores.dtype)
    _skewed(products, length).copy_(of_scores)
    of_rows.flatten(0, 1).addmm_(products, table)
    of_table += products.T @ rows.flatten(0, 1)


def _of_run(table: torch.Tensor | None, length: int) -> torch.Tensor | None:
    """The distances of a shorter window: those in the middle of the table, a view."""
    if table is None:
        return None
    middle = table.shape[1] // 2
    return table[:, middle - length : middle + length]


def _blocks(parts: torch.Tensor) -> list[tuple[int, slice]]:
    """Which head and which windows are worked out at once, of (heads, windows, length, features)."""
    heads, windows, length, _ = parts.shape
    size = max(1, BLOCK // (length * length * parts.element_size()))
    return [(head, slice(at, min(at + size, windows))) for head in range(heads) for at in range(0, windows, size)]


def _split(rows: torch.Tensor, run: WindowRun) -> torch.Tensor:
    """(tokens, heads, features) -> the run as (heads, windows, length, features)."""
    return _of_windows(rows, run).permute(2, 0, 1, 3).contiguous()


def _join(part: torch.Tensor, rows: torch.Tensor, run: WindowRun) -> None:
    """Write what `_split` took apart back into its place in the rows."""
    _of_windows(rows, run).copy_(part.permute(1, 2, 0, 3))


def _of_windows(rows: torch.Tensor, run: WindowRun) -> torch.Tensor:
    return rows[run.start : run.end].view(run.windows, run.length, *rows.shape[1:])
