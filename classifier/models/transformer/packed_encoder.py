"""The layers of an encoder over a packed row of windows: what each family needs beside the tokens.

BERT and its kin have absolute positions: their layers take the keyword ``runs`` and hand it on to the attention.
MPNet adds a bias to the scores, by how far two tokens are apart; DeBERTa-v2 and v3 multiply queries and keys with
vectors of distances (`classifier.models.transformer.disentangled_attention`); ModernBERT turns queries and keys by
their positions, and most of its layers see a stretch of the window only. Source: Song et al., 2020, arXiv:2004.09297;
Warner et al., 2024, arXiv:2412.13663.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import nn

from classifier.models.transformer.batches import Batch, WindowRun
from classifier.models.transformer.disentangled_attention import attend, distances, is_disentangled
from classifier.models.transformer.light_encoder import LightEncoder
from classifier.models.transformer.packed_attention import NAME, packed_attention, register

KIN = frozenset({"bert", "roberta", "xlm-roberta", "camembert", "distilbert", "electra"})  # absolute positions
PACKABLE = KIN | {"mpnet", "modernbert", "deberta-v2"}
IN_LAYERS = frozenset({"gemma3_text", "llama", "mistral", "qwen3"})  # padded; their layers are known too
FIRST_POSITION = {"mpnet": 2}  # whatever its padding token is
POSITIONS_AFTER_PAD = frozenset({"roberta", "xlm-roberta", "camembert"})  # the first position is padding_idx + 1
Arguments = Callable[[nn.Module], dict[str, Any]]  # layer -> what it is called with beside the tokens' vectors


def is_packable(config: Any) -> bool:
    """Whether an encoder of that configuration can work on packed rows: of `PACKABLE`, and of the usual build."""
    return config.model_type in PACKABLE and (config.model_type != "deberta-v2" or is_disentangled(config))


def gives_all_layers(config: Any) -> bool:
    """Whether what comes out of each layer of an encoder of that configuration is known."""
    return is_packable(config) or config.model_type in IN_LAYERS


def pack_encoder(encoder: nn.Module) -> None:
    """Let an encoder that `is_packable` work on packed rows; changed in place, and its weights stay where they are."""
    if isinstance(encoder, LightEncoder):  # it knows no other way
        encoder.lay_out()
        return
    config: Any = encoder.config
    if is_disentangled(config):
        for layer in encoder.encoder.layer:  # type: ignore[union-attr]
            layer.attention.self.forward = partial(attend, layer.attention.self)
        return
    if config.model_type != "mpnet":
        register()
        encoder.set_attn_implementation(NAME)  # type: ignore[operator]
        return
    for layer in encoder.encoder.layer:  # type: ignore[union-attr]
        layer.attention.attn.forward = partial(_attend, layer.attention.attn)


def embed(encoder: Any, batch: Batch) -> torch.Tensor:
    """What the first layer is given, for a packed batch: of shape (1, tokens, hidden size)."""
    config = encoder.config
    if config.model_type == "modernbert":
        hidden: torch.Tensor = encoder.embeddings(input_ids=batch.input_ids)
        return hidden
    after_pad = config.pad_token_id + 1 if config.model_type in POSITIONS_AFTER_PAD else 0
    assert batch.position_ids is not None
    positions = batch.position_ids + FIRST_POSITION.get(config.model_type, after_pad)
    types = {} if batch.token_type_ids is None else {"token_type_ids": batch.token_type_ids}
    if config.model_type in ("distilbert", "mpnet"):
        types = {}
    hidden = encoder.embeddings(input_ids=batch.input_ids, position_ids=positions, **types)
    project = getattr(encoder, "embeddings_project", None)
    return hidden if project is None else project(hidden)


def layer_arguments(encoder: Any, batch: Batch, hidden: torch.Tensor) -> Arguments:
    """What each layer is called with for a packed batch."""
    kind = encoder.config.model_type
    if kind == "mpnet":
        longest = max(run.length for run in batch.runs)
        if isinstance(encoder, LightEncoder):
            own = encoder.position_bias(longest)
            return lambda layer: {"bias": own, "runs": batch.runs}
        bias: torch.Tensor = encoder.encoder.compute_position_bias(torch.empty(1, longest))[0]
        return lambda layer: {"position_bias": (bias, batch.runs)}
    if kind == "deberta-v2":
        between = {"relative_pos": distances(encoder.encoder.layer[0].attention.self, batch.runs)}
        table = {"rel_embeddings": encoder.encoder.get_rel_embedding()}
        return lambda layer: between | table
    if kind == "modernbert":
        kinds = set(encoder.config.layer_types)
        turns = {kind: encoder.rotary_emb(hidden, batch.position_ids, kind) for kind in kinds}
        return lambda layer: {"position_embeddings": turns[layer.attention_type], "runs": batch.runs}
    return lambda layer: {"runs": batch.runs}


def finish(encoder: Any, hidden: torch.Tensor) -> torch.Tensor:
    """What comes out of the encoder, from what comes out of its last layer."""
    return encoder.final_norm(hidden) if encoder.config.model_type == "modernbert" else hidden


def _attend(
    module: Any,
    hidden: torch.Tensor,
    attention_mask: torch.Tensor | None = None,
    position_bias: tuple[torch.Tensor, tuple[WindowRun, ...]] | None = None,
    **_: Any,
) -> tuple[torch.Tensor]:
    """The forward pass of MPNet's self-attention, whose own one has no place for another attention."""
    assert position_bias is not None
    bias, runs = position_bias
    shape = (*hidden.shape[:-1], -1, module.attention_head_size)
    query, key, value = (part(hidden).view(shape).transpose(1, 2) for part in (module.q, module.k, module.v))
    scaling = module.attention_head_size**-0.5
    mixed = packed_attention(module, query, key, value, attention_mask, runs=runs, scaling=scaling, bias=bias)[0]
    return (module.o(mixed.flatten(2)),)
