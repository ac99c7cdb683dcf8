"""An encoder read for prediction from its files alone: `transformers` and all that it loads take seconds to import.

It has the layers of BERT and its kin and of MPNet, over a packed row of windows
(`classifier.models.transformer.packed_encoder`), without dropout and without gradients; its numbers are those of
`transformers`, in bf16 bit for bit. What it does not know (another family, another activation, a tensor too few or too
many) it leaves to `transformers`, which says what is wrong where something is.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from safetensors import SafetensorError, safe_open
from torch import nn

from classifier.models.transformer.batches import WindowRun
from classifier.models.transformer.packed_attention import packed_attention

CONFIG_FILE, WEIGHTS_FILE = "config.json", "model.safetensors"
TOKENS = 4096  # in a batch, for which weights are laid out; others are multiplied with them too
BUCKETS, FARTHEST = 32, 128  # of MPNet's distances between tokens
ABSENT = {  # settings that change what comes out, with the only value that is read here
    "quantization_config": None,
    "compression_config": None,
    "auto_map": None,
    "is_decoder": False,
    "is_encoder_decoder": False,
    "add_cross_attention": False,
    "position_embedding_type": "absolute",
    "chunk_size_feed_forward": 0,
    "attention_probs_dropout_prob": 0,
    "attention_dropout": 0,
}


@dataclass(frozen=True)
class Names:
    """What a family calls its parts, in weights and in ``config.json``.

    Attributes:
        stack: of its layers.
        attention: query, key, value, what mixes the heads, and the norm after them, in a layer.
        feed: the two linear layers and the norm after them, in a layer.
        layers, heads, width, inner, activation: in ``config.json``.
        types: whether token types are embedded.
    """

    stack: str = "encoder.layer"
    attention: tuple[str, ...] = (
        *("attention.self.query", "attention.self.key", "attention.self.value"),
        *("attention.output.dense", "attention.output.LayerNorm"),
    )
    feed: tuple[str, ...] = ("intermediate.dense", "output.dense", "output.LayerNorm")
    layers: str = "num_hidden_layers"
    heads: str = "num_attention_heads"
    width: str = "hidden_size"
    inner: str = "intermediate_size"
    activation: str = "hidden_act"
    types: bool = True


BERT = Names()
FAMILIES = {
    **dict.fromkeys(("bert", "roberta", "xlm-roberta", "camembert", "electra"), BERT),
    "mpnet": Names(
        attention=(*(f"attention.attn.{part}" for part in "qkvo"), "attention.LayerNorm"),
        types=False,
    ),
    "distilbert": Names(
        "transformer.layer",
        (*(f"attention.{part}_lin" for part in ("q", "k", "v", "out")), "sa_layer_norm"),
        ("ffn.lin1", "ffn.lin2", "output_layer_norm"),
        "n_layers",
        "n_heads",
        "dim",
        "hidden_dim",
        "activation",
        types=False,
    ),
}
Weights = dict[str, torch.Tensor]


def gelu(hidden: torch.Tensor) -> torch.Tensor:
    """What `transformers` means by it, worked out in place: four times the width of a layer is much new memory.

    Example:
        >>> gelu(torch.tensor([-1.0, 0.0, 2.0]))
        tensor([-0.1587,  0.0000,  1.9545])
    """
    worked_out: torch.Tensor = torch.ops.aten.gelu_(hidden)
    return worked_out


ACTIVATIONS = {"gelu": gelu, "relu": torch.relu_}


class LightEncoder(nn.Module):
    """Embeddings and layers, as `classifier.models.transformer.packed_encoder` calls them.

    Attributes:
        config: what ``config.json`` says.
        embeddings: of words, positions and types.
        layers: in their order.
    """

    def __init__(self, config: Any, names: Names, weights: Weights) -> None:
        """Take the weights out of the dictionary; what is left over has no place in the encoder.

        Raises:
            KeyError: a tensor or a setting is missing.
        """
        super().__init__()
        self.config = config
        epsilon = getattr(config, "layer_norm_eps", 1e-12)
        self.embeddings = Embeddings(weights, epsilon, types=names.types)
        if "embeddings_project.weight" in weights:
            self.embeddings_project = Affine(weights, "embeddings_project")
        if config.model_type == "mpnet":
            self.relative_attention_bias = _parameter(weights, "encoder.relative_attention_bias.weight")
        count, heads = getattr(config, names.layers), getattr(config, names.heads)
        prefixes = (f"{names.stack}.{index}." for index in range(count))
        activation = ACTIVATIONS[getattr(config, names.activation)]
        parts = ([prefix + name for name in (*names.attention, *names.feed)] for prefix in prefixes)
        self.layers = nn.ModuleList(Layer(weights, own, heads, activation, epsilon) for own in parts)

    def lay_out(self) -> None:
        """Bring the weights into the order in which products are fastest; to be called once they are what they stay."""
        for part in self.modules():
            if isinstance(part, Affine):
                part.lay_out()

    def position_bias(self, length: int) -> torch.Tensor:
        """The bias of MPNet's scores in a window, of shape (heads, length, length)."""
        places = torch.arange(length)
        buckets = _bucket(places[:, None] - places[None, :])
        return F.embedding(buckets, self.relative_attention_bias).permute(2, 0, 1).contiguous()


class Embeddings(nn.Module):
    """Vectors of words, token types (where a family has them) and positions, added up and normed."""

    def __init__(self, weights: Weights, epsilon: float, *, types: bool) -> None:
        super().__init__()
        self.words = _parameter(weights, "embeddings.word_embeddings.weight")
        self.positions = _parameter(weights, "embeddings.position_embeddings.weight")
        self.types = _parameter(weights, "embeddings.token_type_embeddings.weight") if types else None
        self.norm = Norm(weights, "embeddings.LayerNorm", epsilon)

    def forward(
        self, input_ids: torch.Tensor, position_ids: torch.Tensor, token_type_ids: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Of shape (1, tokens, width)."""
        found = F.embedding(input_ids, self.words)
        if self.types is not None:
            types = torch.zeros_like(input_ids) if token_type_ids is None else token_type_ids
            found = found + F.embedding(types, self.types)
        normed: torch.Tensor = self.norm(found + F.embedding(position_ids, self.positions))
        return normed


class Layer(nn.Module):
    """Attention of each window to itself, and two linear layers; each with what it was given added, and normed."""

    def __init__(self, weights: Weights, names: list[str], heads: int, activation: Any, epsilon: float) -> None:
        super().__init__()
        query, key, value, mix, norm, up, down, last = names
        self.heads, self.activation = heads, activation
        self.query, self.key, self.value = (Affine(weights, name) for name in (query, key, value))
        self.mix, self.up, self.down = (Affine(weights, name) for name in (mix, up, down))
        self.norm, self.last = Norm(weights, norm, epsilon), Norm(weights, last, epsilon)

    def forward(
        self,
        hidden: torch.Tensor,
        attention_mask: None = None,
        *,
        runs: tuple[WindowRun, ...],
        bias: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """The layer's output, like what it is given: of shape (1, tokens, width).

        Args:
            hidden: output of the layer below.
            attention_mask: none: there is no padding.
            runs: where the windows are.
            bias: of the scores.
        """
        split = (*hidden.shape[:-1], self.heads, -1)
        query, key, value = (part(hidden).view(split).transpose(1, 2) for part in (self.query, self.key, self.value))
        scaling = query.shape[-1] ** -0.5
        seen = packed_attention(self, query, key, value, attention_mask, runs=runs, scaling=scaling, bias=bias)[0]
        mixed = self.norm(self.mix(seen.flatten(2)).add_(hidden))
        output: torch.Tensor = self.last(self.down(self.activation(self.up(mixed))).add_(mixed))
        return output


class Affine(nn.Module):
    """A linear layer of given weights."""

    def __init__(self, weights: Weights, name: str) -> None:
        super().__init__()
        self.weight, self.bias = _parameter(weights, f"{name}.weight"), _parameter(weights, f"{name}.bias")
        self.laid_out: torch.Tensor | None = None

    def lay_out(self) -> None:
        """Have oneDNN lay the weights out once, and work products out from these; the numbers are the same in bf16.

        Without that it lays bf16 weights out anew for each product, and PyTorch leaves float32 to MKL, which is half as
        fast on an AMD processor.
        """
        if _lays_out(self.weight.dtype):
            self.laid_out = torch.ops.mkldnn._reorder_linear_weight(self.weight, TOKENS)

    def __getstate__(self) -> dict[str, Any]:
        """Without what oneDNN has laid out: that cannot be copied, and is made again."""
        return {**self.__dict__, "laid_out": self.laid_out is not None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__({**state, "laid_out": None})  # type: ignore[no-untyped-call]
        if state["laid_out"]:
            self.lay_out()

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """Of shape (…, rows of the weights)."""
        if self.laid_out is None:
            return F.linear(hidden, self.weight, self.bias)
        product: torch.Tensor = torch.ops.mkldnn._linear_pointwise(hidden, self.laid_out, self.bias, "none", [], "")
        return product


class Norm(nn.Module):
    """A layer norm of given weights."""

    def __init__(self, weights: Weights, name: str, epsilon: float) -> None:
        super().__init__()
        self.weight, self.bias = _parameter(weights, f"{name}.weight"), _parameter(weights, f"{name}.bias")
        self.epsilon = epsilon

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """Of the same shape."""
        return F.layer_norm(hidden, self.weight.shape, self.weight, self.bias, self.epsilon)


def light_encoder(folder: Path) -> LightEncoder | None:
    """The encoder that `save_model` wrote, its weights mapped into memory; None where `transformers` has to read it.

    Args:
        folder: a model folder with mean pooling.
    """
    try:
        values = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
        names = FAMILIES[values["model_type"]]
        if any(values.get(key, only) != only for key, only in ABSENT.items()):
            return None
        config = _config(values)
        weights = _weights(folder / WEIGHTS_FILE)
        encoder = LightEncoder(config, names, weights)
        fits = not weights and _fits(encoder, names)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, ArithmeticError, SafetensorError):
        return None
    return encoder if fits else None


def _config(values: Mapping[str, Any]) -> Any:
    """``config.json`` with whole numbers for the ids of labels, as `transformers` has them."""
    named = {int(key): name for key, name in values["id2label"].items()}
    return SimpleNamespace(**{**values, "id2label": named})


def _weights(path: Path) -> Weights:
    """All tensors of a file; they must be float32.

    Raises:
        ValueError: one is of another kind of number.
    """
    with safe_open(path, framework="pt") as file:
        weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no dictionary
    if any(tensor.dtype != torch.float32 for tensor in weights.values()):
        raise ValueError(path)
    return weights


def _fits(encoder: LightEncoder, names: Names) -> bool:
    """Whether the shapes of all weights are those of ``config.json``."""
    config, words = encoder.config, encoder.embeddings
    width, inner, heads = (getattr(config, name) for name in (names.width, names.inner, names.heads))
    project = getattr(encoder, "embeddings_project", None)
    narrow = width if project is None else config.embedding_size
    wanted = [
        (words.words, (config.vocab_size, narrow)),
        (words.positions, (config.max_position_embeddings, narrow)),
        (words.norm.weight, (narrow,)),
    ]
    if words.types is not None:
        wanted.append((words.types, (config.type_vocab_size, narrow)))
    if project is not None:
        wanted.append((project.weight, (width, narrow)))
    if config.model_type == "mpnet":
        wanted.append((encoder.relative_attention_bias, (BUCKETS, heads)))
    for layer in encoder.layers:
        assert isinstance(layer, Layer)
        wanted += [(part.weight, (width, width)) for part in (layer.query, layer.key, layer.value, layer.mix)]
        wanted += [(layer.up.weight, (inner, width)), (layer.down.weight, (width, inner))]
        wanted += [(layer.norm.weight, (width,)), (layer.last.weight, (width,))]
    biases = [(part.bias, part.weight.shape[:1]) for part in encoder.modules() if isinstance(part, Affine | Norm)]
    return width % heads == 0 and all(part.shape == shape for part, shape in (*wanted, *biases))


def _bucket(distance: torch.Tensor) -> torch.Tensor:
    """Which row of MPNet's table a key so many places before a query has: near ones each their own, far ones together.

    Source: Raffel et al., 2020, arXiv:1910.10683, section 2.1; the arithmetic is that of `transformers`.
    """
    sides, near = BUCKETS // 2, BUCKETS // 4
    away = distance.abs()
    steps = torch.log(away.float() / near) / math.log(FARTHEST / near) * (sides - near)
    far = (near + steps.to(torch.long)).clamp(max=sides - 1)
    return (distance < 0).to(torch.long) * sides + torch.where(away < near, away, far)


def _lays_out(dtype: torch.dtype) -> bool:
    """Whether oneDNN is there, and multiplies numbers of this kind on this processor."""
    if not hasattr(torch.ops.mkldnn, "_linear_pointwise") or not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return False
    return dtype == torch.float32 or (dtype == torch.bfloat16 and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported()))


def _parameter(weights: Weights, name: str) -> nn.Parameter:
    return nn.Parameter(weights.pop(name), requires_grad=False)
