"""Outputs of the frozen lower layers for articles of training and validation: computed once, read in every epoch.

With half of the layers frozen, a step costs half as much. They work without dropout.
"""

from __future__ import annotations

import logging
import os

import torch

from classifier.memory import memory_size
from classifier.models.transformer.batches import collate, plan_batches
from classifier.models.transformer.network import ArticleNetwork
from classifier.models.transformer.windows import EncodedArticles, TextEncoder
from classifier.progress import SilentTask, Task

logger = logging.getLogger(__name__)
SHARE_OF_MEMORY = 0.25  # of the machine's memory that may be taken


def lower_outputs(
    model: ArticleNetwork,
    encoded: EncodedArticles,
    encoder: TextEncoder,
    token_budget: int,
    task: Task | None = None,
    *,
    beside: int = 0,
) -> torch.Tensor | None:
    """Run the frozen layers over all articles, without dropout.

    Args:
        model: placed; its ``frozen_layers`` lowest layers are run.
        encoded: the articles.
        encoder: made their windows.
        token_budget: most tokens at once.
        task: told of each batch.
        beside: bytes of such outputs that are kept already, of other articles.

    Returns:
        Of shape (tokens of all windows, hidden size), in the order of ``encoded.tokens`` and in the model's precision;
        None where nothing is frozen, where batches are not packed, or where all of it would fill the memory.
    """
    if not (model.frozen_layers and model.packed):
        return None
    weights = next(model.encoder.parameters())
    hidden_size = int(model.encoder.config.hidden_size)  # type: ignore[union-attr, arg-type]
    size = len(encoded.tokens) * hidden_size * weights.element_size()
    if beside + size > SHARE_OF_MEMORY * _memory():
        logger.info("the outputs of the frozen layers (%.1f GB) are not kept: they would fill the memory", size / 1e9)
        return None
    outputs = torch.empty(len(encoded.tokens), hidden_size, dtype=weights.dtype)
    model.eval()
    task = task or SilentTask()
    with torch.inference_mode():
        for articles in plan_batches(encoded.window_lengths, encoded.window_counts, token_budget):
            batch = collate(encoded, articles, encoder.template, encoder.tokenizer.pad_token_id or 0, packed=True)
            assert batch.tokens is not None
            outputs[batch.tokens] = model.lower(batch)[0]
            task.advance(len(articles), len(batch.tokens))
    return outputs


def _memory() -> int:
    """Bytes of the machine's memory that each training process may count on."""
    return memory_size() // int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
