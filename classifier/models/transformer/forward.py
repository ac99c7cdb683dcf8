"""Articles through the network: batches in, logits, probabilities or vectors out.

Windows are batched on their own. The logits of an article are the mean of its windows' logits; a pair whose text and
target are read apart has one row of features instead, made of the vectors of its windows, and the head reads these.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from classifier.arrays import Floats32, Ints
from classifier.config import Layers
from classifier.models.transformer.batch_threads import batches_side_by_side
from classifier.models.transformer.batches import Batch, collate, plan_batches
from classifier.models.transformer.pair_features import pair_features
from classifier.models.transformer.prefetch import ahead_for, prefetched
from classifier.models.transformer.windows import EncodedArticles, TextEncoder
from classifier.progress import SilentTask, Task

if TYPE_CHECKING:
    import torch

    from classifier.models.transformer.network import ArticleNetwork

TOKEN_BUDGET = 8192
FEW_THREADS, FOR_FEW = 2, 4096  # of a CPU: a batch of that size stays in their cache
AT_ONCE = 8_000  # windows whose vectors are worked out at once, where pairs are read apart
MOST_KNOWN = 50_000  # vectors that are kept


def mean_vectors(
    model: ArticleNetwork,
    encoded: EncodedArticles,
    encoder: TextEncoder,
    *,
    device: torch.device,
    hidden: torch.Tensor | None = None,
    layers: Layers = "last",
    task: Task | None = None,
) -> Floats32:
    """The mean vector of each article under a model's encoder, float32 of shape (articles, hidden size).

    With ``layers="all"`` those of the embeddings and of each layer stand side by side, (articles, (1 + layers) × hidden
    size). Of pairs that are read apart it is their `pair_features`, (articles, 5 × hidden size).

    Args:
        model: with mean pooling; its head is not used.
        encoded: the articles' windows.
        encoder: made them.
        device: of the model.
        hidden: outputs of the frozen layers for all tokens, where they are kept (`frozen_layers.lower_outputs`); for
            the last layer's vectors alone.
        layers: whose vectors.
        task: told of each batch.
    """
    if encoder.apart:
        return np.concatenate([*_features(model, encoded, encoder, device=device, task=task)])
    vectors = _without_head(model, layers)
    return article_logits(vectors, encoded, encoder, device=device, hidden=hidden, task=task)


def _without_head(model: ArticleNetwork, layers: Layers) -> ArticleNetwork:
    """What gives vectors of layers in the place of logits; its encoder is the model's own, and is left as it was."""
    from torch import nn

    from classifier.models.transformer.network import ArticleNetwork

    vectors = ArticleNetwork(model.encoder, nn.Identity(), layers=layers)
    vectors.packed, vectors.frozen_layers, vectors.known = model.packed, model.frozen_layers, model.known
    return vectors.train(model.training)


def _features(
    model: ArticleNetwork, encoded: EncodedArticles, encoder: TextEncoder, *, device: torch.device, task: Task | None
) -> Iterator[Floats32]:
    """The features of pairs that are read apart, of some pairs after the other."""
    vectors, task = _without_head(model, "last"), task or SilentTask()
    for articles in _parts_of(encoded):
        part = encoded.take(articles)
        yield pair_features(_known_rows(vectors, part.by_window(), encoder, device), part.article_starts)
        task.advance(len(articles), len(part.tokens))


def _known_rows(
    vectors: ArticleNetwork, windows: EncodedArticles, encoder: TextEncoder, device: torch.device
) -> Floats32:
    """The vector of each window; a sentence or a target that recurs, as in pairs of the same text, is read once."""
    keys = [window.tobytes() for window in np.split(windows.tokens, windows.window_starts[1:-1])]
    found = {key: vector for key in keys if (vector := vectors.known.get(key)) is not None}
    new = {key: place for place, key in enumerate(keys) if key not in found}
    if new:
        places = np.array([*new.values()], dtype=np.int64)
        read = dict(zip(new, _rows(vectors, windows.take(places), encoder, device=device), strict=True))
        if len(vectors.known) > MOST_KNOWN:
            vectors.known.clear()
        vectors.known.update(read)
        found |= read
    return np.stack([found[key] for key in keys])


def _parts_of(encoded: EncodedArticles) -> Iterator[Ints]:
    """Articles in parts of so many windows that their vectors fit into memory; each has one article at least."""
    part = (encoded.article_starts[1:] - 1) // AT_ONCE
    yield from np.split(np.arange(len(encoded)), np.flatnonzero(np.diff(part)) + 1)


def article_logits(
    model: ArticleNetwork,
    encoded: EncodedArticles,
    encoder: TextEncoder,
    *,
    device: torch.device,
    token_budget: int | None = None,
    hidden: torch.Tensor | None = None,
    task: Task | None = None,
) -> npt.NDArray[np.float32]:
    """Logits of shape (articles, classes), the windows of all articles sorted by length and batched.

    Memory is bounded however long an article is, and however many pairs are read apart. With ``hidden``, the kept
    outputs of frozen layers (`frozen_layers.lower_outputs`), these layers do not run again. Without ``token_budget`` a
    batch has as many tokens as suit the device.
    """
    if encoder.apart:
        features = _features(model, encoded, encoder, device=device, task=task)
        return np.concatenate([_head(model, of_some) for of_some in features])
    logits = _rows(model, encoded, encoder, device=device, token_budget=token_budget, hidden=hidden, task=task)
    sums = np.add.reduceat(logits, encoded.article_starts[:-1], axis=0)
    return np.asarray(sums / encoded.window_counts[:, None], dtype=np.float32)


def _head(model: ArticleNetwork, features: Floats32) -> Floats32:
    """What the head of a model says of features."""
    import torch

    assert model.head is not None
    with torch.inference_mode():
        weights = next(model.head.parameters())
        return np.asarray(model.head(torch.from_numpy(features).to(weights)).float().cpu().numpy())


def _rows(
    model: ArticleNetwork,
    encoded: EncodedArticles,
    encoder: TextEncoder,
    *,
    device: torch.device,
    token_budget: int | None = None,
    hidden: torch.Tensor | None = None,
    task: Task | None = None,
) -> Floats32:
    """What the network says of each window, in their order: shape (windows, outputs). As `article_logits`."""
    import torch

    task = task or SilentTask()
    single = encoded.by_window()
    lengths, ones = single.window_lengths, np.ones(len(single), dtype=np.int64)
    article_of = np.repeat(np.arange(len(encoded)), encoded.window_counts)
    waiting = encoded.window_counts.copy()
    pad = encoder.tokenizer.pad_token_id or 0

    def make(windows: Ints) -> Batch:
        batch = collate(single, windows, encoder.template, pad, packed=model.packed, hidden=hidden)
        return batch.pinned_for(device)

    def logits_of(batch: Batch) -> npt.NDArray[np.float32]:
        with torch.inference_mode():
            return np.asarray(model(batch.to(device)).cpu().numpy())

    rows: list[npt.NDArray[np.float32]] = []
    order: list[npt.NDArray[np.int64]] = []
    was_training = model.training
    model.eval()
    plan = plan_batches(lengths, ones, token_budget or _token_budget(device))
    if device.type == "cpu":
        found = batches_side_by_side(lambda windows: logits_of(make(windows)), plan)
    else:
        found = map(logits_of, prefetched(make, plan, ahead_for(device)))
    for windows, own in zip(plan, found, strict=True):
        rows.append(own)
        order.append(windows)
        np.subtract.at(waiting, article_of[windows], 1)
        task.advance(int((waiting[np.unique(article_of[windows])] == 0).sum()), int(lengths[windows].sum()))
    model.train(was_training)
    return np.asarray(np.concatenate(rows)[np.argsort(np.concatenate(order))])


def _token_budget(device: torch.device) -> int:
    """Most tokens in a batch: enough to keep a device busy, and on a CPU few enough for its cache."""
    import torch

    return FOR_FEW if device.type == "cpu" and torch.get_num_threads() <= FEW_THREADS else TOKEN_BUDGET


def probabilities(logits: npt.NDArray[np.float32], multi_label: bool) -> Floats32:
    """Softmax over the classes, or a sigmoid for each where an article may have several."""
    import torch

    values = torch.from_numpy(logits)
    return np.asarray((values.sigmoid() if multi_label else values.softmax(dim=1)).numpy(), dtype=np.float32)
