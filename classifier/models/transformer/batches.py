"""Which articles go through the encoder together: pure plans, and the tensors of one batch.

Cost is counted in padded tokens: the windows of a batch times the longest of them. Articles of like length are put
together, so that padding stays small, and a batch never costs more than the token budget (an article that alone
costs more is a batch of its own). Where the encoder can (`attention`), a batch is packed instead: one row, no padding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from classifier.arrays import Floats32, Ints
from classifier.models.transformer.prefetch import moved, pinned
from classifier.models.transformer.windows import EncodedArticles, SpecialTokens

if TYPE_CHECKING:
    import torch

POOL = 32  # optimizer steps whose articles are sorted by length together


@dataclass(frozen=True)
class WindowRun:
    """Neighbouring windows of equal length.

    Attributes:
        start: of the first one, in the row of tokens.
        windows: how many.
        length: tokens in each.
    """

    start: int
    windows: int
    length: int

    @property
    def end(self) -> int:
        """Where the last window ends."""
        return self.start + self.windows * self.length


@dataclass(frozen=True)
class Batch:
    """Tensors of one forward pass.

    Attributes:
        input_ids: int64 of shape (windows, tokens); packed: (1, tokens of all windows).
        attention_mask: the same shape; None when packed.
        position_ids: the same shape, counted from 0 in each window; None when padded.
        token_type_ids: the same shape, or None when the tokenizer has none.
        averaging: float32 of shape (articles, windows); its product with window logits gives article logits.
        runs: where the windows are in a packed row; empty when padded.
        tokens: which of all encoded tokens stand in the packed row, int64 of shape (tokens,).
        hidden: outputs of frozen lower layers for the packed row, (1, tokens, hidden size); None = to be computed.
    """

    input_ids: torch.Tensor
    attention_mask: torch.Tensor | None
    position_ids: torch.Tensor | None
    token_type_ids: torch.Tensor | None
    averaging: torch.Tensor
    runs: tuple[WindowRun, ...] = ()
    tokens: torch.Tensor | None = None
    hidden: torch.Tensor | None = None

    def to(self, device: torch.device) -> Batch:
        """The same batch on another device (`prefetch.moved`)."""
        return self._each(partial(moved, device=device))

    def pinned_for(self, device: torch.device) -> Batch:
        """The same batch where the device reads it best (`prefetch.pinned`)."""
        return self._each(partial(pinned, device=device))

    def _each(self, change: Callable[[torch.Tensor], torch.Tensor]) -> Batch:
        def changed(tensor: torch.Tensor | None) -> torch.Tensor | None:
            return None if tensor is None else change(tensor)

        return replace(
            self,
            input_ids=change(self.input_ids),
            attention_mask=changed(self.attention_mask),
            position_ids=changed(self.position_ids),
            token_type_ids=changed(self.token_type_ids),
            averaging=change(self.averaging),
            hidden=changed(self.hidden),
        )


def plan_batches(lengths: Ints, counts: Ints, token_budget: int, order: Ints | None = None) -> list[Ints]:
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
    batches: list[Ints] = []
    start = windows = 0
    for end, article in enumerate(by_length):
        windows += int(counts[article])
        if end > start and windows * int(lengths[by_length[start]]) > token_budget:
            batches.append(by_length[start:end])
            start, windows = end, int(counts[article])
    return [*batches, by_length[start:]] if len(by_length) else batches


def plan_epoch(
    lengths: Ints,
    counts: Ints,
    *,
    batch_size: int,
    token_budget: int,
    seed: int,
    epoch: int,
    articles: Ints | None = None,
) -> list[list[Ints]]:
    """Plan an epoch: for each optimizer step, the batches whose gradients are summed.

    Articles are shuffled, sorted by length within pools of 32 steps, divided into steps of ``batch_size``, and the
    steps are shuffled again. The plan depends on its arguments alone, so a resumed run repeats it.

    Args:
        lengths, counts, token_budget: as in `plan_batches`.
        batch_size: articles per optimizer step; the last step may have fewer.
        seed, epoch: of the shuffling.
        articles: those of this epoch; all when None.
    """
    rng = np.random.default_rng([seed, epoch])
    shuffled = rng.permutation(np.arange(len(lengths)) if articles is None else articles)
    pool = POOL * batch_size
    steps: list[Ints] = []
    for start in range(0, len(shuffled), pool):
        part = shuffled[start : start + pool]
        part = part[np.argsort(-lengths[part], kind="stable")]
        steps += [part[at : at + batch_size] for at in range(0, len(part), batch_size)]
    order = rng.permutation(len(steps))
    return [plan_batches(lengths, counts, token_budget, steps[index]) for index in order]


def collate(
    encoded: EncodedArticles,
    articles: Sequence[int] | Ints,
    template: SpecialTokens,
    pad_id: int,
    *,
    packed: bool = False,
    hidden: torch.Tensor | None = None,
) -> Batch:
    """Pad the windows of some articles to the longest of them, or pack them into one row.

    Args:
        encoded: the windows.
        articles: indices of the articles.
        template: gives the token types.
        pad_id: the padding token.
        packed: windows one after the other, longest first.
        hidden: with ``packed``, the outputs of frozen lower layers for every token, of shape (all tokens, hidden size).
    """
    spans = [(encoded.article_starts[a], encoded.article_starts[a + 1]) for a in articles]
    windows = np.concatenate([np.arange(start, end) for start, end in spans])
    counts = np.array([end - start for start, end in spans])
    averaging = np.zeros((len(spans), len(windows)), dtype=np.float32)
    averaging[np.repeat(np.arange(len(spans)), counts), np.arange(len(windows))] = np.repeat(1 / counts, counts)
    lengths = encoded.window_starts[windows + 1] - encoded.window_starts[windows]
    if not packed:
        return _pad(encoded, windows, lengths, averaging, template, pad_id)
    order = np.argsort(-lengths, kind="stable")
    return _pack(encoded, windows[order], lengths[order], averaging[:, order], template, hidden)


def _pad(
    encoded: EncodedArticles, windows: Ints, lengths: Ints, averaging: Floats32, template: SpecialTokens, pad_id: int
) -> Batch:
    import torch

    width = int(lengths.max())
    ids = np.full((len(windows), width), pad_id, dtype=np.int64)
    for row, window in enumerate(windows):
        ids[row, : lengths[row]] = encoded.tokens[encoded.window_starts[window] : encoded.window_starts[window + 1]]
    positions = np.arange(width)[None, :]
    mask = (positions < lengths[:, None]).astype(np.int64)
    types = _token_types(positions, encoded.first_lengths[windows][:, None], template)
    return Batch(
        torch.from_numpy(ids),
        torch.from_numpy(mask),
        None,
        None if types is None else torch.from_numpy(types * mask),
        torch.from_numpy(averaging),
    )


def _pack(
    encoded: EncodedArticles,
    windows: Ints,
    lengths: Ints,
    averaging: Floats32,
    template: SpecialTokens,
    hidden: torch.Tensor | None,
) -> Batch:
    import torch

    positions = np.concatenate([np.arange(length) for length in lengths])
    tokens = np.repeat(encoded.window_starts[windows], lengths) + positions
    ids = encoded.tokens[tokens].astype(np.int64)
    types = _token_types(positions, np.repeat(encoded.first_lengths[windows], lengths), template)
    return Batch(
        torch.from_numpy(ids)[None],
        None,
        torch.from_numpy(positions)[None],
        None if types is None else torch.from_numpy(types)[None],
        torch.from_numpy(np.ascontiguousarray(averaging)),
        tuple(_runs(lengths)),
        torch.from_numpy(tokens),
        None if hidden is None else hidden[torch.from_numpy(tokens)][None],
    )


def _token_types(positions: Ints, first_lengths: npt.NDArray[np.integer[Any]], template: SpecialTokens) -> Ints | None:
    if template.types is None:
        return None
    first, second = template.types
    return np.where(positions < first_lengths, first, second).astype(np.int64)


def _runs(lengths: Ints) -> Iterator[WindowRun]:
    """Runs of neighbouring windows of equal length."""
    edges = [0, *(np.flatnonzero(np.diff(lengths)) + 1).tolist(), len(lengths)]
    start = 0
    for first, last in pairwise(edges):
        run = WindowRun(start, last - first, int(lengths[first]))
        yield run
        start = run.end
