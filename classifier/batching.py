"""Which articles go through the encoder together: pure plans, and the padded tensors of one batch.

Cost is counted in padded tokens: the windows of a batch times the longest of them. Articles of like length are put
together, so that padding stays small, and a batch never costs more than the token budget (an article that alone
costs more is a batch of its own).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from classifier.encoding import EncodedArticles, Template

Indices = npt.NDArray[np.int64]
POOL = 32  # optimizer steps whose articles are sorted by length together


@dataclass(frozen=True)
class Batch:
    """Tensors of one forward pass.

    Attributes:
        input_ids, attention_mask: int64 of shape (windows, tokens).
        token_type_ids: the same shape, or None when the tokenizer has none.
        averaging: float32 of shape (articles, windows); its product with window logits gives article logits.
    """

    input_ids: torch.Tensor
    attention_mask: torch.Tensor
    token_type_ids: torch.Tensor | None
    averaging: torch.Tensor

    def to(self, device: torch.device) -> Batch:
        """The same batch on another device."""
        types = None if self.token_type_ids is None else self.token_type_ids.to(device)
        return Batch(self.input_ids.to(device), self.attention_mask.to(device), types, self.averaging.to(device))


def plan_batches(lengths: Indices, counts: Indices, token_budget: int, order: Indices | None = None) -> list[Indices]:
    """Divide articles into batches, longest first.

    Args:
        lengths: longest window of each article, in tokens; shape (articles,).
        counts: windows of each article; shape (articles,).
        token_budget: most padded tokens in a batch.
        order: the articles to plan; all when None.

    Returns:
        Indices of articles, batch by batch; each article in exactly one.

    Example:
        >>> plan_batches(np.array([10, 90, 100]), np.array([1, 1, 1]), token_budget=200)
        [array([2, 1]), array([0])]
    """
    order = np.arange(len(lengths)) if order is None else order
    by_length = order[np.argsort(-lengths[order], kind="stable")]
    batches: list[Indices] = []
    start = windows = 0
    for end, article in enumerate(by_length):
        windows += int(counts[article])
        if end > start and windows * int(lengths[by_length[start]]) > token_budget:
            batches.append(by_length[start:end])
            start, windows = end, int(counts[article])
    return [*batches, by_length[start:]] if len(by_length) else batches


def plan_epoch(
    lengths: Indices, counts: Indices, *, batch_size: int, token_budget: int, seed: int, epoch: int
) -> list[list[Indices]]:
    """Plan an epoch: for each optimizer step, the batches whose gradients are summed.

    Articles are shuffled, sorted by length within pools of 32 steps, divided into steps of ``batch_size``, and the
    steps are shuffled again. The plan depends on its arguments alone, so a resumed run repeats it.

    Args:
        lengths, counts, token_budget: as in `plan_batches`.
        batch_size: articles per optimizer step; the last step may have fewer.
        seed, epoch: of the shuffling.
    """
    rng = np.random.default_rng([seed, epoch])
    shuffled = rng.permutation(len(lengths))
    pool = POOL * batch_size
    steps: list[Indices] = []
    for start in range(0, len(shuffled), pool):
        part = shuffled[start : start + pool]
        part = part[np.argsort(-lengths[part], kind="stable")]
        steps += [part[at : at + batch_size] for at in range(0, len(part), batch_size)]
    order = rng.permutation(len(steps))
    return [plan_batches(lengths, counts, token_budget, steps[index]) for index in order]


def collate(encoded: EncodedArticles, articles: Sequence[int] | Indices, template: Template, pad_id: int) -> Batch:
    """Pad the windows of some articles to the longest of them.

    Args:
        encoded: the windows.
        articles: indices of the articles.
        template: gives the token types.
        pad_id: the padding token.
    """
    spans = [(encoded.article_starts[a], encoded.article_starts[a + 1]) for a in articles]
    windows = np.concatenate([np.arange(start, end) for start, end in spans])
    lengths = encoded.window_starts[windows + 1] - encoded.window_starts[windows]
    width = int(lengths.max())
    ids = np.full((len(windows), width), pad_id, dtype=np.int64)
    for row, window in enumerate(windows):
        ids[row, : lengths[row]] = encoded.tokens[encoded.window_starts[window] : encoded.window_starts[window + 1]]
    positions = np.arange(width)[None, :]
    mask = positions < lengths[:, None]
    types = None
    if template.types is not None:
        first, second = template.types
        types = np.where(positions < encoded.first_lengths[windows][:, None], first, second) * mask
    counts = np.array([end - start for start, end in spans])
    averaging = np.zeros((len(spans), len(windows)), dtype=np.float32)
    averaging[np.repeat(np.arange(len(spans)), counts), np.arange(len(windows))] = np.repeat(1 / counts, counts)
    return Batch(
        torch.from_numpy(ids),
        torch.from_numpy(mask.astype(np.int64)),
        None if types is None else torch.from_numpy(types.astype(np.int64)),
        torch.from_numpy(averaging),
    )
