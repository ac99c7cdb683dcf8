"""An encoder and a head: token windows in, one row of logits per article out.

``pooling = "mean"`` averages the token vectors of a window, those of the last layer or of each, and applies a linear
head. ``pooling = "cls"`` is the sequence-classification model of `transformers` itself, so that ``RUN/model`` loads
there. Either way an article's logits are the mean of its windows' logits.

`place` puts a model where it works: on its device, its encoder in bf16 or float32 (a mean-pooling head stays in
float32), and on a CPU with packed attention where the encoder allows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self, cast

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn
from torch.utils.checkpoint import checkpoint

from classifier.arrays import Floats32
from classifier.config import Layers
from classifier.errors import InputError
from classifier.models.transformer.batches import Batch
from classifier.models.transformer.encoder_config import COPY_AGAIN, PROBLEMS, check_layers, read_encoder_config
from classifier.models.transformer.fast_dropout import quicken_dropout
from classifier.models.transformer.light_encoder import light_encoder
from classifier.models.transformer.packed_encoder import embed, finish, is_packable, layer_arguments, pack_encoder
from classifier.models.transformer.third_party import foreign_errors

HEAD_FILE = "head.safetensors"
GIVE_ANOTHER = "Give a folder that save_pretrained wrote for this kind of model."
FULL = ("F64", "F32", "F16", "BF16")  # kinds of numbers, as safetensors call them
ADAPTER = "lora_"
NEW_PARTS = (
    "pooler",
    "classifier",
    "head.",
    "position_ids",
    "inv_freq",
)  # not in every pre-trained file, and not needed there
DROPOUT = ("hidden_dropout_prob", "dropout", "embedding_dropout", "mlp_dropout")
ATTENTION_DROPOUT = ("attention_probs_dropout_prob", "attention_dropout")


class ArticleNetwork(nn.Module):
    """Article logits from the windows of a batch.

    Args:
        encoder: an ``AutoModel`` encoder (with ``head``), or an ``AutoModelForSequenceClassification`` (without).
        head: linear layer from the hidden size to the classes, for mean pooling; with ``nn.Identity`` the output is
            the mean vector of the article instead of logits.
        dropout: before the head.
        layers: whose vectors the head is given; of all those of the embeddings come first.
        parts: vectors of a layer that the head is given side by side; several where it reads pairs apart
            (`pair_features`), and is then not for `forward`.

    Attributes:
        packed: whether batches are to be packed rather than padded.
        frozen_layers: how many of the lowest layers are not trained.
        known: vectors of sentences and targets that were read, by their tokens; where pairs are read apart.
    """

    def __init__(
        self,
        encoder: nn.Module,
        head: nn.Module | None,
        dropout: float = 0.1,
        *,
        layers: Layers = "last",
        parts: int = 1,
    ) -> None:
        super().__init__()
        self.layers = layers
        self.parts = parts
        self.encoder = encoder
        self.head = head
        self.dropout = nn.Dropout(dropout)
        self.packed = False
        self.frozen_layers = 0
        self.frozen: list[nn.Module] = []
        self.known: dict[bytes, Floats32] = {}

    def __getstate__(self) -> dict[str, Any]:
        """What is pickled and copied: without vectors that can be worked out anew."""
        return {**self.__dict__, "known": {}}

    def freeze(self, layers: int, *, embeddings: bool = True) -> None:
        """Leave the lowest layers of the encoder as they are, and the embeddings below them.

        Args:
            layers: how many; they work without dropout, and so do the embeddings then.
            embeddings: whether the embeddings are left as they are where no layer is.

        Raises:
            InputError: the encoder has fewer layers.
        """
        stack = layers_of(self.encoder)
        check_layers(layers, len(stack))
        below = _embeddings(self.encoder) if layers or embeddings else []
        beside = _tables(self.encoder, stack) if layers else []
        for module in (*list(stack)[:layers], *below, *beside):
            module.requires_grad_(False)
        self.frozen_layers = layers
        self.frozen = [*list(stack)[:layers], *below, *beside] if layers else []

    def recompute(self, device: torch.device) -> None:
        """Keep only the input of each layer, and run the layer again for its gradients: less memory, more time.

        Source: Chen et al., 2016, "Training Deep Nets with Sublinear Memory Cost", arXiv:1604.06174.

        Raises:
            InputError: the device is Apple's, where torch does not repeat the random numbers of dropout.
        """
        if device.type == "mps":
            raise InputError(
                "train.gradient_checkpointing does not work on mps.", fix="Leave it out, or --set train.device=cpu"
            )
        for layer in list(layers_of(self.encoder))[self.frozen_layers :]:
            layer.forward = partial(checkpoint, layer.forward, use_reentrant=False)

    def train(self, mode: bool = True) -> Self:
        """Training mode for all but the frozen parts: they work without dropout, with their outputs kept or not."""
        super().train(mode)
        for module in self.frozen:
            module.eval()
        return self

    @property
    def width(self) -> int:
        """Numbers that the head is given of one layer."""
        assert isinstance(self.head, nn.Linear)
        return self.head.in_features // (1 if self.layers == "last" else len(layers_of(self.encoder)) + 1)

    @property
    def read(self) -> Layers:
        """Whose vectors the head gives weight to."""
        if self.layers == "last" or not isinstance(self.head, nn.Linear):
            return "last"
        return "all" if self.head.weight[:, : -self.width].any() else "last"

    def without_idle_layers(self) -> ArticleNetwork:
        """The same; where its head gives weight to the last layer alone, it is given no more than that."""
        if self.layers == self.read:
            return self
        assert isinstance(self.head, nn.Linear)
        narrow = nn.Linear(self.width, self.head.out_features)
        narrow.load_state_dict({"weight": self.head.weight[:, -self.width :], "bias": self.head.bias})
        return ArticleNetwork(self.encoder, narrow, self.dropout.p)

    def forward(self, batch: Batch) -> torch.Tensor:
        """Logits, float32 of shape (articles, classes)."""
        logits = self._encode(batch).logits if self.head is None else self.head(self.dropout(self._pool(batch)))
        article_logits: torch.Tensor = batch.averaging @ logits.float()
        return article_logits

    def _pool(self, batch: Batch) -> torch.Tensor:
        """The mean vector of each window, float32 of shape (windows, hidden); of all layers side by side."""
        if batch.attention_mask is not None:
            found = self._encode(batch)
            outputs = (found.last_hidden_state,) if self.layers == "last" else found.hidden_states
            return torch.cat([mean_of_tokens(output, batch.attention_mask) for output in outputs], dim=1)
        if self.layers == "all":
            return torch.cat([*self._means_of_layers(batch)], dim=1)
        first = 0 if batch.hidden is None else self.frozen_layers
        below = embed(self.encoder, batch) if batch.hidden is None else batch.hidden
        return mean_of_windows(finish(self.encoder, self._run_layers(batch, below, slice(first, None))), batch)

    def _means_of_layers(self, batch: Batch) -> Iterator[torch.Tensor]:
        """The mean vectors of the windows of a packed batch below the first layer, and after each."""
        below, last = embed(self.encoder, batch), len(layers_of(self.encoder)) - 1
        yield mean_of_windows(below, batch)
        for layer, hidden in enumerate(self._outputs(batch, below, slice(None))):
            yield mean_of_windows(finish(self.encoder, hidden) if layer == last else hidden, batch)

    def lower(self, batch: Batch) -> torch.Tensor:
        """Outputs of the frozen layers for a packed batch, of shape (1, tokens, hidden size)."""
        return self._run_layers(batch, embed(self.encoder, batch), slice(self.frozen_layers))

    def _run_layers(self, batch: Batch, hidden: torch.Tensor, which: slice) -> torch.Tensor:
        """What comes out of some layers for a packed batch, from what the first of them is given."""
        for output in self._outputs(batch, hidden, which):
            hidden = output
        return hidden

    def _outputs(self, batch: Batch, hidden: torch.Tensor, which: slice) -> Iterator[torch.Tensor]:
        """What comes out of each of some layers for a packed batch, from what the first of them is given."""
        arguments = layer_arguments(self.encoder, batch, hidden)
        for layer in list(layers_of(self.encoder))[which]:
            output = layer(hidden, attention_mask=None, **arguments(layer))
            hidden = output[0] if isinstance(output, tuple) else output
            yield hidden

    def _encode(self, batch: Batch) -> Any:
        """What `transformers` gives for a padded batch."""
        more: dict[str, Any] = {} if batch.token_type_ids is None else {"token_type_ids": batch.token_type_ids}
        if self.layers == "all":
            more |= {"output_hidden_states": True}
        return self.encoder(input_ids=batch.input_ids, attention_mask=batch.attention_mask, **more)


def place(model: ArticleNetwork, device: torch.device, *, bf16: bool) -> ArticleNetwork:
    """Put a model where it works; changed in place, and returned.

    Args:
        model: with float32 weights.
        device: to go to.
        bf16: whether the encoder computes in bf16.
    """
    model.to(device)
    for parameter in model.encoder.parameters():  # not the buffers: rotary frequencies need float32
        parameter.data = parameter.data.to(torch.bfloat16 if bf16 else torch.float32)
    if device.type == "cpu":
        quicken_dropout(model)
    config = cast(Any, model.encoder).config
    dropout = [getattr(config, name) for name in ATTENTION_DROPOUT if hasattr(config, name)]
    model.packed = model.head is not None and device.type == "cpu" and is_packable(config) and not any(dropout)
    if model.packed:
        pack_encoder(model.encoder)
    return model


def layers_of(encoder: nn.Module) -> nn.ModuleList:
    """The stack of layers of an encoder: the longest list of modules in it."""
    return max((module for module in encoder.modules() if isinstance(module, nn.ModuleList)), key=len)


def _embeddings(encoder: nn.Module) -> list[nn.Module]:
    """What lies below the layers: the vectors of words and positions, and the norms and projections beside them."""
    return [module for name, module in encoder.named_modules() if name.split(".")[-1].startswith("embeddings")]


def _tables(encoder: nn.Module, stack: nn.ModuleList) -> list[nn.Module]:
    """Embedding tables outside the layers, and DeBERTa's norm of them: each layer reads those of relative positions."""
    inside = {id(module) for module in stack.modules()}
    norm = getattr(getattr(encoder, "encoder", None), "LayerNorm", None)
    outside = [module for module in encoder.modules() if id(module) not in inside]
    return [module for module in outside if isinstance(module, nn.Embedding) or module is norm]


def mean_of_windows(hidden: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Mean of each window's token vectors in a packed batch, in float32: (1, tokens, hidden) -> (windows, hidden)."""
    shapes = ((run, (run.windows, run.length, hidden.shape[2])) for run in batch.runs)
    parts = [hidden[0, run.start : run.end].float().view(shape) for run, shape in shapes]
    return torch.cat([part.mean(dim=1) for part in parts])


def mean_of_tokens(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Mean of the token vectors that are not padding, in float32: (windows, tokens, hidden) -> (windows, hidden)."""
    weights = mask.unsqueeze(-1).float()
    return (hidden.float() * weights).sum(dim=1) / weights.sum(dim=1)


def create_model(
    folder: Path,
    labels: Sequence[str],
    *,
    multi_label: bool,
    pooling: str,
    dropout: float | None = None,
    attention_dropout: float = 0.0,
    layers: Layers = "last",
    parts: int = 1,
) -> ArticleNetwork:
    """A classifier with pre-trained encoder weights and a new head.

    Args:
        folder: configuration and safetensors of the encoder.
        labels: names in the order of their ids; stored in the model's configuration.
        multi_label: sets ``problem_type``.
        pooling: ``mean`` | ``cls``.
        dropout: between the layers, in training; None = what the encoder was made with.
        attention_dropout: in training; 0 keeps the CPU on the fast attention kernel.
        layers, parts: as in `ArticleNetwork`.

    Raises:
        InputError: `transformers` cannot read the folder as an encoder.
    """
    config = _configure(folder, labels, multi_label, dropout, attention_dropout)
    return _assemble(folder, config, pooling, len(labels), layers=layers, parts=parts)


def load_model(
    folder: Path, pooling: str, classes: int, *, light: bool = False, layers: Layers = "last", parts: int = 1
) -> ArticleNetwork:
    """The classifier that `save_model` wrote.

    Args:
        folder: to which.
        pooling: as in `create_model`.
        classes: how many.
        light: without `transformers` where that can be (`light_encoder`): for prediction on a CPU.
        layers, parts: as in `ArticleNetwork`.

    Raises:
        InputError: files are missing or damaged, do not fit one another, or hold what is not a number.
    """
    encoder = light_encoder(folder) if light and pooling == "mean" and (folder / HEAD_FILE).exists() else None
    if encoder is not None:
        model = ArticleNetwork(encoder, _new_head(encoder, classes, layers, parts), layers=layers, parts=parts)
    else:
        model = _assemble(folder, read_encoder_config(folder), pooling, classes, saved=True, layers=layers, parts=parts)
    if model.head is not None:
        with foreign_errors(f"The head of the model, '{folder / HEAD_FILE}', cannot be read", fix=COPY_AGAIN):
            model.head.load_state_dict(load_file(folder / HEAD_FILE))
    check_finite_weights(model, f"The model in '{folder}'", fix=COPY_AGAIN)
    return model


def check_finite_weights(model: nn.Module, what: str, *, fix: str) -> None:
    """Raise `InputError` if a weight is not a finite number: every score would be none either.

    Args:
        model: has the weights.
        what: names it in the message.
        fix: what to do about it.
    """
    found = [name for name, weights in model.named_parameters() if not torch.isfinite(weights).all()]
    if found:
        raise InputError(f"{what} has weights that are not numbers (NaN or infinite), as in '{found[0]}'.", fix=fix)


def save_model(model: ArticleNetwork, folder: Path) -> None:
    """Write configuration and safetensors; with ``cls`` pooling this is a plain `transformers` model."""
    with _Quiet():
        cast(Any, model.encoder).save_pretrained(folder)
    if model.head is not None:
        save_file(
            {name: t.detach().cpu().contiguous() for name, t in model.head.state_dict().items()},
            folder / HEAD_FILE,
        )


def _configure(
    folder: Path, labels: Sequence[str], multi_label: bool, dropout: float | None, attention_dropout: float
) -> Any:
    config = read_encoder_config(folder)
    config.num_labels = len(labels)
    config.id2label = dict(enumerate(labels))
    config.label2id = {name: index for index, name in enumerate(labels)}
    config.problem_type = PROBLEMS[multi_label]
    for names, value in ((ATTENTION_DROPOUT, attention_dropout), (DROPOUT, dropout)):
        for name in names:
            if hasattr(config, name) and value is not None:
                setattr(config, name, value)
    return config


def _assemble(
    folder: Path,
    config: Any,
    pooling: str,
    classes: int,
    *,
    saved: bool = False,
    layers: Layers = "last",
    parts: int = 1,
) -> ArticleNetwork:
    """An encoder with its weights, and a new head for mean pooling; ``saved`` = a model that `save_model` wrote."""
    import transformers  # takes seconds, and prediction can often do without

    kind = transformers.AutoModel if pooling == "mean" else transformers.AutoModelForSequenceClassification
    fix = COPY_AGAIN if saved else GIVE_ANOTHER
    what = "model" if saved else "encoder"
    with _Quiet(), foreign_errors(f"The {what} in '{folder}' cannot be read", fix=fix):
        _check_kinds_of_numbers(folder)
        encoder, report = kind.from_pretrained(
            folder,
            config=config,
            dtype=torch.float32,
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
            ignore_mismatched_sizes=True,
        )
        wrong = [*_wrong_tensors(encoder, report, saved=saved, pooling=pooling)]
        if saved and (pooling == "cls") == (folder / HEAD_FILE).exists():
            wrong.append(f"with pooling = '{pooling}' there must be {'no' if pooling == 'cls' else 'a'} {HEAD_FILE}")
    if wrong:
        raise InputError(f"The weights in '{folder}' do not fit: {'; '.join(wrong)}.", fix=fix)
    if pooling == "cls":
        return ArticleNetwork(encoder, None)
    if getattr(encoder, "pooler", None) is not None:
        encoder.pooler = None  # unused by mean pooling; it would never get a gradient
    return ArticleNetwork(encoder, _new_head(encoder, classes, layers, parts), layers=layers, parts=parts)


def _new_head(encoder: Any, classes: int, layers: Layers, parts: int) -> nn.Linear:
    width = getattr(encoder.config, "hidden_size", None) or encoder.config.dim
    head = nn.Linear(width * parts * (1 if layers == "last" else len(layers_of(encoder)) + 1), classes)
    nn.init.normal_(head.weight, std=0.02)
    nn.init.zeros_(head.bias)
    return head


def _wrong_tensors(encoder: nn.Module, report: Mapping[str, Any], *, saved: bool, pooling: str) -> Iterator[str]:
    """Which tensors are missing, left over or of another shape; heads and poolers of an encoder may be.

    In a model that `save_model` wrote nothing may be left over, and of ``cls`` pooling nothing may be missing.
    """
    all_of_it = saved and pooling == "cls"
    missing = sorted(key for key in report["missing_keys"] if all_of_it or not _is_optional(key))
    if missing:
        yield f"{len(missing):,} tensors are missing, for example '{missing[0]}'"
    prefix = f"{getattr(encoder, 'base_model_prefix', '')}."
    parts = {name.removeprefix(prefix).split(".")[0] for name in encoder.state_dict()}
    unexpected = sorted(
        key
        for key in report["unexpected_keys"]
        if saved or (key.removeprefix(prefix).split(".")[0] in parts and not _is_optional(key)) or ADAPTER in key
    )
    if unexpected:
        yield f"{len(unexpected):,} tensors have no place in the model, for example '{unexpected[0]}'"
    heads = {key for key, *_ in report["mismatched_keys"] if not saved and _is_optional(key)}
    for key, found, wanted in sorted(report["mismatched_keys"], key=str):
        if key not in heads:
            yield f"'{key}' has the shape {tuple(found)} instead of {tuple(wanted)}"
            break


def _is_optional(tensor: str) -> bool:
    return any(part in tensor for part in NEW_PARTS)


def _check_kinds_of_numbers(folder: Path) -> None:
    """Raise `InputError` if weights are whole numbers, as quantised ones are: they would be read as what they are not.

    Buffers, such as positions, may be.
    """
    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, framework="numpy") as tensors:
            for name in tensors.keys():  # noqa: SIM118 - it is no dictionary
                kind = tensors.get_slice(name).get_dtype()
                if kind not in FULL and name.endswith(("weight", "bias", "qweight")):
                    raise InputError(
                        f"The weights in '{file}' are quantised: '{name}' is of the kind {kind}.",
                        fix="Give the model from which it was made: its weights are float32, float16 or bfloat16.",
                    )


class _Quiet:
    """Keeps `transformers` from its own bars, and from warning that the head is new: here it is meant to be.

    Both are as they were afterwards: a program may use `transformers` itself.
    """

    def __enter__(self) -> None:
        import transformers

        self.level, self.bars = transformers.logging.get_verbosity(), transformers.logging.is_progress_bar_enabled()
        transformers.logging.set_verbosity_error()
        transformers.logging.disable_progress_bar()

    def __exit__(self, *_: object) -> None:
        import transformers

        transformers.logging.set_verbosity(self.level)
        if self.bars:
            transformers.logging.enable_progress_bar()
